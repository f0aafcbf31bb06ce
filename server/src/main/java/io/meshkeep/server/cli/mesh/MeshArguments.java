package io.meshkeep.server.cli.mesh;

import io.meshkeep.proto.MeshSelector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The command line after {@code meshkeep mesh}: words, and flags as {@code --name value} or {@code --name=value}. The
 * flags of the connection also come from etcdctl's environment variables.
 */
final class MeshArguments {
    private static final Map<String, String> SHORT = Map.of("-l", "selector", "-n", "namespace", "-o", "output");
    private static final Set<String> SWITCHES = Set.of("insecure-skip-tls-verify", "help");
    private static final Set<String> WITH_VALUE = Set.of(
            "endpoints",
            "cacert",
            "cert",
            "key",
            "command-timeout",
            "selector",
            "cidr",
            "namespace",
            "node",
            "cluster",
            "identity",
            "revision",
            "limit",
            "output");

    /** The flags that etcdctl also takes from variables. */
    private static final Set<String> FROM_ENVIRONMENT =
            Set.of("endpoints", "cacert", "cert", "key", "command-timeout", "insecure-skip-tls-verify");

    private final List<String> words = new ArrayList<>();
    private final Map<String, String> flags = new HashMap<>();

    private MeshArguments() {}

    static MeshArguments parse(List<String> line, Map<String, String> environment) throws CommandException {
        MeshArguments arguments = new MeshArguments();
        for (int i = 0; i < line.size(); i++) {
            String word = line.get(i);
            if (!word.startsWith("-") || word.equals("-")) {
                arguments.words.add(word);
                continue;
            }
            if (word.equals("-h") || word.equals("-help")) {
                arguments.flags.put("help", "true");
                continue;
            }
            int equals = word.indexOf('=');
            String spelled = equals < 0 ? word : word.substring(0, equals);
            String name = SHORT.getOrDefault(spelled, spelled.startsWith("--") ? spelled.substring(2) : "");
            String value = equals < 0 ? null : word.substring(equals + 1);
            if (SWITCHES.contains(name)) {
                arguments.flags.put(name, value == null ? "true" : value);
            } else if (WITH_VALUE.contains(name)) {
                if (value == null && ++i == line.size()) {
                    throw CommandException.misused(spelled + " needs a value");
                }
                arguments.flags.put(name, value == null ? line.get(i) : value);
            } else {
                throw CommandException.misused("there is no flag " + spelled + "; see meshkeep mesh --help");
            }
        }
        for (String flag : FROM_ENVIRONMENT) {
            String variable =
                    environment.get("ETCDCTL_" + flag.replace('-', '_').toUpperCase(java.util.Locale.ROOT));
            if (variable != null) {
                arguments.flags.putIfAbsent(flag, variable);
            }
        }
        return arguments;
    }

    /** What is no flag, in order. */
    List<String> words() {
        return words;
    }

    boolean isOn(String flag) throws CommandException {
        return switch (text(flag, "false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw CommandException.misused("--" + flag + " is neither true nor false");
        };
    }

    String text(String flag, String otherwise) {
        return flags.getOrDefault(flag, otherwise);
    }

    /** Refuses flags that a command would not heed. */
    void requireOnly(String command, Set<String> known) throws CommandException {
        for (String flag : flags.keySet()) {
            if (!known.contains(flag) && !FROM_ENVIRONMENT.contains(flag) && !flag.equals("output")) {
                throw CommandException.misused("meshkeep mesh " + command + " has no flag --" + flag);
            }
        }
    }

    long number(String flag, long max) throws CommandException {
        return number("--" + flag, text(flag, "0"), max);
    }

    static long number(String what, String text, long max) throws CommandException {
        try {
            long number = Long.parseLong(text);
            if (number >= 0 && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw CommandException.misused(what + ": \"" + text + "\" is not a whole number");
        }
        throw CommandException.misused(what + ": " + text + " is not between 0 and " + max);
    }

    boolean json() throws CommandException {
        return switch (text("output", "table")) {
            case "json" -> true;
            case "table" -> false;
            default -> throw CommandException.misused("-o takes table or json");
        };
    }

    MeshSelector selector() throws CommandException {
        return MeshSelector.newBuilder()
                .setLabels(text("selector", ""))
                .setCidr(text("cidr", ""))
                .setNamespace(text("namespace", ""))
                .setNode(text("node", ""))
                .setCluster(text("cluster", ""))
                .setIdentity((int) number("identity", 0xffff_ffffL))
                .build();
    }
}
