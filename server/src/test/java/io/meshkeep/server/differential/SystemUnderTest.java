package io.meshkeep.server.differential;

/** A server that speaks the etcd v3 API over clear-text HTTP/2, started on an empty store. */
interface SystemUnderTest extends AutoCloseable {

    /** Where it listens, as {@code host:port}. May change by {@link #restart}. */
    String target();

    /** Stops it and starts it again on the same data; returns when it serves. */
    void restart();

    /** The last lines that it logged, for a failure's report; empty if it has no log of its own. */
    default String logTail() {
        return "";
    }

    @Override
    void close();

    /** Starts a server on a new, empty store. */
    @FunctionalInterface
    interface Starter {
        SystemUnderTest start();
    }
}
