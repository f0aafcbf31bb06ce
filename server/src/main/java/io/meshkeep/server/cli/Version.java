package io.meshkeep.server.cli;

import io.meshkeep.server.ServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/** What this build is. */
final class Version {
    private static final String RESOURCE = "version.properties";

    private Version() {}

    /** Meshkeep's own version. */
    static String meshkeep() {
        Properties properties = new Properties();
        try (InputStream resource = Version.class.getResourceAsStream(RESOURCE)) {
            properties.load(resource);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return properties.getProperty("version");
    }

    /** What {@code --version} prints. The first line is etcd's, which scripts look for. */
    static String text() {
        return "etcd Version: " + ServerConfig.DEFAULT_ADVERTISED_VERSION + "\n"
                + "Meshkeep Version: " + meshkeep() + "\n"
                + "Java Version: " + System.getProperty("java.version") + "\n"
                + "OS/Arch: " + System.getProperty("os.name") + "/" + System.getProperty("os.arch") + "\n";
    }
}
