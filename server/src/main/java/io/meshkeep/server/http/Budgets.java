package io.meshkeep.server.http;

import java.time.Duration;

/**
 * What the gRPC connections of all ports share.
 *
 * @param streams calls that may be open
 * @param incomplete bytes that may be held of messages that are not complete
 */
public record Budgets(StreamBudget streams, IncompleteRequests incomplete) {
    /** Heap for each call that may be open, in bytes: four times what an idle one takes. */
    private static final int BYTES_PER_STREAM = 16 << 10;

    /** Those for a heap of so many bytes. */
    public static Budgets ofHeap(long bytes) {
        return new Budgets(
                new StreamBudget((int) Math.min(Integer.MAX_VALUE, bytes / BYTES_PER_STREAM)),
                new IncompleteRequests(bytes / 8, new LogLimiter(Duration.ofSeconds(10))));
    }
}
