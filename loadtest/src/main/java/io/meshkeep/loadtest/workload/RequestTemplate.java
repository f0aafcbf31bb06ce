package io.meshkeep.loadtest.workload;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An encoded request in which a number of fixed width stands in some places, such as in the key. A request with another
 * number is a copy with these digits overwritten; encoding a message anew would cost ten times as much.
 */
final class RequestTemplate {
    /** How many digits a number has. */
    static final int DIGITS = 10;

    /** What stands for the number in the message of a template. */
    static final ByteString MARK = ByteString.copyFromUtf8("#".repeat(DIGITS));

    private final byte[] bytes;
    private final int[] places;

    private RequestTemplate(byte[] bytes, int[] places) {
        this.bytes = bytes;
        this.places = places;
    }

    /** The template of a message with the mark at least once in it. */
    static RequestTemplate of(MessageLite marked) {
        byte[] bytes = marked.toByteArray();
        byte[] mark = MARK.toByteArray();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i + mark.length <= bytes.length; i++) {
            if (Arrays.equals(bytes, i, i + mark.length, mark, 0, mark.length)) {
                places.add(i);
                i += mark.length - 1;
            }
        }
        if (places.isEmpty()) {
            throw new IllegalArgumentException("the mark is nowhere in the message");
        }
        return new RequestTemplate(
                bytes, places.stream().mapToInt(Integer::intValue).toArray());
    }

    /** The request with this number, from 0 to 9,999,999,999. */
    byte[] with(long number) {
        byte[] request = bytes.clone();
        for (int place : places) {
            long rest = number;
            for (int i = place + DIGITS - 1; i >= place; i--) {
                request[i] = (byte) ('0' + rest % 10);
                rest /= 10;
            }
        }
        return request;
    }

    /** A key with the mark in it, for a single number. */
    static ByteString key(ByteString marked, long number) {
        byte[] mark = MARK.toByteArray();
        byte[] key = marked.toByteArray();
        for (int i = 0; i + mark.length <= key.length; i++) {
            if (Arrays.equals(key, i, i + mark.length, mark, 0, mark.length)) {
                return ByteString.copyFrom(new RequestTemplate(key, new int[] {i}).with(number));
            }
        }
        throw new IllegalArgumentException("the mark is nowhere in the key");
    }

    /** Reads a number back. */
    static long number(byte[] bytes, int place) {
        long number = 0;
        for (int i = place; i < place + DIGITS; i++) {
            number = number * 10 + (bytes[i] - '0');
        }
        return number;
    }
}
