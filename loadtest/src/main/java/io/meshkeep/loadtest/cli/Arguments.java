package io.meshkeep.loadtest.cli;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Flags of a command: {@code --name value}, {@code --name=value}, or {@code --name} alone for a switch. */
public final class Arguments {
    private final Map<String, String> values = new HashMap<>();

    private Arguments() {}

    /**
     * @param withValue flags that take a value
     * @param switches flags that take none
     * @throws IllegalArgumentException with one line for the user
     */
    public static Arguments parse(String[] line, Set<String> withValue, Set<String> switches) {
        Arguments arguments = new Arguments();
        for (int i = 0; i < line.length; i++) {
            String[] parts = line[i].split("=", 2);
            String flag = parts[0];
            if (withValue.contains(flag)) {
                if (parts.length == 1 && ++i == line.length) {
                    throw new IllegalArgumentException(flag + " needs a value");
                }
                arguments.values.put(flag, parts.length == 2 ? parts[1] : line[i]);
            } else if (switches.contains(flag) && parts.length == 1) {
                arguments.values.put(flag, "");
            } else {
                throw new IllegalArgumentException("unknown argument " + line[i]);
            }
        }
        return arguments;
    }

    /** As the other, with flags of several groups. */
    public static Arguments parse(String[] line, List<Set<String>> withValue, List<Set<String>> switches) {
        return parse(line, union(withValue), union(switches));
    }

    private static Set<String> union(List<Set<String>> groups) {
        Set<String> all = new HashSet<>();
        groups.forEach(all::addAll);
        return all;
    }

    public boolean has(String flag) {
        return values.containsKey(flag);
    }

    public String text(String flag, String otherwise) {
        return values.getOrDefault(flag, otherwise);
    }

    /** A whole number of at least 1. */
    public int count(String flag, int otherwise) {
        if (!has(flag)) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(values.get(flag).replace("_", "").replace(",", ""));
            if (number >= 1) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(flag + " needs a whole number, not " + values.get(flag), e);
        }
        throw new IllegalArgumentException(flag + " needs a positive number, not " + values.get(flag));
    }
}
