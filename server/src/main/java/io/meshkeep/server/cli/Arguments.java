package io.meshkeep.server.cli;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The flags of our own commands, which are few: {@code --name value} or {@code --name=value}, some more than once. */
final class Arguments {
    private final Map<String, List<String>> values = new HashMap<>();

    private Arguments() {}

    /** @throws UsageException on anything that is not one of these flags with a value */
    static Arguments parse(String command, List<String> arguments, Set<String> known) throws UsageException {
        Arguments parsed = new Arguments();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            if (!name.startsWith("--") || !known.contains(name.substring(2))) {
                throw new UsageException("meshkeep " + command + " does not know \"" + name + "\"; it takes "
                        + String.join(
                                ", ",
                                known.stream().map(flag -> "--" + flag).sorted().toList()));
            }
            String value;
            if (equals >= 0) {
                value = argument.substring(equals + 1);
            } else if (++i < arguments.size()) {
                value = arguments.get(i);
            } else {
                throw new UsageException(name + " needs a value");
            }
            parsed.values
                    .computeIfAbsent(name.substring(2), flag -> new ArrayList<>())
                    .add(value);
        }
        return parsed;
    }

    List<String> all(String flag) {
        return values.getOrDefault(flag, List.of());
    }

    /** The last value. */
    String get(String flag, String defaultValue) {
        List<String> all = all(flag);
        return all.isEmpty() ? defaultValue : all.get(all.size() - 1);
    }

    String require(String flag) throws UsageException {
        List<String> all = all(flag);
        if (all.isEmpty()) {
            throw new UsageException("--" + flag + " is needed");
        }
        return all.get(all.size() - 1);
    }
}
