package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import java.util.List;

/** Metadata sent with a call. Values are bytes, since what is not valid text is worth sending too. */
record Headers(List<Header> headers) {
    static final Headers NONE = new Headers(List.of());

    record Header(String name, ByteString value) {}

    Headers {
        headers = List.copyOf(headers);
    }

    static Headers of(String name, String value) {
        return of(name, ByteString.copyFromUtf8(value));
    }

    static Headers of(String name, ByteString value) {
        return new Headers(List.of(new Header(name, value)));
    }

    Metadata toMetadata() {
        Metadata metadata = new Metadata();
        for (Header header : headers) {
            metadata.put(InternalMetadata.keyOf(header.name(), UNCHECKED), header.value());
        }
        return metadata;
    }

    /** The public marshallers replace what is not ASCII; this one sends the bytes as they are. */
    private static final InternalMetadata.TrustedAsciiMarshaller<ByteString> UNCHECKED =
            new InternalMetadata.TrustedAsciiMarshaller<>() {
                @Override
                public byte[] toAsciiString(ByteString value) {
                    return value.toByteArray();
                }

                @Override
                public ByteString parseAsciiString(byte[] serialized) {
                    return ByteString.copyFrom(serialized);
                }
            };
}
