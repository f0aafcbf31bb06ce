package io.meshkeep.server.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Netty's native code: epoll and BoringSSL. Unless it lies on {@code java.library.path}, each JVM that starts unpacks it
 * into the temporary directory.
 */
final class NettyLibraries {
    private static final List<String> NAMES = List.of("netty_transport_native_epoll", "netty_tcnative_linux");

    private NettyLibraries() {}

    /** Writes what the jars have for this machine into a directory, which is made: nothing if Netty does without. */
    static void unpack(Path directory) throws IOException {
        Files.createDirectories(directory);
        String architecture = System.getProperty("os.arch").equals("amd64") ? "x86_64" : "aarch_64";
        for (String name : NAMES) {
            String file = System.mapLibraryName(name + "_" + architecture);
            try (InputStream packed = NettyLibraries.class.getResourceAsStream("/META-INF/native/" + file)) {
                if (packed != null) {
                    Files.copy(packed, directory.resolve(file));
                }
            }
        }
    }
}
