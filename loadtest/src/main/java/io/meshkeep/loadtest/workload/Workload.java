package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.Load;

/**
 * One kind of work.
 *
 * @param name how it is called on the command line and in results
 * @param description what exactly is done, for the reader of a table
 * @param connections how many connections its clients share
 * @param figure what is compared
 * @param setUp what makes it ready
 */
public record Workload(String name, String description, int connections, Figure figure, SetUp setUp) {
    /** What is compared between servers. */
    public enum Figure {
        /** Operations a second; more is better. */
        THROUGHPUT,
        /** Median latency in microseconds; less is better. */
        MEDIAN_LATENCY
    }

    /** Puts the keys there that a load needs, and makes the load. */
    @FunctionalInterface
    public interface SetUp {
        /**
         * Blocks until all is ready; not called on the event loop. The same seed gives the same requests.
         *
         * @param rate operations a second that are due by the clock, or 0 for callers that wait for their answers
         */
        Load prepare(EtcdClient client, long seed, long rate);
    }
}
