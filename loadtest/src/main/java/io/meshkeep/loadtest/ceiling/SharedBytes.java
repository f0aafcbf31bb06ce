package io.meshkeep.loadtest.ceiling;

import com.google.protobuf.MessageLite;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * An encoded answer: a few bytes of its own, and a body that others may share. It knows its length and writes itself, so
 * that gRPC copies it once, which is the least it does.
 */
record SharedBytes(byte[] head, byte[] body) {
    private static final byte[] NONE = {};

    static SharedBytes of(MessageLite message) {
        return new SharedBytes(NONE, message.toByteArray());
    }

    /** The method with its requests, answered in encoded form. */
    static <Q> MethodDescriptor<Q, SharedBytes> answering(MethodDescriptor<Q, ?> method) {
        return method.toBuilder(method.getRequestMarshaller(), MARSHALLER).build();
    }

    private static final MethodDescriptor.Marshaller<SharedBytes> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(SharedBytes message) {
            return new Writing(message);
        }

        @Override
        public SharedBytes parse(InputStream stream) {
            throw new UnsupportedOperationException("a server writes answers");
        }
    };

    private static final class Writing extends InputStream implements KnownLength, Drainable {
        private final SharedBytes message;

        Writing(SharedBytes message) {
            this.message = message;
        }

        @Override
        public int available() {
            return message.head.length + message.body.length;
        }

        @Override
        public int drainTo(OutputStream target) throws IOException {
            target.write(message.head, 0, message.head.length);
            target.write(message.body, 0, message.body.length);
            return available();
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("gRPC drains what can be drained");
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            throw new UnsupportedOperationException("gRPC drains what can be drained");
        }
    }
}
