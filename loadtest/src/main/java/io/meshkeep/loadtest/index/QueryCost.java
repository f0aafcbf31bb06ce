package io.meshkeep.loadtest.index;

import io.meshkeep.loadtest.mesh.MeshChange;
import io.meshkeep.loadtest.mesh.MeshGenerator;
import io.meshkeep.loadtest.mesh.MeshShape;
import io.meshkeep.store.mesh.MeshFilter;
import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshQuery;
import io.meshkeep.store.mesh.MeshUpdate;
import io.meshkeep.store.mesh.SelectorException;
import io.meshkeep.store.mesh.Visibility;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * An index of so many endpoints.
 *
 * @param found endpoints that the label selector gives, about 1,000
 * @param labelMicros median and 99th percentile of selecting them by labels
 * @param cidrMicros of selecting 1,000 by a prefix and a namespace
 * @param changeMicros mean CPU time of taking in one change
 * @param batchMicros mean CPU time of taking in a change, of a commit of 100
 * @param bytesPerEndpoint heap that an endpoint adds
 */
record QueryCost(
        int endpoints,
        int found,
        double[] labelMicros,
        double[] cidrMicros,
        double changeMicros,
        double batchMicros,
        double bytesPerEndpoint) {
    static final String TITLE = """
            | endpoints | labels to 1,000: median, p99 us | prefix and namespace: median, p99 us | one change us | of 100 us | bytes an endpoint |
            |--:|--:|--:|--:|--:|--:|""";

    private static final int WANTED = 1000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    String row() {
        return IndexCommand.format(
                "| %,d | %.0f, %.0f | %.0f, %.0f | %.1f | %.1f | %.0f |",
                endpoints,
                labelMicros[0],
                labelMicros[1],
                cidrMicros[0],
                cidrMicros[1],
                changeMicros,
                batchMicros,
                bytesPerEndpoint);
    }

    String json() {
        return IndexCommand.format(
                "{\"op\":\"query\",\"endpoints\":%d,\"found\":%d,\"label_us_p50\":%.1f,\"label_us_p99\":%.1f,"
                        + "\"cidr_us_p50\":%.1f,\"cidr_us_p99\":%.1f,\"change_us\":%.2f,\"batch_change_us\":%.2f,"
                        + "\"bytes_per_endpoint\":%.1f}",
                endpoints,
                found,
                labelMicros[0],
                labelMicros[1],
                cidrMicros[0],
                cidrMicros[1],
                changeMicros,
                batchMicros,
                bytesPerEndpoint);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static QueryCost measure(int endpoints, boolean quick) {
        int clusters = Math.max(1, Math.min(250, endpoints / 1000));
        MeshShape shape = new MeshShape(clusters, 100, 100, endpoints / clusters, 0);
        MeshGenerator generator = new MeshGenerator(shape, 1, false);
        long[] revision = {1};
        MeshIndex[] index = {MeshIndex.EMPTY};
        List<MeshChange> held = new ArrayList<>();
        long[] before = {0};
        // endpoints last, so that the heap before them is that of everything else
        generator.fill(change -> {
            if (change.key().contains("/ip/")) {
                held.add(change);
            } else {
                MeshUpdate update = index[0].update();
                update.put(bytes(change.key()), bytes(change.value()), ++revision[0]);
                index[0] = update.finish();
            }
        });
        before[0] = heapInUse();
        long heldBytes = 0;
        MeshUpdate update = index[0].update();
        for (int i = 0; i < held.size(); i++) {
            MeshChange change = held.set(i, null);
            update.put(bytes(change.key()), bytes(change.value()), ++revision[0]);
            heldBytes += stringBytes(change.key()) + stringBytes(change.value()) + 24;
        }
        index[0] = update.finish();
        update = null;
        double perEndpoint = (double) (heapInUse() - before[0] + heldBytes) / endpoints;

        SplittableRandom random = new SplittableRandom(2);
        int perTier = Math.max(1, shape.endpoints() / shape.identities());
        int inClusters = Math.min(clusters, Math.max(1, WANTED / perTier));
        int tiers = Math.max(1, WANTED / (perTier * inClusters));
        int rounds = quick ? 300 : 2000;
        int[] found = {0};
        double[] labels = latencies(rounds, () -> {
            int first = random.nextInt(100 - tiers + 1);
            String selector = "tier in ("
                    + IntStream.range(first, first + tiers)
                            .mapToObj(tier -> "tier-" + tier)
                            .collect(Collectors.joining(","))
                    + "),io.cilium.k8s.policy.cluster in ("
                    + random.ints(1, 0, clusters)
                            .flatMap(from -> IntStream.range(from, from + inClusters))
                            .mapToObj(cluster -> generator.clusterNames().get(cluster % clusters))
                            .collect(Collectors.joining(","))
                    + ")";
            found[0] = query(index[0], selector, "", "");
        });
        double[] prefixes = latencies(
                rounds,
                () -> query(
                        index[0],
                        "",
                        "10." + (1 + random.nextInt(clusters)) + ".0.0/16",
                        clusters == 1 ? "" : "ns-" + random.nextInt(20)));

        int changes = quick ? 5_000 : 30_000;
        double single = changes(generator, index, revision, changes, 1);
        double batch = changes(generator, index, revision, changes, 100);
        return new QueryCost(endpoints, found[0], labels, prefixes, single, batch, perEndpoint);
    }

    /** A string of Latin characters with its array. */
    private static long stringBytes(String text) {
        return 24 + (16 + text.length() + 7 & ~7);
    }

    private static int query(MeshIndex index, String labels, String cidr, String namespace) {
        try {
            MeshFilter filter = MeshFilter.parse(labels, cidr, namespace, "", "", 0);
            return new MeshQuery(index, filter, Visibility.ALL)
                    .endpoints(null, WANTED)
                    .entries()
                    .size();
        } catch (SelectorException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double[] latencies(int rounds, Runnable query) {
        for (int i = 0; i < rounds; i++) {
            query.run();
        }
        long[] nanos = new long[rounds];
        for (int i = 0; i < rounds; i++) {
            long start = System.nanoTime();
            query.run();
            nanos[i] = System.nanoTime() - start;
        }
        Arrays.sort(nanos);
        return new double[] {nanos[rounds / 2] / 1e3, nanos[rounds * 99 / 100] / 1e3};
    }

    private static double changes(MeshGenerator generator, MeshIndex[] index, long[] revision, int count, int batch) {
        long nanos = 0;
        for (int round = 0; round < 2; round++) {
            nanos = 0;
            for (int i = 0; i < count; i += batch) {
                // a commit names a key once
                java.util.Map<String, MeshChange> changes = new java.util.TreeMap<>();
                while (changes.size() < batch) {
                    MeshChange change = generator.churn();
                    changes.put(change.key(), change);
                }
                List<byte[]> keys = new ArrayList<>();
                List<byte[]> values = new ArrayList<>();
                changes.values().forEach(change -> {
                    keys.add(bytes(change.key()));
                    values.add(change.value() == null ? null : bytes(change.value()));
                });
                long start = THREADS.getCurrentThreadCpuTime();
                MeshUpdate update = index[0].update();
                for (int k = 0; k < keys.size(); k++) {
                    if (values.get(k) == null) {
                        update.delete(keys.get(k));
                    } else {
                        update.put(keys.get(k), values.get(k), ++revision[0]);
                    }
                }
                index[0] = update.finish();
                nanos += THREADS.getCurrentThreadCpuTime() - start;
            }
        }
        return nanos / 1e3 / count;
    }

    private static long heapInUse() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }
}
