package io.meshkeep.loadtest.client;

import io.grpc.Status;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads what a gRPC client needs of a server's header blocks: the status, if there is one. A server sends the same few
 * blocks again and again; one that changes nothing in the table of headers means the same until the table changes, so it
 * is decoded once. Not thread-safe.
 */
final class HeaderBlocks {
    private static final int MOST_KNOWN = 8;

    /** Stands for a block without a status: the answer goes on. */
    private static final Status NONE = null;

    private record Known(byte[] block, Status status) {}

    private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);
    private final List<Known> known = new ArrayList<>();

    /** The status in a block, or null. */
    Status read(ByteBuf block) throws Http2Exception {
        for (int i = 0; i < known.size(); i++) {
            Known candidate = known.get(i);
            if (isEqual(block, candidate.block)) {
                return candidate.status;
            }
        }
        byte[] bytes = new byte[block.readableBytes()];
        block.getBytes(block.readerIndex(), bytes);
        Status status = status(decoder.decodeHeaders(1, block));
        if (changesTable(bytes)) {
            known.clear();
        } else if (known.size() < MOST_KNOWN) {
            known.add(new Known(bytes, status));
        }
        return status;
    }

    private static boolean isEqual(ByteBuf block, byte[] bytes) {
        if (block.readableBytes() != bytes.length) {
            return false;
        }
        int at = block.readerIndex();
        for (int i = 0; i < bytes.length; i++) {
            if (block.getByte(at + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    private static Status status(Http2Headers headers) {
        CharSequence code = headers.get("grpc-status");
        if (code == null) {
            CharSequence http = headers.status();
            return http == null || http.toString().equals("200")
                    ? NONE
                    : Status.UNAVAILABLE.withDescription("HTTP status " + http);
        }
        Status status = Status.fromCodeValue(Integer.parseInt(code.toString()));
        CharSequence message = headers.get("grpc-message");
        return message == null ? status : status.withDescription(message.toString());
    }

    /** Whether a block has more in it than references to the table and literals that leave it alone (RFC 7541, 6). */
    private static boolean changesTable(byte[] block) {
        int at = 0;
        while (at < block.length) {
            int first = block[at] & 0xff;
            if (first >= 0x80) {
                at = afterNumber(block, at, 0x7f);
            } else if (first >= 0x20) {
                return true;
            } else {
                boolean named = (first & 0x0f) != 0;
                at = afterNumber(block, at, 0x0f);
                if (!named) {
                    at = afterString(block, at);
                }
                at = afterString(block, at);
            }
        }
        return false;
    }

    private static int afterNumber(byte[] block, int at, int mask) {
        int next = at + 1;
        if ((block[at] & mask) == mask) {
            while (block[next++] < 0) {
                // more bytes of the number follow
            }
        }
        return next;
    }

    private static int afterString(byte[] block, int at) {
        int length = block[at] & 0x7f;
        if (length == 0x7f) {
            int next = at + 1;
            for (int shift = 0; ; shift += 7) {
                byte b = block[next++];
                length += (b & 0x7f) << shift;
                if (b >= 0) {
                    return next + length;
                }
            }
        }
        return at + 1 + length;
    }

    /** A block of literals, each entered into the server's table, or left out of it. */
    static byte[] literals(boolean entered, List<String> namesAndValues) {
        byte[] block = new byte[0];
        for (int i = 0; i < namesAndValues.size(); i += 2) {
            int start = block.length;
            block = Arrays.copyOf(block, start + 1);
            block[start] = (byte) (entered ? 0x40 : 0);
            block = withString(withString(block, namesAndValues.get(i)), namesAndValues.get(i + 1));
        }
        return block;
    }

    private static byte[] withString(byte[] block, String text) {
        if (text.length() >= 0x7f) {
            throw new IllegalArgumentException("too long: " + text);
        }
        byte[] longer = Arrays.copyOf(block, block.length + 1 + text.length());
        longer[block.length] = (byte) text.length();
        for (int i = 0; i < text.length(); i++) {
            longer[block.length + 1 + i] = (byte) text.charAt(i);
        }
        return longer;
    }
}
