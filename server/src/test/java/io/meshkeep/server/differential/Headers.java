package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import java.util.List;

/** Metadata sent with a call. Values are bytes, since a {@link Op.RawCall} may send what is not text. */
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

    /** The values as text, which a gRPC library can send. */
    Metadata toMetadata() {
        Metadata metadata = new Metadata();
        for (Header header : headers) {
            metadata.put(
                    Metadata.Key.of(header.name(), Metadata.ASCII_STRING_MARSHALLER),
                    header.value().toStringUtf8());
        }
        return metadata;
    }
}
