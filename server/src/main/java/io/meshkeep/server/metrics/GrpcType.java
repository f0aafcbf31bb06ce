package io.meshkeep.server.metrics;

import io.grpc.MethodDescriptor;

/** The shape of an RPC, with the label that the gRPC metrics give it. */
public enum GrpcType {
    UNARY("unary"),
    CLIENT_STREAM("client_stream"),
    SERVER_STREAM("server_stream"),
    BIDI_STREAM("bidi_stream");

    private final String label;

    GrpcType(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /**
     * The type of a method of gRPC Java.
     *
     * @throws IllegalArgumentException if the method's own type is unknown
     */
    public static GrpcType of(MethodDescriptor.MethodType type) {
        return switch (type) {
            case UNARY -> UNARY;
            case CLIENT_STREAMING -> CLIENT_STREAM;
            case SERVER_STREAMING -> SERVER_STREAM;
            case BIDI_STREAMING -> BIDI_STREAM;
            case UNKNOWN -> throw new IllegalArgumentException("a method of unknown type has no label");
        };
    }
}
