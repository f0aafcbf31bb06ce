package io.meshkeep.server.rpc;

import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.store.EtcdError;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * What etcd reads from a call's metadata. {@code hasleader} asks to be refused when there is no leader; a single node
 * is its own leader as long as it serves, so there is nothing to refuse.
 */
final class CallMetadata {
    private static final Metadata.Key<byte[]> CLIENT_API_VERSION =
            InternalMetadata.keyOf("client-api-version", new InternalMetadata.TrustedAsciiMarshaller<byte[]>() {
                @Override
                public byte[] toAsciiString(byte[] value) {
                    return value;
                }

                @Override
                public byte[] parseAsciiString(byte[] serialized) {
                    return serialized;
                }
            });

    private CallMetadata() {}

    /** Why the call is refused, or null. */
    static Status refusal(Metadata headers) {
        byte[] version = headers.get(CLIENT_API_VERSION);
        if (version != null && !isUtf8(version)) {
            return Statuses.of(EtcdError.INVALID_CLIENT_API_VERSION);
        }
        return null;
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
