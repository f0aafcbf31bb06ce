package io.meshkeep.server.cli.mesh;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code meshkeep mesh}. */
public final class MeshCommand {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int MISUSED = 2;

    private MeshCommand() {}

    /**
     * Runs a command to its end.
     *
     * @param line what follows {@code meshkeep mesh}
     * @return the status for the process
     */
    public static int run(List<String> line, Map<String, String> environment, PrintStream out, PrintStream err) {
        try {
            return run(MeshArguments.parse(line, environment), out, err);
        } catch (CommandException e) {
            err.println("meshkeep: " + Table.printable(e.getMessage()));
            return e.status();
        }
    }

    private static int run(MeshArguments arguments, PrintStream out, PrintStream err) throws CommandException {
        if (arguments.isOn("help")
                || arguments.words().isEmpty()
                || arguments.words().get(0).equals("help")) {
            out.print(MeshHelp.TEXT);
            return OK;
        }
        String command = arguments.words().get(0);
        List<String> words = arguments.words().subList(1, arguments.words().size());
        Set<String> flags = switch (command) {
            case "endpoints" ->
                Set.of("selector", "cidr", "namespace", "node", "cluster", "identity", "revision", "limit");
            case "identities" -> Set.of("selector", "namespace", "cluster", "identity", "revision", "limit");
            case "nodes" -> Set.of("cidr", "node", "cluster", "identity", "revision", "limit");
            case "services" -> Set.of("namespace", "cluster", "revision", "limit");
            case "clusters" -> Set.of("cluster", "revision", "limit");
            case "problems" -> Set.of("revision", "limit");
            case "explain" -> Set.of("cluster", "revision");
            case "diff" -> Set.of("selector", "cidr", "namespace", "node", "cluster", "identity", "limit");
            case "watch" -> Set.of("selector", "cidr", "namespace", "node", "cluster", "identity", "revision");
            default ->
                throw CommandException.misused(
                        "there is no command meshkeep mesh " + command + "; see meshkeep mesh --help");
        };
        arguments.requireOnly(command, flags);
        arguments.json();
        try (MeshClient client = new MeshClient(arguments)) {
            switch (command) {
                case "explain" -> {
                    return new ExplainOutput(client, arguments, out).run(one(words, "explain needs one IP address"));
                }
                case "diff" -> new DiffOutput(client, arguments, out).run(words);
                case "watch" -> new WatchOutput(client, arguments, out, err).run(words);
                default -> {
                    if (!words.isEmpty()) {
                        throw CommandException.misused("meshkeep mesh " + command + " takes no words, only flags");
                    }
                    new ListOutput(client, arguments, out).run(command);
                }
            }
            return OK;
        }
    }

    private static String one(List<String> words, String otherwise) throws CommandException {
        if (words.size() != 1) {
            throw CommandException.misused(otherwise);
        }
        return words.get(0);
    }
}
