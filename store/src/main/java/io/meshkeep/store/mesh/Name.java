package io.meshkeep.store.mesh;

import java.nio.charset.StandardCharsets;

/**
 * A text that many entries share and that sets are ordered by. Its first 32 bytes stand in the object itself, as four
 * numbers: comparing texts by following them to their arrays would be most of what a change of an index costs. Ordered by
 * the bytes of UTF-8, as far as those four numbers tell texts apart.
 */
final class Name implements Comparable<Name> {
    static final Name EMPTY = new Name("");

    private final String text;
    private final long first;
    private final long second;
    private final long third;
    private final long fourth;

    Name(String text) {
        this.text = text;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        first = word(bytes, 0);
        second = word(bytes, 8);
        third = word(bytes, 16);
        fourth = word(bytes, 24);
    }

    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = from; i < from + 8; i++) {
            word = word << 8 | (i < bytes.length ? bytes[i] & 0xff : 0);
        }
        return word;
    }

    String text() {
        return text;
    }

    @Override
    @SuppressWarnings("ReferenceEquality")
    public int compareTo(Name other) {
        if (this == other) {
            return 0;
        }
        if (first != other.first) {
            return Long.compareUnsigned(first, other.first);
        }
        if (second != other.second) {
            return Long.compareUnsigned(second, other.second);
        }
        if (third != other.third) {
            return Long.compareUnsigned(third, other.third);
        }
        if (fourth != other.fourth) {
            return Long.compareUnsigned(fourth, other.fourth);
        }
        return text.compareTo(other.text);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Name that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
