package io.meshkeep.server.rpc;

import io.grpc.Attributes;
import io.grpc.Status;

/**
 * What gRPC does not tell of a client's connection: how it is ended, and why calls on it end that the client has not
 * cancelled. A transport has one for each connection, under {@link #KEY}; one without cannot be rid of clients that do
 * not read.
 */
public final class ClientConnection {
    public static final Attributes.Key<ClientConnection> KEY = Attributes.Key.create("meshkeep-client-connection");

    private final Runnable cut;
    private volatile Status.Code refusal;

    /** @param cut ends the connection, whatever is under way on it; may be called by any thread */
    public ClientConnection(Runnable cut) {
        this.cut = cut;
    }

    /** Ends the connection, whatever is under way on it. Any thread. */
    public void cut() {
        cut.run();
    }

    static Runnable cutOf(Attributes connection) {
        ClientConnection client = connection.get(KEY);
        return client == null ? null : client.cut;
    }

    /**
     * Says that the transport refuses calls of this connection itself, until {@link #refused}: those that end meanwhile
     * count as ended with this code, which is what the client is told. Called on the connection's event loop.
     */
    public void refusing(Status.Code code) {
        refusal = code;
    }

    /** The end of {@link #refusing}. */
    public void refused() {
        refusal = null;
    }

    /** How a call counts that ends without an answer. */
    static Status.Code endOf(Attributes connection) {
        ClientConnection client = connection.get(KEY);
        Status.Code code = client == null ? null : client.refusal;
        return code == null ? Status.Code.CANCELLED : code;
    }
}
