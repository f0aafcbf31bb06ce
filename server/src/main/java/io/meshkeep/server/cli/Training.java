package io.meshkeep.server.cli;

import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import javax.net.SocketFactory;

/**
 * What a process does that was started only to save later ones work: it is asked what clients ask, stops, and ends in the
 * way that lets the JVM archive the classes it has loaded.
 */
public final class Training {
    /** Set by the launcher. */
    private static final String PROPERTY = "meshkeep.training";

    /** Directories as {@code certs init} makes them, for rehearsals with TLS, separated like those of a class path. */
    private static final String CERTIFICATES_PROPERTY = "meshkeep.training.certs";

    private Training() {}

    /** Whether this process is for nothing else. */
    public static boolean isAllThereIs() {
        return Boolean.getBoolean(PROPERTY);
    }

    /**
     * Rehearses with a server and closes it, then with servers that have TLS, if there are certificates for them; leaves
     * beside the data, in {@code native}, the native code that later processes need not unpack.
     *
     * @throws StartException if something does not go as it should
     */
    public static void run(MeshkeepServer server, Path dataDir) throws StartException {
        try {
            NettyLibraries.unpack(dataDir.resolve("native/netty"));
        } catch (IOException e) {
            throw new StartException("Netty's native code cannot be unpacked: " + e, e);
        }
        Rehearsal.run(server.port(), SocketFactory.getDefault());
        server.close();
        String certificates = System.getProperty(CERTIFICATES_PROPERTY, "");
        for (String directory : certificates.split(File.pathSeparator)) {
            if (!directory.isEmpty()) {
                Path own = Path.of(directory);
                TlsRehearsal.run(own, dataDir.resolve("tls").resolve(own.getFileName()));
            }
        }
    }
}
