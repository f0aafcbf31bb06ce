package io.meshkeep.clustermesh.sync;

import com.google.protobuf.ByteString;
import java.util.Base64;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes JSON as Go's {@code encoding/json} does, whose bytes other clusters compare: no spaces, HTML's characters
 * escaped, maps in the order of their keys' bytes. Not thread-safe.
 */
public final class GoJson {
    private static final String HEX = "0123456789abcdef";

    private final StringBuilder text = new StringBuilder(256);
    private boolean comma;

    /** Begins an object, as a value. */
    public GoJson open() {
        separate();
        text.append('{');
        comma = false;
        return this;
    }

    public GoJson close() {
        text.append('}');
        comma = true;
        return this;
    }

    public GoJson openList() {
        separate();
        text.append('[');
        comma = false;
        return this;
    }

    public GoJson closeList() {
        text.append(']');
        comma = true;
        return this;
    }

    /** The name of the value that follows. */
    public GoJson name(String name) {
        separate();
        quote(name);
        text.append(':');
        comma = false;
        return this;
    }

    /** Null counts as an empty text, as it does in Go. */
    public GoJson value(String value) {
        separate();
        quote(value == null ? "" : value);
        comma = true;
        return this;
    }

    public GoJson value(long value) {
        return literal(Long.toString(value));
    }

    GoJson value(boolean value) {
        return literal(Boolean.toString(value));
    }

    /** Bytes, which Go writes in Base64; null if there are none. */
    GoJson value(byte[] bytes) {
        return bytes == null ? nothing() : value(Base64.getEncoder().encodeToString(bytes));
    }

    public GoJson nothing() {
        return literal("null");
    }

    /** A map of texts; null is written as such. */
    public GoJson value(Map<String, String> map) {
        if (map == null) {
            return nothing();
        }
        open();
        inOrder(map).forEach((key, value) -> name(key).value(value));
        return close();
    }

    /** Map entries in the order in which Go writes them. */
    static <T> Map<String, T> inOrder(Map<String, T> map) {
        Map<String, T> sorted = new TreeMap<>(BY_BYTES);
        sorted.putAll(map);
        return sorted;
    }

    /** The order of UTF-8, which is that of code points; Java's is that of UTF-16. */
    private static final Comparator<String> BY_BYTES = (a, b) -> {
        int common = Math.min(a.length(), b.length());
        for (int i = 0; i < common; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean surrogates = Character.isSurrogate(x) ^ Character.isSurrogate(y);
                return surrogates ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    };

    private GoJson literal(String literal) {
        separate();
        text.append(literal);
        comma = true;
        return this;
    }

    private void separate() {
        if (comma) {
            text.append(',');
        }
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '"', '\\' -> text.append('\\').append(c);
                case '\b' -> text.append("\\b");
                case '\f' -> text.append("\\f");
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                case '<', '>', '&', '\u2028', '\u2029' -> escape(c);
                default -> {
                    if (c < 0x20) {
                        escape(c);
                    } else {
                        text.append(c);
                    }
                }
            }
        }
        text.append('"');
    }

    private void escape(char c) {
        text.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            text.append(HEX.charAt(c >>> shift & 0xf));
        }
    }

    public ByteString bytes() {
        return ByteString.copyFromUtf8(text.toString());
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
