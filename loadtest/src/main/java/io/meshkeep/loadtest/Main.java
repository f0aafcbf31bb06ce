package io.meshkeep.loadtest;

import io.meshkeep.loadtest.compare.CompareCommand;
import io.meshkeep.loadtest.index.IndexCommand;
import io.meshkeep.loadtest.load.LoadException;
import io.meshkeep.loadtest.memory.MemoryCommand;
import io.meshkeep.loadtest.run.FillCommand;
import io.meshkeep.loadtest.run.RunCommand;
import io.meshkeep.loadtest.sets.SetsCommand;
import java.io.IOException;
import java.util.Arrays;

/** The {@code bench} command. */
public final class Main {
    private static final String HELP = """
            Usage:
              bench compare [flags]   etcd and Meshkeep side by side, with ratios
              bench run WORKLOAD      one workload against a server that runs
              bench fill [flags]      so many keys into a server that runs
              bench memory [flags]    what layouts of a million keys in memory take
              bench sets [flags]      immutable sorted sets against other ways
              bench index [flags]     what the index of the mesh costs and how fast it answers

            bench COMMAND --help lists the flags.
            """;

    private Main() {}

    public static void main(String[] line) throws InterruptedException {
        // Netty would trace every 128th buffer with stack traces, on the CPU that the server under test needs.
        System.setProperty("io.netty.leakDetection.level", "disabled");
        try {
            System.exit(run(line));
        } catch (IllegalArgumentException | LoadException | IOException e) {
            System.err.println("meshkeep: " + e.getMessage());
            System.exit(1);
        }
    }

    private static int run(String[] line) throws IOException, InterruptedException {
        String[] words = line.length > 0 && line[0].equals("bench") ? Arrays.copyOfRange(line, 1, line.length) : line;
        String command = words.length == 0 ? "help" : words[0];
        String[] rest = words.length == 0 ? words : Arrays.copyOfRange(words, 1, words.length);
        boolean help = Arrays.asList(rest).contains("--help");
        switch (command) {
            case "compare" -> {
                if (help) {
                    System.out.print(CompareCommand.HELP);
                } else {
                    CompareCommand.run(rest);
                }
            }
            case "run" -> {
                if (help) {
                    System.out.print(RunCommand.help());
                } else {
                    RunCommand.run(rest);
                }
            }
            case "fill" -> {
                if (help) {
                    System.out.print(FillCommand.HELP);
                } else {
                    FillCommand.run(rest);
                }
            }
            case "memory" -> {
                if (help) {
                    System.out.print(MemoryCommand.HELP);
                } else {
                    MemoryCommand.run(rest);
                }
            }
            case "sets" -> {
                if (help) {
                    System.out.print(SetsCommand.HELP);
                } else {
                    SetsCommand.run(rest);
                }
            }
            case "index" -> {
                if (help) {
                    System.out.print(IndexCommand.HELP);
                } else {
                    IndexCommand.run(rest);
                }
            }
            case "help", "--help", "-h" -> System.out.print(HELP);
            default -> throw new IllegalArgumentException("there is no bench " + command + "; see bench help");
        }
        return 0;
    }
}
