package io.meshkeep.loadtest.process;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.tls.MutualTls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where servers are started for a comparison: who they are, and a directory on disk for their data, which is deleted when
 * this JVM ends.
 */
public final class Ring {
    /** Flags with a value. */
    public static final Set<String> VALUES = Set.of("--etcd", "--server-command", "--dir");

    /** Flags without one. */
    public static final Set<String> SWITCHES = Set.of("--tls");

    /** A text block's lines about them, {@code --tls} aside. */
    public static final String HELP = """
              --etcd PATH             the etcd program (default /usr/bin/etcd)
              --server-command LINE   what starts Meshkeep (default: ./meshkeep serve)
              --dir PATH              where servers keep their data while they run (default: a directory made here)
            """;

    private final Arguments arguments;
    private final Path directory;
    private final Optional<MutualTls> tls;

    private Ring(Arguments arguments, Path directory, Optional<MutualTls> tls) {
        this.arguments = arguments;
        this.directory = directory;
        this.tls = tls;
    }

    /**
     * Makes the directory.
     *
     * @param withTls whether servers and clients show each other certificates, which are made here
     */
    public static Ring of(Arguments arguments, boolean withTls, Progress progress) throws IOException {
        Path parent = Path.of(arguments.text("--dir", "")).toAbsolutePath();
        Files.createDirectories(parent);
        Path directory = Files.createTempDirectory(parent, "bench-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
        if (Files.getFileStore(directory).type().equals("tmpfs")) {
            progress.reached("warning: %s is in memory, so a sync costs nothing; --dir chooses another place", parent);
        }
        Optional<MutualTls> tls =
                withTls ? Optional.of(MutualTls.make(directory.resolve("certificates"))) : Optional.empty();
        return new Ring(arguments, directory, tls);
    }

    /** For data; each server takes a directory of its own in it. */
    public Path directory() {
        return directory;
    }

    /** Certificates, if servers have them. */
    public Optional<MutualTls> tls() {
        return tls;
    }

    /**
     * The etcd to compare with.
     *
     * @throws IllegalArgumentException with one line for the user if there is none
     */
    public Contender etcd() {
        Path etcd = Path.of(arguments.text("--etcd", "/usr/bin/etcd"));
        if (!Files.isExecutable(etcd)) {
            throw new IllegalArgumentException(
                    "no etcd at " + etcd + ": install one (sudo apt-get install etcd-server) or give --etcd PATH");
        }
        return Contender.etcd(etcd, tls);
    }

    /**
     * Meshkeep, built.
     *
     * @throws IllegalArgumentException with one line for the user if it cannot be found or built
     */
    public Contender ours() throws IOException, InterruptedException {
        return Contender.ours("ours", serverCommand(), tls);
    }

    /**
     * Meshkeep with the synchronisation of a Kubernetes cluster in the process, built.
     *
     * @param flags of {@code meshkeep clustermesh}
     * @throws IllegalArgumentException with one line for the user if it cannot be found or built
     */
    public Contender synchroniser(List<String> flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(command("clustermesh", "clustermesh", "--help"));
        command.addAll(flags);
        return Contender.ours("ours", command, tls);
    }

    private List<String> serverCommand() throws IOException, InterruptedException {
        return command("serve", "version");
    }

    /** @param harmless arguments of the launcher that build what the command needs */
    private List<String> command(String command, String... harmless) throws IOException, InterruptedException {
        if (arguments.has("--server-command")) {
            return List.of(arguments.text("--server-command", "").strip().split("\\s+"));
        }
        Path launcher = Path.of("meshkeep").toAbsolutePath();
        if (!Files.isExecutable(launcher)) {
            throw new IllegalArgumentException("no ./meshkeep here; run this where it is, or give --server-command");
        }
        // Its first use builds the server, which is no part of a start-up.
        List<String> line = new ArrayList<>(List.of(launcher.toString()));
        line.addAll(List.of(harmless));
        Process build = new ProcessBuilder(line)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (build.waitFor() != 0) {
            throw new IllegalArgumentException("./meshkeep does not work here");
        }
        return List.of(launcher.toString(), command);
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
