package io.meshkeep.certs.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Flags of a command, {@code --name value} or {@code --name=value} or a switch alone, and what is no flag. */
final class Flags {
    private final Map<String, String> values = new HashMap<>();
    private final List<String> operands = new ArrayList<>();

    private Flags() {}

    /**
     * @param withValue flags that take a value
     * @param switches flags that take none
     * @throws IllegalArgumentException with one line for the user
     */
    static Flags parse(List<String> line, Set<String> withValue, Set<String> switches) {
        Flags flags = new Flags();
        for (int i = 0; i < line.size(); i++) {
            String word = line.get(i);
            if (!word.startsWith("--")) {
                flags.operands.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            String name = equals < 0 ? word : word.substring(0, equals);
            if (withValue.contains(name)) {
                if (equals < 0 && ++i == line.size()) {
                    throw new IllegalArgumentException(name + " needs a value");
                }
                flags.values.put(name, equals < 0 ? line.get(i) : word.substring(equals + 1));
            } else if (switches.contains(name) && equals < 0) {
                flags.values.put(name, "");
            } else {
                throw new IllegalArgumentException("unknown flag " + word);
            }
        }
        return flags;
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String text(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    String required(String name) {
        if (!has(name)) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return values.get(name);
    }

    /** The parts of a list with commas; empty if the flag was not given. */
    List<String> list(String name) {
        return Arrays.stream(text(name, "").split(","))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    Duration days(String name, Duration otherwise) {
        if (!has(name)) {
            return otherwise;
        }
        try {
            int days = Integer.parseInt(values.get(name));
            if (days > 0) {
                return Duration.ofDays(days);
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " needs a number of days, not " + values.get(name), e);
        }
        throw new IllegalArgumentException(name + " needs a positive number of days, not " + values.get(name));
    }

    /** What is no flag. */
    List<String> operands() {
        return List.copyOf(operands);
    }

    void requireNoOperands() {
        if (!operands.isEmpty()) {
            throw new IllegalArgumentException("unexpected argument " + operands.get(0));
        }
    }
}
