package io.meshkeep.server.rpc;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * An {@link Encoded} message as gRPC wants it. With both interfaces the framer asks for the size, takes one buffer and
 * has the bytes written into it; the reading methods serve the in-process transport only.
 */
final class EncodedStream extends InputStream implements KnownLength, Drainable {
    private final Encoded message;
    private InputStream bytes;
    private boolean drained;

    EncodedStream(Encoded message) {
        this.message = message;
    }

    @Override
    public int available() throws IOException {
        return drained ? 0 : bytes == null ? message.size() : bytes.available();
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
        if (bytes != null) {
            return (int) bytes.transferTo(target);
        }
        drained = true;
        message.writeTo(target);
        return message.size();
    }

    @Override
    public int read() throws IOException {
        return bytes().read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        return bytes().read(target, offset, length);
    }

    private InputStream bytes() {
        if (bytes == null) {
            ByteArrayOutputStream out = new ByteArrayOutputStream(message.size());
            try {
                message.writeTo(out);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            bytes = new ByteArrayInputStream(out.toByteArray());
        }
        return bytes;
    }
}
