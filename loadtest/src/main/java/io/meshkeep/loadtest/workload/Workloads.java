package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.workload.Workload.Figure;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** All workloads by name. */
public final class Workloads {
    /** Those that two servers are compared by, unless others are asked for. */
    private static final Set<String> COMPARED = Set.of(
            "put-1",
            "put-100",
            "put-1000",
            "txn-create-lease",
            "range-one",
            "list-10000",
            "list-paged",
            "watch-fanout-1000",
            "keepalive");

    private static final List<Workload> ALL = List.of(
            put(10, 1, Figure.THROUGHPUT),
            put(100, 1, Figure.THROUGHPUT),
            put(1000, 4, Figure.THROUGHPUT),
            value("16b", 16),
            value("1k", 1 << 10),
            value("16k", 16 << 10),
            value("64k", 64 << 10),
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
                    "range-one-serializable", "the same, serializable", 1, Figure.THROUGHPUT, RangeOne::serializable),
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
            fanOut(1, 1),
            fanOut(10, 10),
            fanOut(100, 100),
            fanOut(1000, 100),
            fanOut(10_000, 1000),
            new Workload(
                    "watch-burst-1000",
                    "1,000 watchers of one prefix on 100 streams: 500 puts at once, and the next 500 when all watchers "
                            + "have them",
                    10,
                    Figure.THROUGHPUT,
                    (client, seed, rate) ->
                            WatchFanOut.prepare(client, seed, rate, new WatchFanOut.Size(1000, 100, 500, true))),
            new Workload(
                    "catch-up",
                    "10,000 watchers on 100 streams come back at a revision 100 puts ago, again and again; counts events",
                    10,
                    Figure.THROUGHPUT,
                    (client, seed, rate) -> CatchUp.prepare(client, seed, rate, 10_000, 100)),
            new Workload(
                    "lease-grant",
                    "100 callers: grant of a lease that lives for an hour",
                    1,
                    Figure.THROUGHPUT,
                    Leases::prepare),
            keepAlive("keepalive", 1000),
            keepAlive("keepalive-100000", 100_000),
            new Workload(
                    "mixed",
                    "100 callers: of ten calls seven read a key, two put one, one creates one with a lease",
                    1,
                    Figure.THROUGHPUT,
                    Mixed::prepare),
            // Last, so that a server with a just-in-time compiler is as warm as it is in service.
            put(1, 1, Figure.MEDIAN_LATENCY));

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

    private static Workload value(String size, int bytes) {
        return new Workload(
                "put-" + size,
                String.format("10 callers: put of a value of %,d bytes", bytes),
                1,
                Figure.THROUGHPUT,
                (client, seed, rate) -> Put.ofSize(client, seed, rate, 10, bytes));
    }

    private static Workload fanOut(int watchers, int streams) {
        int connections = Math.min(10, streams);
        return new Workload(
                "watch-fanout-" + watchers,
                String.format(
                        "%,d watcher%s of one prefix on %,d stream%s over %d connection%s, 16 puts on their way at any "
                                + "time, or by --rate; counts events delivered, latency from put to delivery",
                        watchers,
                        watchers == 1 ? "" : "s",
                        streams,
                        streams == 1 ? "" : "s",
                        connections,
                        connections == 1 ? "" : "s"),
                connections,
                Figure.THROUGHPUT,
                (client, seed, rate) ->
                        WatchFanOut.prepare(client, seed, rate, new WatchFanOut.Size(watchers, streams, 16, false)));
    }

    private static Workload keepAlive(String name, int leases) {
        return new Workload(
                name,
                String.format("%,d leases renewed over 100 streams, each with one request on its way", leases),
                1,
                Figure.THROUGHPUT,
                (client, seed, rate) -> KeepAlive.prepare(client, rate, leases));
    }

    /**
     * What is to cost the same however many keys there are: put and range of one of them, a list of 10,000, keepalive.
     *
     * @param filled how many keys {@code bench fill} has put, with the same seed
     */
    public static List<Workload> overFilled(int filled) {
        List<Workload> growing = new ArrayList<>();
        growing.add(new Workload(
                "put",
                "100 callers: put to one of the keys",
                1,
                Figure.THROUGHPUT,
                (client, seed, rate) -> Put.overFilled(client, seed, rate, 100, filled)));
        growing.add(new Workload(
                "range",
                "100 callers: range of one of the keys",
                1,
                Figure.THROUGHPUT,
                (client, seed, rate) -> RangeOne.overFilled(client, seed, rate, filled)));
        growing.add(named("list-10000"));
        growing.add(named("watch-fanout-100"));
        growing.add(named("keepalive"));
        return growing;
    }

    /** All of them, in the order in which they are best run. */
    public static List<Workload> all() {
        return ALL;
    }

    /** Those that two servers are compared by. */
    public static List<Workload> compared() {
        return ALL.stream()
                .filter(workload -> COMPARED.contains(workload.name()))
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
