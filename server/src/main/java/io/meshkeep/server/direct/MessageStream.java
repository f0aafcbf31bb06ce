package io.meshkeep.server.direct;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** A message in a buffer, as gRPC's marshallers read it. Valid while they do. */
final class MessageStream extends InputStream implements KnownLength {
    private final ByteBuf buffer;
    private int left;

    MessageStream(ByteBuf buffer, int length) {
        this.buffer = buffer;
        this.left = length;
    }

    @Override
    public int available() {
        return left;
    }

    @Override
    public int read() {
        if (left == 0) {
            return -1;
        }
        left--;
        return buffer.readByte() & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (left == 0 && length > 0) {
            return -1;
        }
        int n = Math.min(left, length);
        buffer.readBytes(target, offset, n);
        left -= n;
        return n;
    }

    @Override
    public byte[] readNBytes(int length) {
        byte[] bytes = new byte[Math.min(left, length)];
        buffer.readBytes(bytes);
        left -= bytes.length;
        return bytes;
    }

    /** The size of an answer, which our marshallers know. */
    static int size(InputStream answer) {
        try {
            if (answer instanceof KnownLength && answer instanceof Drainable) {
                return answer.available();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("a direct call's answer must know its length and write itself");
    }

    /** Writes an answer with the flags and the length before it. */
    static void write(InputStream answer, int size, ByteBuf out) {
        out.writeByte(0).writeInt(size);
        int begin = out.writerIndex();
        try (ByteBufOutputStream stream = new ByteBufOutputStream(out)) {
            ((Drainable) answer).drainTo(stream);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (out.writerIndex() - begin != size) {
            throw new IllegalStateException("an answer of " + size + " bytes wrote " + (out.writerIndex() - begin));
        }
    }
}
