package io.meshkeep.store.mesh;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads an IP pair in the form in which Go writes nearly all of them: one flat object without white space, escapes or
 * characters beyond ASCII. That spares most commits the parser, whose tokens cost more than the few fields are long.
 * Whatever looks different in any way is left to {@link ValueReader}, which also says what is wrong with it, so this
 * reader has no notion of malformed. For one value.
 */
final class PlainIpPair {
    /** Longer names and numbers than any that is known are left to the parser and its limits. */
    private static final int MAX_NAME = 32;

    private static final int MAX_DIGITS = 10;

    /** The fields that are read; names of others match none of them. */
    private enum Field {
        IP,
        MASK("Mask"),
        HOST("HostIP"),
        NAMESPACE("K8sNamespace"),
        POD("K8sPodName"),
        ID,
        KEY("Key"),
        OTHER("");

        private static final Field[] ALL = values();
        private final byte[] name;

        Field() {
            this.name = name().getBytes(StandardCharsets.US_ASCII);
        }

        Field(String name) {
            this.name = name.getBytes(StandardCharsets.US_ASCII);
        }

        static Field of(byte[] bytes, int from, int to) {
            for (Field field : ALL) {
                byte[] name = field.name;
                if (name.length == to - from && Arrays.equals(name, 0, name.length, bytes, from, to)) {
                    return field;
                }
            }
            return OTHER;
        }
    }

    private final byte[] value;
    private int at;
    private final ValueReader.IpPair pair = new ValueReader.IpPair();

    private PlainIpPair(byte[] value) {
        this.value = value;
    }

    /** What the value says, or null if it is not of the plain form or not valid. */
    static ValueReader.IpPair read(byte[] value) {
        PlainIpPair reader = new PlainIpPair(value);
        return reader.object() && !reader.pair.ip.isEmpty() ? reader.pair : null;
    }

    private boolean object() {
        if (!skip('{')) {
            return false;
        }
        do {
            int from = at + 1;
            if (!string(MAX_NAME)) {
                return false;
            }
            Field field = Field.of(value, from, at - 1);
            if (!skip(':') || at == value.length || !field(field)) {
                return false;
            }
        } while (skip(','));
        return skip('}') && at == value.length;
    }

    private boolean field(Field field) {
        return switch (field) {
            case ID, KEY -> number(field);
            case OTHER -> value[at] == '"' ? string(ValueReader.MAX_TEXT) : nothing() || digits() >= 0;
            default -> text(field);
        };
    }

    private boolean text(Field field) {
        String text = "";
        if (!nothing()) {
            int from = at + 1;
            if (!string(ValueReader.MAX_TEXT)) {
                return false;
            }
            text = new String(value, from, at - 1 - from, StandardCharsets.ISO_8859_1);
        }
        switch (field) {
            case IP -> pair.ip = text;
            case MASK -> pair.mask = text;
            case HOST -> pair.hostIp = text;
            case NAMESPACE -> pair.namespace = text;
            default -> pair.pod = text;
        }
        return true;
    }

    private boolean number(Field field) {
        long number = nothing() ? 0 : digits();
        if (field == Field.ID) {
            pair.identity = number;
            return number >= 0 && number <= 0xffff_ffffL;
        }
        pair.encryptionKey = (int) number;
        return number >= 0 && number <= 255;
    }

    private boolean skip(char wanted) {
        if (at == value.length || value[at] != wanted) {
            return false;
        }
        at++;
        return true;
    }

    private boolean nothing() {
        if (value.length - at < 4
                || value[at] != 'n'
                || value[at + 1] != 'u'
                || value[at + 2] != 'l'
                || value[at + 3] != 'l') {
            return false;
        }
        at += 4;
        return true;
    }

    /** Goes past a string of at most so many plain characters; false if there is none here. */
    private boolean string(int max) {
        if (!skip('"')) {
            return false;
        }
        int end = (int) Math.min(value.length, (long) at + max + 1);
        while (at < end) {
            byte each = value[at++];
            if (each == '"') {
                return true;
            }
            if (each < ' ' || each == '\\') {
                return false;
            }
        }
        return false;
    }

    /** Goes past a whole number; gives it, or -1 if there is none here that is written as Go does. */
    private long digits() {
        int from = at;
        long number = 0;
        while (at < value.length && value[at] >= '0' && value[at] <= '9') {
            if (at - from == MAX_DIGITS) {
                return -1;
            }
            number = number * 10 + value[at++] - '0';
        }
        return at == from || value[from] == '0' && at - from > 1 ? -1 : number;
    }
}
