package io.meshkeep.clustermesh.apiserver;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Hands the events of watches to fabric8 with {@code \}{@code u} escapes in the place of what is not ASCII. It decodes each
 * buffer by itself and takes the whole array behind the characters: those that are split between buffers are lost, and
 * behind a buffer that had others than ASCII there are NULs, with which the next event is no JSON any more, the watch
 * breaks, and everything is listed again (8.0.0, {@code WatchHTTPManager}). In JSON such characters are within strings,
 * where an escape is the same.
 */
final class AsciiWatches implements Interceptor {
    @Override
    public AsyncBody.Consumer<List<ByteBuffer>> consumer(
            AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
        String query = request.uri().getQuery();
        return query != null && List.of(query.split("&")).contains("watch=true") ? new Escaping(consumer) : consumer;
    }

    /** Of one answer: a character may begin in one buffer and end in another. */
    static final class Escaping implements AsyncBody.Consumer<List<ByteBuffer>> {
        private static final int UNKNOWN = 0xfffd;
        private final AsyncBody.Consumer<List<ByteBuffer>> next;
        /** The character that is being read, and how many bytes of it are to come. */
        private int codePoint;

        private int missing;

        Escaping(AsyncBody.Consumer<List<ByteBuffer>> next) {
            this.next = next;
        }

        @Override
        public void consume(List<ByteBuffer> buffers, AsyncBody body) throws Exception {
            List<ByteBuffer> escaped = new ArrayList<>(buffers.size());
            for (ByteBuffer buffer : buffers) {
                escaped.add(missing == 0 && isAscii(buffer) ? buffer : escaped(buffer));
            }
            next.consume(escaped, body);
        }

        private static boolean isAscii(ByteBuffer buffer) {
            for (int i = buffer.position(); i < buffer.limit(); i++) {
                if (buffer.get(i) < 0) {
                    return false;
                }
            }
            return true;
        }

        private ByteBuffer escaped(ByteBuffer buffer) {
            StringBuilder ascii = new StringBuilder(2 * buffer.remaining());
            while (buffer.hasRemaining()) {
                byte next = buffer.get();
                if (next < (byte) 0xc0) {
                    follow(next, ascii);
                } else {
                    begin(next, ascii);
                }
            }
            return ByteBuffer.wrap(ascii.toString().getBytes(StandardCharsets.US_ASCII));
        }

        /** One of the bytes after the first. */
        private void follow(byte next, StringBuilder ascii) {
            if (missing == 0) {
                append(UNKNOWN, ascii);
                return;
            }
            codePoint = codePoint << 6 | next & 0x3f;
            if (--missing == 0) {
                append(Character.isValidCodePoint(codePoint) ? codePoint : UNKNOWN, ascii);
            }
        }

        /** ASCII, or the first byte of several. */
        private void begin(byte next, StringBuilder ascii) {
            if (missing > 0) {
                missing = 0;
                append(UNKNOWN, ascii);
            }
            if (next >= 0) {
                ascii.append((char) next);
                return;
            }
            // as many bytes as there are leading ones
            missing = Integer.numberOfLeadingZeros(~next << 24) - 1;
            codePoint = next & (0x3f >> missing);
            if (missing > 3) {
                missing = 0;
                append(UNKNOWN, ascii);
            }
        }

        private static void append(int codePoint, StringBuilder ascii) {
            for (char c : Character.toChars(codePoint)) {
                ascii.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    ascii.append(Character.forDigit(c >> shift & 0xf, 16));
                }
            }
        }
    }
}
