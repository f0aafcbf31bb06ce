package io.meshkeep.server.rpc;

import io.grpc.InternalMetadata;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.store.EtcdError;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

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

    /** The names of all that is looked at here. */
    static final List<String> METADATA = List.of(CLIENT_API_VERSION.name());

    private static final String NOT_STATED = "unknown";

    private final Status refusal;
    private final String clientApiVersion;

    private CallMetadata(Status refusal, String clientApiVersion) {
        this.refusal = refusal;
        this.clientApiVersion = clientApiVersion;
    }

    static CallMetadata of(Metadata headers) {
        byte[] version = headers.get(CLIENT_API_VERSION);
        if (version == null) {
            return WITHOUT_VERSION;
        }
        try {
            return new CallMetadata(
                    null,
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(version))
                            .toString());
        } catch (CharacterCodingException e) {
            return new CallMetadata(Statuses.of(EtcdError.INVALID_CLIENT_API_VERSION), NOT_STATED);
        }
    }

    private static final CallMetadata WITHOUT_VERSION = new CallMetadata(null, NOT_STATED);

    /** Why the call is refused, or null. */
    Status refusal() {
        return refusal;
    }

    /** The API version that the client states, for the metrics. */
    String clientApiVersion() {
        return clientApiVersion;
    }
}
