package io.meshkeep.server.tls;

import io.meshkeep.server.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Tells whether files have changed without reading them: by where symbolic links lead, which is how Kubernetes swaps
 * them, and by identity, size and time.
 *
 * @param stamps one for each file
 */
record FileStamps(List<String> stamps) {
    static FileStamps of(TlsConfig config) {
        List<String> stamps = new ArrayList<>();
        Stream.of(
                        config.certFile(),
                        config.keyFile(),
                        config.trustedCaFile().orElse(null),
                        config.crlFile().orElse(null))
                .filter(Objects::nonNull)
                .forEach(file -> stamps.add(stamp(file)));
        return new FileStamps(stamps);
    }

    private static String stamp(Path file) {
        try {
            Path real = file.toRealPath();
            BasicFileAttributes attributes = Files.readAttributes(real, BasicFileAttributes.class);
            return real + " " + attributes.fileKey() + " " + attributes.size() + " " + attributes.lastModifiedTime();
        } catch (IOException e) {
            // A file that is missing for a moment has changed, and has changed again when it is back.
            return "unreadable";
        }
    }
}
