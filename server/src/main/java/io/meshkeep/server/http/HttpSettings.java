package io.meshkeep.server.http;

import java.time.Duration;

/**
 * Limits of the HTTP/1.1 side.
 *
 * @param maxRequestLine longest request line in bytes; beyond it the answer is 431
 * @param maxHeaders most bytes of all header lines together; beyond it the answer is 431
 * @param maxBody most bytes of a request's body; beyond it the answer is 413
 * @param timeout how long a connection may wait for its next request to be there in full, how long an answer may take
 *     to be found, and how long a client may take to read it; then the connection is closed
 * @param maxConnections how many connections may be open; beyond it they get 503
 */
public record HttpSettings(int maxRequestLine, int maxHeaders, int maxBody, Duration timeout, int maxConnections) {
    /** What a server uses unless told otherwise. */
    public static final HttpSettings DEFAULT =
            new HttpSettings(8 * 1024, 16 * 1024, 64 * 1024, Duration.ofSeconds(60), 2000);

    /** The same with another limit for bodies. */
    public HttpSettings withMaxBody(int bytes) {
        return new HttpSettings(maxRequestLine, maxHeaders, bytes, timeout, maxConnections);
    }

    /** The same with another timeout. */
    public HttpSettings withTimeout(Duration newTimeout) {
        return new HttpSettings(maxRequestLine, maxHeaders, maxBody, newTimeout, maxConnections);
    }

    /** The same with another limit of connections. */
    public HttpSettings withMaxConnections(int connections) {
        return new HttpSettings(maxRequestLine, maxHeaders, maxBody, timeout, connections);
    }
}
