package io.meshkeep.loadtest.compare;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.workload.Workload;
import io.meshkeep.loadtest.workload.Workloads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** {@code bench compare}: etcd and ours on this machine, in turns. */
public final class CompareCommand {
    public static final String HELP = """
            bench compare: start etcd and Meshkeep on this machine, give both the same work in turns, print ratios

              --quick                 3 rounds with short windows, under eight minutes
              --rounds N              rounds (default 5, or 3 with --quick)
              --workloads A,B         only these (see the table for names; "footprint" is memory and start-up)
              --keys N                keys in the store for memory and start-up (default 100000)
              --seed N                of keys, values and order (default 1)
              --json FILE             write the results there too
              --etcd PATH             the etcd program (default /usr/bin/etcd)
              --server-command LINE   what starts Meshkeep (default: ./meshkeep serve)
              --dir PATH              where both keep their data while they run (default: a directory made here)
            """;

    private static final String FOOTPRINT = "footprint";
    private static final Set<String> VALUES =
            Set.of("--rounds", "--workloads", "--keys", "--seed", "--json", "--etcd", "--server-command", "--dir");
    private static final Set<String> SWITCHES = Set.of("--quick");

    private CompareCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments = Arguments.parse(line, VALUES, SWITCHES);
        boolean quick = arguments.has("--quick");
        List<String> names = arguments.has("--workloads")
                ? List.of(arguments.text("--workloads", "").split(","))
                : Stream.concat(Workloads.compared().stream().map(Workload::name), Stream.of(FOOTPRINT))
                        .toList();
        Comparison.Plan plan = new Comparison.Plan(
                names.stream()
                        .filter(name -> !name.equals(FOOTPRINT))
                        .map(Workloads::named)
                        .toList(),
                names.contains(FOOTPRINT),
                arguments.count("--rounds", quick ? 3 : 5),
                Duration.ofSeconds(quick ? 2 : 5),
                Duration.ofSeconds(quick ? 3 : 10),
                arguments.count("--keys", 100_000),
                arguments.count("--seed", 1));
        Contender etcd = Contender.etcd(etcd(arguments));
        Contender ours = Contender.ours(serverCommand(arguments));

        Path parent = Path.of(arguments.text("--dir", "")).toAbsolutePath();
        Files.createDirectories(parent);
        Path directory = Files.createTempDirectory(parent, "bench-");
        Thread cleaner = new Thread(() -> delete(directory));
        Runtime.getRuntime().addShutdownHook(cleaner);
        Progress progress = new Progress();
        String fileSystem = Files.getFileStore(directory).type();
        if (fileSystem.equals("tmpfs")) {
            progress.reached("warning: %s is in memory, so a sync costs nothing; --dir chooses another place", parent);
        }
        List<Result> results = new Comparison(ours, etcd, plan, directory, progress).run();
        System.out.print(Table.of(results));
        if (arguments.has("--json")) {
            Files.writeString(Path.of(arguments.text("--json", "")), Json.of(results));
        }
    }

    private static Path etcd(Arguments arguments) {
        Path etcd = Path.of(arguments.text("--etcd", "/usr/bin/etcd"));
        if (!Files.isExecutable(etcd)) {
            throw new IllegalArgumentException(
                    "no etcd at " + etcd + ": install one (sudo apt-get install etcd-server) or give --etcd PATH");
        }
        return etcd;
    }

    private static List<String> serverCommand(Arguments arguments) throws IOException, InterruptedException {
        if (arguments.has("--server-command")) {
            return List.of(arguments.text("--server-command", "").strip().split("\\s+"));
        }
        Path launcher = Path.of("meshkeep").toAbsolutePath();
        if (!Files.isExecutable(launcher)) {
            throw new IllegalArgumentException("no ./meshkeep here; run this where it is, or give --server-command");
        }
        // Its first use builds the server, which is no part of a start-up.
        Process build =
                new ProcessBuilder(launcher.toString(), "version").inheritIO().start();
        if (build.waitFor() != 0) {
            throw new IllegalArgumentException("./meshkeep does not work here");
        }
        return List.of(launcher.toString(), "serve");
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
