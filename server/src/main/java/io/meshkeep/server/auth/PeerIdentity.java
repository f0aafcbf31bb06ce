package io.meshkeep.server.auth;

import io.grpc.Attributes;
import io.grpc.Grpc;

/**
 * Who the client of a connection is, as its transport has found out. The transport sets it, before the first call, with
 * a {@link io.grpc.ServerTransportFilter}; without one every client is unknown until it shows a token.
 */
public final class PeerIdentity {
    /**
     * The common name of the client's certificate, which the transport has verified against the CAs that vouch for users.
     * Not set if there is none. As in etcd it names a user when a call carries no token; an empty name is that of nobody,
     * who may do nothing.
     */
    @Grpc.TransportAttr
    public static final Attributes.Key<String> COMMON_NAME = Attributes.Key.create("meshkeep-client-common-name");

    private PeerIdentity() {}
}
