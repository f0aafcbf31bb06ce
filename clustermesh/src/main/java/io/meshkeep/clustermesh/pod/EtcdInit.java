package io.meshkeep.clustermesh.pod;

import io.meshkeep.server.GoDuration;
import io.meshkeep.server.cli.Main;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * {@code clustermesh-apiserver etcdinit}: empties the data directory of a new pod and gives it Cilium's users. Cilium's
 * own starts an etcd for it, makes eighteen calls and stops it again; here it is {@code meshkeep init} in this process.
 *
 * <p>The store begins at a revision taken from the clock: a pod's data goes with the pod, and a watch that resumes at a
 * revision of the pod before must be told to list afresh, not wait for this store to get there.
 */
final class EtcdInit {
    /** Cilium's flags and their defaults. Each is also a variable: CILIUM_ETCD_DATA_DIR; the flag wins. */
    private static final Map<String, String> DEFAULTS = Map.of(
            "etcd-data-dir", "/var/run/etcd",
            "etcd-initial-cluster-token", "clustermesh-apiserver",
            "etcd-cluster-name", "clustermesh-apiserver",
            "cluster-name", "default",
            "timeout", "2m0s",
            "debug", "false");

    private final Map<String, String> values = new HashMap<>();
    private final PrintStream err;

    private EtcdInit(PrintStream err) {
        this.err = err;
    }

    /**
     * Does it all, or says why not.
     *
     * @param meshkeep runs a command of the server's, and does not return if it fails
     * @return the exit status
     */
    static int run(
            List<String> arguments, Map<String, String> environment, PrintStream err, Consumer<String[]> meshkeep) {
        EtcdInit init = new EtcdInit(err);
        try {
            init.read(arguments, environment);
            Path directory = Path.of(init.values.get("etcd-data-dir"));
            empty(directory);
            meshkeep.accept(new String[] {
                "init",
                "--data-dir=" + directory,
                "--cluster-name=" + init.values.get("cluster-name"),
                "--initial-revision=time"
            });
            return 0;
        } catch (IllegalArgumentException misused) {
            return init.fail(2, misused.getMessage());
        } catch (IOException broken) {
            return init.fail(1, "the data directory cannot be emptied: " + broken);
        }
    }

    static int run(List<String> arguments, Map<String, String> environment, PrintStream err) {
        return run(arguments, environment, err, Main::main);
    }

    private int fail(int status, String message) {
        err.println("etcdinit: " + message);
        return status;
    }

    private void read(List<String> arguments, Map<String, String> environment) {
        DEFAULTS.forEach((flag, value) -> values.put(flag, environment.getOrDefault(variable(flag), value)));
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            String flag = name.startsWith("--") ? name.substring(2) : "";
            if (!DEFAULTS.containsKey(flag)) {
                throw new IllegalArgumentException("unknown flag " + name + "; it takes "
                        + DEFAULTS.keySet().stream()
                                .sorted()
                                .map(known -> "--" + known)
                                .toList());
            }
            if (equals >= 0) {
                values.put(flag, argument.substring(equals + 1));
            } else if (flag.equals("debug")) {
                values.put(flag, "true");
            } else if (++i < arguments.size()) {
                values.put(flag, arguments.get(i));
            } else {
                throw new IllegalArgumentException(name + " needs a value");
            }
        }
        // Nothing here waits for another process, so there is nothing to give up on; a wrong value is still wrong.
        GoDuration.parse(values.get("timeout"));
    }

    private static String variable(String flag) {
        return "CILIUM_" + flag.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** Deletes what is in a directory, which is a mount and stays. Symbolic links go, not what they point at. */
    private static void empty(Path directory) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                Files.walkFileTree(entry, new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(Path emptied, IOException failure) throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        Files.delete(emptied);
                        return FileVisitResult.CONTINUE;
                    }
                });
            }
        }
    }
}
