package io.meshkeep.server.direct;

import io.grpc.InternalMetadata;
import io.grpc.Metadata;

/** Keys under which values are put into metadata as they came over the wire. */
final class MetadataBytes {
    private static final InternalMetadata.TrustedAsciiMarshaller<byte[]> AS_IT_CAME =
            new InternalMetadata.TrustedAsciiMarshaller<>() {
                @Override
                public byte[] toAsciiString(byte[] value) {
                    return value;
                }

                @Override
                public byte[] parseAsciiString(byte[] serialized) {
                    return serialized;
                }
            };

    private MetadataBytes() {}

    static Metadata.Key<byte[]> key(String name) {
        return InternalMetadata.keyOf(name, AS_IT_CAME);
    }
}
