package io.meshkeep.server.cli;

import io.meshkeep.server.cli.Flag.Kind;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Flags as Go's {@code flag} package, and so etcd, reads them: one dash or two, {@code --flag=value} or
 * {@code --flag value}, a boolean is true by its mere presence and otherwise needs the equals sign. The last of several
 * values counts.
 */
final class CommandLine {
    private CommandLine() {}

    /**
     * @param arguments what follows the command
     * @throws UsageException on an unknown flag, a bad value, or an argument that is no flag
     */
    static Settings parse(List<String> arguments) throws UsageException {
        Settings settings = new Settings();
        Deque<String> rest = new ArrayDeque<>(arguments);
        while (!rest.isEmpty()) {
            String argument = rest.remove();
            if (argument.equals("--") && rest.isEmpty()) {
                break;
            }
            if (argument.equals("--") || argument.length() < 2 || argument.charAt(0) != '-') {
                String word = argument.equals("--") ? rest.remove() : argument;
                throw new UsageException("\"" + word + "\" is not a flag; see meshkeep serve --help");
            }
            String body = argument.substring(argument.startsWith("--") ? 2 : 1);
            int equals = body.indexOf('=');
            String name = equals < 0 ? body : body.substring(0, equals);
            Flag flag = ServeFlags.find(name);
            if (flag == null) {
                throw unknown(name);
            }
            String origin = "--" + name;
            String value;
            if (equals >= 0) {
                value = body.substring(equals + 1);
            } else if (flag.kind() == Kind.BOOLEAN) {
                value = "true";
            } else if (rest.isEmpty()) {
                throw new UsageException(origin + " needs a value");
            } else {
                value = rest.remove();
            }
            settings.put(Setting.of(flag, value, origin));
        }
        return settings;
    }

    private static UsageException unknown(String name) {
        String hint =
                closest(name).map(near -> "; did you mean --" + near + "?").orElse("");
        return new UsageException("unknown flag --" + name + hint);
    }

    private static Optional<String> closest(String name) {
        if (name.length() < 4 || name.length() > 64) {
            return Optional.empty();
        }
        int tolerance = Math.max(2, name.length() / 5);
        return ServeFlags.byNameOrAlias().keySet().stream()
                .filter(candidate -> editDistance(name, candidate) <= tolerance)
                .min(Comparator.comparingInt(candidate -> editDistance(name, candidate)));
    }

    private static int editDistance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        int[] current = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
            }
            int[] swap = previous;
            previous = current;
            current = swap;
        }
        return previous[b.length()];
    }
}
