package io.meshkeep.loadtest;

import io.meshkeep.loadtest.compare.CeilingCommand;
import io.meshkeep.loadtest.compare.CompareCommand;
import io.meshkeep.loadtest.embedded.EmbeddedCommand;
import io.meshkeep.loadtest.fleet.MeshCommand;
import io.meshkeep.loadtest.growth.GrowthCommand;
import io.meshkeep.loadtest.index.IndexCommand;
import io.meshkeep.loadtest.load.LoadException;
import io.meshkeep.loadtest.memory.MemoryCommand;
import io.meshkeep.loadtest.run.FillCommand;
import io.meshkeep.loadtest.run.RunCommand;
import io.meshkeep.loadtest.sets.SetsCommand;
import io.meshkeep.loadtest.sync.SyncCommand;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** The {@code bench} command. */
public final class Main {
    private interface Action {
        void run(String[] line) throws IOException, InterruptedException;
    }

    private record Command(String name, String arguments, String summary, Supplier<String> help, Action action) {}

    private static final List<Command> COMMANDS = List.of(
            new Command(
                    "compare",
                    "[flags]",
                    "etcd and Meshkeep side by side, with ratios",
                    () -> CompareCommand.HELP,
                    CompareCommand::run),
            new Command(
                    "mesh",
                    "[flags]",
                    "what a Cilium mesh does to its server: bootstrap, agents, churn, storms",
                    () -> MeshCommand.HELP,
                    MeshCommand::run),
            new Command(
                    "sync",
                    "[flags]",
                    "the start of the synchronisation with Kubernetes, until it is ready",
                    () -> SyncCommand.HELP,
                    SyncCommand::run),
            new Command(
                    "growth",
                    "[flags]",
                    "how costs grow with keys and watchers, plotted for etcd and Meshkeep",
                    () -> GrowthCommand.HELP,
                    GrowthCommand::run),
            new Command(
                    "ceiling",
                    "[flags]",
                    "Meshkeep beside what its transport alone, and the disk, can do",
                    () -> CeilingCommand.HELP,
                    CeilingCommand::run),
            new Command(
                    "embedded",
                    "[flags]",
                    "the store without the network, beside disk and server; pieces by JMH",
                    () -> EmbeddedCommand.HELP,
                    EmbeddedCommand::run),
            new Command(
                    "run", "WORKLOAD", "one workload against a server that runs", RunCommand::help, RunCommand::run),
            new Command(
                    "fill",
                    "[flags]",
                    "so many keys into a server that runs",
                    () -> FillCommand.HELP,
                    FillCommand::run),
            new Command(
                    "memory",
                    "[flags]",
                    "what layouts of a million keys in memory take",
                    () -> MemoryCommand.HELP,
                    MemoryCommand::run),
            new Command(
                    "sets",
                    "[flags]",
                    "immutable sorted sets against other ways",
                    () -> SetsCommand.HELP,
                    SetsCommand::run),
            new Command(
                    "index",
                    "[flags]",
                    "what the index of the mesh costs and how fast it answers",
                    () -> IndexCommand.HELP,
                    IndexCommand::run));

    private Main() {}

    public static void main(String[] line) throws InterruptedException {
        // Netty would trace every 128th buffer with stack traces, on the CPU that the server under test needs.
        System.setProperty("io.netty.leakDetection.level", "disabled");
        try {
            run(line);
            System.exit(0);
        } catch (IllegalArgumentException | LoadException | IOException e) {
            System.err.println("meshkeep: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void run(String[] line) throws IOException, InterruptedException {
        String[] words = line.length > 0 && line[0].equals("bench") ? Arrays.copyOfRange(line, 1, line.length) : line;
        String name = words.length == 0 ? "help" : words[0];
        if (List.of("help", "--help", "-h").contains(name)) {
            System.out.print(help());
            return;
        }
        Command command = COMMANDS.stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no bench " + name + "; see bench help"));
        String[] rest = Arrays.copyOfRange(words, 1, words.length);
        if (Arrays.asList(rest).contains("--help")) {
            System.out.print(command.help().get());
        } else {
            command.action().run(rest);
        }
    }

    static String help() {
        StringBuilder help = new StringBuilder("Usage:\n");
        for (Command command : COMMANDS) {
            String usage = command.name() + " " + command.arguments();
            help.append(String.format("  bench %-17s %s%n", usage, command.summary()));
        }
        return help.append("\nbench COMMAND --help lists the flags.\n").toString();
    }
}
