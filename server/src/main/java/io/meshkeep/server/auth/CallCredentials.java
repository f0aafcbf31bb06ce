package io.meshkeep.server.auth;

import io.grpc.Attributes;
import io.grpc.Metadata;
import io.meshkeep.store.AuthState;
import io.meshkeep.store.Caller;
import io.meshkeep.store.Credentials;
import io.meshkeep.store.EtcdError;
import java.util.List;

/**
 * What a call says about who makes it: a token in its metadata, or else the connection's certificate. As in etcd neither
 * is looked at while authentication is off, and a token that is no good is not made up for by a certificate.
 */
public final class CallCredentials {
    private static final Metadata.Key<String> TOKEN = Metadata.Key.of("token", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> GATEWAY =
            Metadata.Key.of("grpcgateway-accept", Metadata.ASCII_STRING_MARSHALLER);
    /** The names of all that is looked at in a call's metadata. */
    public static final List<String> METADATA = List.of(TOKEN.name(), AUTHORIZATION.name(), GATEWAY.name());

    private static final String BEARER = "Bearer ";

    /** No token that this server makes or takes is longer; a stream keeps its token in memory. */
    private static final int LONGEST_TOKEN = 8192;

    private static final Credentials NONE = auth -> Caller.NOBODY;

    private final Tokens tokens;

    public CallCredentials(Tokens tokens) {
        this.tokens = tokens;
    }

    /** Those of one call. */
    public Credentials of(Metadata headers, Attributes connection) {
        String token = first(headers, TOKEN);
        if (token == null) {
            token = first(headers, AUTHORIZATION);
        }
        if (token != null) {
            String bare = token.startsWith(BEARER) ? token.substring(BEARER.length()) : token;
            return withToken(bare.length() > LONGEST_TOKEN ? "" : bare);
        }
        String name = connection.get(PeerIdentity.COMMON_NAME);
        if (name == null || headers.containsKey(GATEWAY)) {
            // a gateway's certificate says nothing about who sent it the request
            return NONE;
        }
        return auth -> auth.isEnabled() ? new Caller(name, auth.revision(), false) : Caller.NOBODY;
    }

    private static String first(Metadata headers, Metadata.Key<String> key) {
        Iterable<String> values = headers.getAll(key);
        return values == null ? null : values.iterator().next();
    }

    private Credentials withToken(String token) {
        return new Credentials() {
            @Override
            public Caller resolve(AuthState auth) {
                if (!auth.isEnabled()) {
                    return Caller.NOBODY;
                }
                Caller caller = tokens.find(token, auth);
                if (caller == null) {
                    throw EtcdError.INVALID_AUTH_TOKEN.exception();
                }
                return caller;
            }
        };
    }
}
