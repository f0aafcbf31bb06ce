package io.meshkeep.server.cli;

import io.meshkeep.server.GoDuration;
import io.meshkeep.server.cli.Flag.Kind;
import io.meshkeep.server.cli.Flag.Support;
import java.util.Locale;

/**
 * A value that somebody gave a flag, already checked against its kind and support.
 *
 * @param flag the flag
 * @param value the value; {@code true} or {@code false} for a boolean however it was written
 * @param origin where it came from, as messages name it: {@code --name}, {@code ETCD_NAME}, {@code name in etcd.yml}
 */
record Setting(Flag flag, String value, String origin) {

    /** @throws UsageException if the value does not fit the flag, or asks for what is not supported */
    static Setting of(Flag flag, String value, String origin) throws UsageException {
        String checked;
        try {
            checked = check(flag.kind(), value);
        } catch (IllegalArgumentException bad) {
            throw new UsageException(origin + ": " + bad.getMessage(), bad);
        }
        // The value is not repeated: among the flags refused are passwords.
        if (flag.support() instanceof Support.Only only && !only.harmless().contains(checked)) {
            throw new UsageException(origin + ": " + only.refusal());
        }
        return new Setting(flag, checked, origin);
    }

    private static String check(Kind kind, String value) {
        return switch (kind) {
            case TEXT -> value;
            case BOOLEAN -> Boolean.toString(bool(value));
            case NUMBER -> Long.toString(number(value));
            case COUNT -> {
                long count = number(value);
                if (count < 0) {
                    throw new IllegalArgumentException("\"" + value + "\" must not be negative");
                }
                yield Long.toString(count);
            }
            case DURATION -> {
                GoDuration.parse(value);
                yield value;
            }
        };
    }

    /** The spellings that Go's {@code strconv.ParseBool} takes. */
    private static boolean bool(String value) {
        return switch (value) {
            case "1", "t", "T", "true", "TRUE", "True" -> true;
            case "0", "f", "F", "false", "FALSE", "False" -> false;
            default -> throw new IllegalArgumentException("\"" + value + "\" is neither true nor false");
        };
    }

    private static long number(String value) {
        try {
            return Long.parseLong(value);
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(
                    String.format(Locale.ROOT, "\"%s\" is not a whole number in 64 bits", value), notANumber);
        }
    }
}
