package io.meshkeep.server.rpc;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** Makes method descriptors whose requests are checked for size and form, and whose responses encode themselves. */
final class Methods {
    private final int maxRequestBytes;

    /** @param maxRequestBytes largest request message, in bytes */
    Methods(int maxRequestBytes) {
        this.maxRequestBytes = maxRequestBytes;
    }

    /** The descriptor of a generated method, with our marshallers. */
    @SuppressWarnings("unchecked")
    <Q extends Message, R extends Message> MethodDescriptor<Incoming<Q>, Encoded> of(MethodDescriptor<Q, R> generated) {
        MethodDescriptor.PrototypeMarshaller<Q> prototype =
                (MethodDescriptor.PrototypeMarshaller<Q>) generated.getRequestMarshaller();
        Parser<Q> parser = (Parser<Q>) prototype.getMessagePrototype().getParserForType();
        return generated.toBuilder(new RequestMarshaller<>(parser, maxRequestBytes), RESPONSES)
                .build();
    }

    private static final MethodDescriptor.Marshaller<Encoded> RESPONSES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(Encoded message) {
            return new EncodedStream(message);
        }

        @Override
        public Encoded parse(InputStream stream) {
            throw new UnsupportedOperationException("the server does not read responses");
        }
    };

    private record RequestMarshaller<Q extends Message>(Parser<Q> parser, int maxBytes)
            implements MethodDescriptor.Marshaller<Incoming<Q>> {
        @Override
        public InputStream stream(Incoming<Q> request) {
            throw new UnsupportedOperationException("the server does not send requests");
        }

        @Override
        public Incoming<Q> parse(InputStream stream) {
            int size = 0;
            try {
                // The length of a compressed message is not known before it has been read.
                boolean known = stream instanceof KnownLength;
                size = known ? stream.available() : 0;
                if (size > maxBytes) {
                    return tooLarge(size, "grpc: received message larger than max (" + size + " vs. " + maxBytes + ")");
                }
                byte[] bytes = stream.readNBytes(known ? size : maxBytes + 1);
                size = bytes.length;
                if (size > maxBytes) {
                    return tooLarge(size, "grpc: received message after decompression larger than max " + maxBytes);
                }
                return new Incoming<>(parser.parseFrom(bytes), null, size);
            } catch (InvalidProtocolBufferException e) {
                return refused(
                        size, Status.INTERNAL.withDescription("grpc: error unmarshalling request: " + e.getMessage()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Incoming<Q> tooLarge(int size, String text) {
            return refused(size, Status.RESOURCE_EXHAUSTED.withDescription(text));
        }

        private Incoming<Q> refused(int size, Status status) {
            return new Incoming<>(null, status, size);
        }
    }
}
