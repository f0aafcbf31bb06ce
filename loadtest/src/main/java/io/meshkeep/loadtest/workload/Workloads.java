package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.workload.Workload.Figure;
import java.util.List;
import java.util.Set;

/** All workloads by name. */
public final class Workloads {
    private static final List<Workload> ALL = List.of(
            put(10, 1, Figure.THROUGHPUT),
            put(100, 1, Figure.THROUGHPUT),
            put(1000, 4, Figure.THROUGHPUT),
            new Workload(
                    "txn-create-lease",
                    "100 callers: transaction that creates a key if it is absent, attached to a lease; 1,000 keys a lease",
                    1,
                    Figure.THROUGHPUT,
                    TxnCreateLease::prepare),
            new Workload(
                    "range-one",
                    "100 callers: linearizable range of one of 10,000 keys, 200-byte values",
                    1,
                    Figure.THROUGHPUT,
                    RangeOne::prepare),
            new Workload(
                    "list-10000",
                    "2 callers: linearizable range over a prefix of 10,000 keys, 200-byte values",
                    2,
                    Figure.THROUGHPUT,
                    ListAll::prepare),
            new Workload(
                    "list-paged",
                    "4 callers: pages of 256 of 10,000 keys, serializable, pinned to the first page's revision, "
                            + "while 1,000 puts a second change these keys; counts pages",
                    4,
                    Figure.THROUGHPUT,
                    ListPaged::prepare),
            new Workload(
                    "watch-fanout-1000",
                    "1,000 watchers of one prefix on 100 streams over 10 connections, 16 puts on their way at any time; "
                            + "counts events delivered, latency from put to delivery",
                    10,
                    Figure.THROUGHPUT,
                    WatchFanOut::prepare),
            new Workload(
                    "keepalive",
                    "1,000 leases renewed over 100 streams, each with one request on its way",
                    1,
                    Figure.THROUGHPUT,
                    KeepAlive::prepare),
            // Last, so that a server with a just-in-time compiler is as warm as it is in service.
            put(1, 1, Figure.MEDIAN_LATENCY));

    private static final Set<String> NOT_COMPARED = Set.of("put-10");

    private Workloads() {}

    private static Workload put(int callers, int connections, Figure figure) {
        return new Workload(
                "put-" + callers,
                String.format(
                        "%,d caller%s: put of a 200-byte value to one of 10,000 keys",
                        callers, callers == 1 ? "" : "s"),
                connections,
                figure,
                (client, seed, rate) -> Put.prepare(client, seed, rate, callers));
    }

    /** All of them, in the order in which they are best run. */
    public static List<Workload> all() {
        return ALL;
    }

    /** Those that two servers are compared by. */
    public static List<Workload> compared() {
        return ALL.stream()
                .filter(workload -> !NOT_COMPARED.contains(workload.name()))
                .toList();
    }

    /** @throws IllegalArgumentException if there is none of that name */
    public static Workload named(String name) {
        for (Workload workload : ALL) {
            if (workload.name().equals(name)) {
                return workload;
            }
        }
        throw new IllegalArgumentException("no workload is called " + name + "; there are "
                + String.join(", ", ALL.stream().map(Workload::name).toList()));
    }
}
