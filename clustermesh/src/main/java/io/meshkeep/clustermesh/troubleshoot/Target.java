package io.meshkeep.clustermesh.troubleshoot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A store as a client knows it: the contents of Cilium's etcd configuration files.
 *
 * @param label how the report calls it
 * @param cluster the cluster whose keys are expected there, if known
 * @param endpoints URLs
 * @param certificate the client's, with {@code key}; both or none
 */
record Target(
        String label,
        Optional<String> cluster,
        List<String> endpoints,
        Optional<Path> authority,
        Optional<Path> certificate,
        Optional<Path> key) {
    private static final int MAX_BYTES = 1 << 20;

    Target {
        endpoints = List.copyOf(endpoints);
    }

    /**
     * Reads an etcd configuration file.
     *
     * @throws IOException with one line for the user
     */
    static Target read(String label, Optional<String> cluster, Path file) throws IOException {
        Object content;
        try {
            content = new Load(LoadSettings.builder().setLabel(file.toString()).build()).loadFromString(text(file));
        } catch (YamlEngineException e) {
            throw new IOException(file + " is not YAML: " + firstLine(e.getMessage()), e);
        }
        if (!(content instanceof Map<?, ?> keys) || !(keys.get("endpoints") instanceof List<?> list)) {
            throw new IOException(file + " has no list of endpoints");
        }
        List<String> endpoints = new ArrayList<>();
        list.forEach(endpoint -> endpoints.add(String.valueOf(endpoint)));
        return new Target(
                label,
                cluster,
                endpoints,
                path(keys, "trusted-ca-file"),
                path(keys, "cert-file"),
                path(keys, "key-file"));
    }

    /**
     * Reads a directory as Cilium's agents and KVStoreMesh do: each file that speaks of endpoints is a cluster, called
     * like the file.
     *
     * @throws IOException with one line for the user
     */
    static List<Target> readDirectory(Path directory) throws IOException {
        List<Target> targets = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                // Kubernetes keeps the versions of a projected volume in hidden directories
                String name = file.getFileName().toString();
                if (!name.startsWith(".")
                        && Files.isRegularFile(file)
                        && text(file).contains("endpoints:")) {
                    targets.add(read(name, Optional.of(name), file));
                }
            }
        } catch (NoSuchFileException e) {
            throw new IOException(directory + " does not exist", e);
        }
        return targets;
    }

    private static String text(Path file) throws IOException {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
            }
            // any byte is a character here: certificates and keys lie in the same directory
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist", e);
        } catch (FileSystemException e) {
            throw new IOException("cannot read " + file + (e.getReason() == null ? "" : ": " + e.getReason()), e);
        }
    }

    private static Optional<Path> path(Map<?, ?> keys, String name) {
        return Optional.ofNullable(keys.get(name)).map(String::valueOf).map(Path::of);
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("").strip();
    }
}
