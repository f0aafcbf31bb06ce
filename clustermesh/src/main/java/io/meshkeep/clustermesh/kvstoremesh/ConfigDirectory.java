package io.meshkeep.clustermesh.kvstoremesh;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of remote clusters: each file that holds {@code endpoints:} is the etcd configuration of the cluster that
 * it is named like. It is looked at again and again, through whatever symbolic links: when Kubernetes changes a mounted
 * secret it swaps a link. Used by one thread at a time.
 */
final class ConfigDirectory {
    private static final Logger log = LoggerFactory.getLogger(ConfigDirectory.class);

    private static final int MAX_BYTES = 1 << 20;

    /** Is told of clusters that come, change and go. */
    interface Listener {
        void added(String cluster, Path file);

        /** The configuration is another. Certificates are not looked at: they are read for each handshake anyhow. */
        void changed(String cluster);

        void removed(String cluster);
    }

    private final Path directory;
    private final Listener listener;
    private final Map<String, String> known = new TreeMap<>();
    private final Set<String> missed = new HashSet<>();
    private String lastProblem = "";

    ConfigDirectory(Path directory, Listener listener) {
        this.directory = directory;
        this.listener = listener;
    }

    /**
     * Looks what is there now and tells what has changed. A directory or file that cannot be read changes nothing. A
     * configuration has to be missing twice in a row, since it may be missing for a moment when a file is replaced.
     */
    void look() {
        Map<String, String> found = new HashMap<>();
        try {
            read(found);
            lastProblem = "";
        } catch (IOException | DirectoryIteratorException e) {
            String problem = e.toString();
            if (!problem.equals(lastProblem)) {
                lastProblem = problem;
                log.error("cannot read {}: {}; remote clusters stay as they are", directory, problem);
            }
            return;
        }
        for (String cluster : List.copyOf(known.keySet())) {
            if (found.containsKey(cluster)) {
                missed.remove(cluster);
            } else if (!missed.add(cluster)) {
                missed.remove(cluster);
                known.remove(cluster);
                listener.removed(cluster);
            }
        }
        for (Map.Entry<String, String> entry : new TreeMap<>(found).entrySet()) {
            String cluster = entry.getKey();
            String before = known.put(cluster, entry.getValue());
            if (before == null) {
                listener.added(cluster, directory.resolve(cluster));
            } else if (!before.equals(entry.getValue())) {
                listener.changed(cluster);
            }
        }
    }

    private void read(Map<String, String> found) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                try {
                    String text = Files.isRegularFile(file) ? text(file) : "";
                    if (text.contains("endpoints:")) {
                        found.put(name, text);
                    }
                } catch (NoSuchFileException e) {
                    log.debug("{} went while it was read", file, e);
                } catch (IOException e) {
                    keep(name, found, e);
                }
            }
        }
    }

    private void keep(String name, Map<String, String> found, IOException cause) {
        String before = known.get(name);
        if (before != null) {
            log.debug("{} cannot be read now; it stays as it is", name, cause);
            found.put(name, before);
        }
    }

    private static String text(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            return bytes.length > MAX_BYTES ? "" : new String(bytes, StandardCharsets.UTF_8);
        }
    }
}
