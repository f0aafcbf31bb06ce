package io.meshkeep.server.http;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** What the first bytes of a connection say about its protocol. */
enum FirstBytes {
    /** They are a beginning of more than one protocol: wait for more. */
    UNDECIDED,
    /** HTTP/2 with prior knowledge (RFC 9113 §3.4). */
    HTTP2,
    /** A method and a space: HTTP/1, or close enough for its decoder to say what is wrong. */
    HTTP1,
    /** A TLS handshake record. */
    TLS,
    /** None of these. */
    UNKNOWN;

    /** Checked in full, so that a broken one gets HTTP/1's answer rather than an entry in gRPC's log. */
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final int LONGEST_METHOD = 24;
    private static final int TLS_HANDSHAKE = 0x16;
    private static final int TLS_MAJOR_VERSION = 3;

    /** How many bytes may be asked for, at most, before the answer is something other than {@link #UNDECIDED}. */
    static final int MAX_UNDECIDED = LONGEST_METHOD + 1;

    /**
     * Classifies the readable bytes, which stay unread.
     *
     * @param bytes everything that has been received so far
     */
    static FirstBytes of(ByteBuf bytes) {
        int length = bytes.readableBytes();
        int start = bytes.readerIndex();
        if (length == 0) {
            return UNDECIDED;
        }
        if (bytes.getByte(start) == TLS_HANDSHAKE) {
            if (length == 1) {
                return UNDECIDED;
            }
            return bytes.getByte(start + 1) == TLS_MAJOR_VERSION ? TLS : UNKNOWN;
        }
        int same = commonPrefix(bytes, start, length);
        if (same == PREFACE.length) {
            return HTTP2;
        }
        if (same == length) {
            return UNDECIDED;
        }
        return http1(bytes, start, length);
    }

    private static int commonPrefix(ByteBuf bytes, int start, int length) {
        int limit = Math.min(length, PREFACE.length);
        int same = 0;
        while (same < limit && bytes.getByte(start + same) == PREFACE[same]) {
            same++;
        }
        return same;
    }

    private static FirstBytes http1(ByteBuf bytes, int start, int length) {
        int limit = Math.min(length, LONGEST_METHOD + 1);
        for (int i = 0; i < limit; i++) {
            byte b = bytes.getByte(start + i);
            if (b == ' ') {
                return i > 0 ? HTTP1 : UNKNOWN;
            }
            if (!isTokenChar(b)) {
                return UNKNOWN;
            }
        }
        return length > LONGEST_METHOD ? UNKNOWN : UNDECIDED;
    }

    /** RFC 9110 §5.6.2. */
    private static boolean isTokenChar(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || "!#$%&'*+-.^_`|~".indexOf(b) >= 0;
    }
}
