package io.meshkeep.clustermesh.troubleshoot;

import java.util.Locale;

/** The steps of the way to a store, in order: one that fails usually hides those after it. */
enum Step {
    /** The client's own files. */
    CONFIG,
    /** The endpoint's host name. */
    NAME,
    TCP,
    TLS,
    /** The server's certificate: dates, name, authority. */
    CERTIFICATE,
    /** Whether the server lets this client in, and what it is. */
    SERVER,
    /** What the client's user may read. */
    ROLES,
    HEARTBEAT,
    /** What the cluster says of itself. */
    CLUSTER_CONFIG,
    /** Whether all kinds of keys have been written. */
    SYNCED,
    /** The identity of the data that is behind the endpoint. */
    CLUSTER_ID;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
