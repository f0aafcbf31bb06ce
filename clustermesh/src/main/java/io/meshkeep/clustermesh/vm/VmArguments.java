package io.meshkeep.clustermesh.vm;

import io.meshkeep.server.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The command line after {@code meshkeep vm}: a command, names, and flags as {@code --name value} or with {@code =}. */
final class VmArguments {
    private static final Map<String, String> SHORT = Map.of("-n", "namespace", "-o", "output");
    private static final Set<String> SWITCHES = Set.of("all", "wait", "help");

    /** Which flags a command takes, beside those of {@link #EVERYWHERE}. */
    private static final Map<String, Set<String>> FLAGS = Map.of(
            "create", Set.of("namespace", "labels", "ipv4-alloc-cidr", "ipv6-alloc-cidr"),
            "status", Set.of("namespace", "output", "endpoints", "cacert", "cert", "key", "timeout"),
            "install", Set.of("namespace", "config", "retries", "wait", "wait-duration", "address"),
            "delete", Set.of("all"));

    private static final Set<String> EVERYWHERE = Set.of("context", "kubeconfig", "help");

    private final String command;
    private final List<String> words = new ArrayList<>();
    private final Map<String, String> flags = new HashMap<>();

    private VmArguments(String command) {
        this.command = command;
    }

    static VmArguments parse(List<String> line) throws CommandException {
        String command = line.isEmpty() || Set.of("-h", "-help", "--help").contains(line.get(0)) ? "help" : line.get(0);
        if (!command.equals("help") && !FLAGS.containsKey(command)) {
            throw CommandException.misused("meshkeep vm has no command \"" + command + "\"; see meshkeep vm --help");
        }
        VmArguments arguments = new VmArguments(command);
        if (!command.equals("help")) {
            arguments.read(line.subList(1, line.size()));
        }
        return arguments;
    }

    private void read(List<String> line) throws CommandException {
        for (int i = 0; i < line.size(); i++) {
            String word = line.get(i);
            if (!word.startsWith("-") || word.equals("-")) {
                words.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            String spelled = equals < 0 ? word : word.substring(0, equals);
            String name = Set.of("-h", "-help").contains(spelled)
                    ? "help"
                    : SHORT.getOrDefault(spelled, spelled.startsWith("--") ? spelled.substring(2) : "");
            if (!FLAGS.get(command).contains(name) && !EVERYWHERE.contains(name)) {
                throw CommandException.misused(
                        "meshkeep vm " + command + " has no flag " + spelled + "; see meshkeep vm --help");
            }
            String value = equals < 0 ? null : word.substring(equals + 1);
            if (SWITCHES.contains(name)) {
                value = value == null ? "true" : value;
            } else if (value == null) {
                if (++i == line.size()) {
                    throw CommandException.misused(spelled + " needs a value");
                }
                value = line.get(i);
            }
            flags.put(name, value);
        }
    }

    String command() {
        return isOn("help") ? "help" : command;
    }

    /** What is no flag, in order. */
    List<String> words() {
        return words;
    }

    boolean isOn(String flag) {
        return flags.getOrDefault(flag, "false").equals("true");
    }

    /** The text of a flag; what is empty counts as not given. */
    String text(String flag, String otherwise) {
        String text = flags.getOrDefault(flag, "");
        return text.isEmpty() ? otherwise : text;
    }

    List<String> list(String flag) {
        return Arrays.stream(text(flag, "").split(","))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }

    /** Reads {@code key=value,key=value}. */
    Map<String, String> labels(String flag) throws CommandException {
        Map<String, String> labels = new TreeMap<>();
        for (String label : list(flag)) {
            int equals = label.indexOf('=');
            if (equals == 0) {
                throw CommandException.misused("--" + flag + ": \"" + label + "\" has no key");
            }
            labels.put(equals < 0 ? label : label.substring(0, equals), equals < 0 ? "" : label.substring(equals + 1));
        }
        return labels;
    }

    int number(String flag, int otherwise) throws CommandException {
        try {
            return Integer.parseInt(text(flag, Integer.toString(otherwise)));
        } catch (NumberFormatException e) {
            throw CommandException.misused("--" + flag + " is not a whole number");
        }
    }

    Duration duration(String flag, String otherwise) throws CommandException {
        try {
            return GoDuration.parse(text(flag, otherwise));
        } catch (IllegalArgumentException e) {
            throw CommandException.misused("--" + flag + ": " + e.getMessage());
        }
    }
}
