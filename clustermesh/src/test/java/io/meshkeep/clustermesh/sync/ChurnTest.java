package io.meshkeep.clustermesh.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.LeasePool;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Endpoints that come, change and go without a pause, addresses that move to other pods before their last owner is said to
 * be gone. Some seconds' worth as fast as it goes; a thousand a second for longer, with the time from Kubernetes to a
 * watcher of the store and how long the first endpoints took, with {@code -Dmeshkeep.churn.seconds=60} and
 * {@code -Dmeshkeep.churn.endpoints=300000}.
 */
@Timeout(600)
class ChurnTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int MEASURED_SECONDS = Integer.getInteger("meshkeep.churn.seconds", 0);
    private static final int PER_SECOND = Integer.getInteger("meshkeep.churn.rate", 1000);
    private static final int CHANGES = MEASURED_SECONDS == 0 ? 4000 : MEASURED_SECONDS * PER_SECOND;
    private static final int LIVING =
            Integer.getInteger("meshkeep.churn.endpoints", MEASURED_SECONDS == 0 ? 500 : 5000);
    private static final int LATE = 20;
    private static final String PREFIX = "cilium/state/ip/v1/default/";
    private static final Pattern VALUE = Pattern.compile("\"ID\":(\\d+),.*\"K8sPodName\":\"([^\"]+)\"");

    private record Endpoint(String name, String ip, int identity) {
        Map<?, ?> document() {
            return Fixture.endpoint(name, ip, identity);
        }

        String told() {
            return name + "/" + identity;
        }
    }

    /** When a state of an endpoint was put into Kubernetes, and how long it took until the store told of it. */
    private static final class Lag {
        private final Map<String, Long> put = new ConcurrentHashMap<>();
        private final List<Long> nanos = new ArrayList<>();
        /** The longest of those that were put in each second. */
        private final NavigableMap<Long, Long> longest = new TreeMap<>();

        private long begun = System.nanoTime();

        void put(Endpoint endpoint) {
            put.put(endpoint.told(), System.nanoTime());
        }

        void told(String state) {
            Long when = put.remove(state);
            if (when != null) {
                synchronized (nanos) {
                    long took = System.nanoTime() - when;
                    nanos.add(took);
                    longest.merge(TimeUnit.NANOSECONDS.toSeconds(when - begun), took, Math::max);
                }
            }
        }

        void clear() {
            synchronized (nanos) {
                nanos.clear();
                longest.clear();
                begun = System.nanoTime();
            }
        }

        String longestBySecond() {
            synchronized (nanos) {
                return longest.values().stream()
                        .map(took -> Long.toString(TimeUnit.NANOSECONDS.toMillis(took)))
                        .collect(Collectors.joining(" "));
            }
        }

        double millis(double quantile) {
            synchronized (nanos) {
                long[] sorted =
                        nanos.stream().mapToLong(Long::longValue).sorted().toArray();
                return sorted[(int) Math.min(sorted.length - 1, quantile * sorted.length)] / 1e6;
            }
        }
    }

    private final SplittableRandom random = new SplittableRandom(6);
    private final List<Endpoint> living = new ArrayList<>();
    private final Deque<Endpoint> dying = new ArrayDeque<>();
    private final Lag lag = new Lag();
    private FakeKubernetes api;
    private int born;

    @Test
    void churnEndsAsARecountOfTheEndpoints(@TempDir Path directory) throws Exception {
        Map<String, String> watched = new ConcurrentHashMap<>();
        try (FakeKubernetes kubernetesApi = new FakeKubernetes();
                KubernetesClient kubernetes = kubernetesApi.client();
                MeshkeepServer server = MeshkeepServer.builder()
                        .dataDir(directory.resolve("data"))
                        .listen("127.0.0.1", 0)
                        .configure(config -> config.trustInProcess(true).unsafeNoFsync(MEASURED_SECONDS == 0))
                        .build()
                        .start();
                ChannelKvstore kvstore = ChannelKvstore.embedded(server);
                ChannelKvstore reader = ChannelKvstore.embedded(server);
                LeasePool leases = new LeasePool(kvstore);
                Kvstore.Follow follow = reader.follow(PREFIX, new Watching(watched))) {
            api = kubernetesApi;
            for (int i = 0; i < LIVING; i++) {
                appear("10." + i / 62500 + "." + i / 250 % 250 + "." + i % 250);
            }
            Synchronisation.Settings settings = Synchronisation.Settings.of(Fixture.CLUSTER);
            try (Synchronisation all = Synchronisation.start(kubernetes, kvstore, leases, settings)) {
                churn(all, kvstore, watched);
            }
        }
    }

    private void churn(Synchronisation all, Kvstore kvstore, Map<String, String> watched) throws Exception {
        long started = System.nanoTime();
        long startedCpu = cpu();
        all.synced().get(5, TimeUnit.MINUTES);
        double bootstrap = (System.nanoTime() - started) / 1e9;
        double bootstrapCpu = (cpu() - startedCpu) / 1e9;
        await().atMost(PATIENCE).until(() -> watched.size() == LIVING);
        lag.clear();
        long cpu = cpu();
        long begun = System.nanoTime();
        for (int i = 0; i < CHANGES; i++) {
            if (MEASURED_SECONDS > 0) {
                long due = begun + (long) (i * 1e9 / PER_SECOND);
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
            }
            change();
        }
        double seconds = (System.nanoTime() - begun) / 1e9;
        while (!dying.isEmpty()) {
            api.delete(dying.remove().document());
        }
        Map<String, String> recounted = new TreeMap<>();
        living.forEach(endpoint -> recounted.put(PREFIX + endpoint.ip, endpoint.told()));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(new TreeMap<>(watched)).isEqualTo(recounted));
        Map<String, String> stored = new HashMap<>();
        TestServer.pairs(kvstore, PREFIX).forEach((key, value) -> stored.put(key, told(value)));
        assertThat(stored).isEqualTo(recounted);
        assertThat(all.stores()).allMatch(store -> store.errors() == 0 && store.pending() == 0);
        if (MEASURED_SECONDS > 0) {
            System.out.printf(
                    "%d endpoints after %.1f s, with %.1f s of CPU%n%d changes in %.1f s over %d endpoints: from Kubernetes to a watcher %.1f ms (median), %.1f ms"
                            + " (99 of 100), %.1f ms (all); %.1f s of CPU, API server and watcher included%nlongest of each second, ms: %s%n",
                    LIVING,
                    bootstrap,
                    bootstrapCpu,
                    CHANGES,
                    seconds,
                    LIVING,
                    lag.millis(0.5),
                    lag.millis(0.99),
                    lag.millis(1),
                    (cpu() - cpu) / 1e9,
                    lag.longestBySecond());
        }
    }

    private static long cpu() {
        return ((com.sun.management.OperatingSystemMXBean)
                        java.lang.management.ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private void appear(String ip) {
        Endpoint endpoint = new Endpoint("pod-" + born++, ip, 65536 + random.nextInt(1, 100));
        living.add(endpoint);
        tell(endpoint);
    }

    private void tell(Endpoint endpoint) {
        lag.put(endpoint);
        api.put(endpoint.document());
    }

    /** One endpoint is put or deleted. */
    private void change() {
        if (dying.size() > LATE) {
            api.delete(dying.remove().document());
            return;
        }
        int at = random.nextInt(living.size());
        Endpoint endpoint = living.get(at);
        if (random.nextInt(3) == 0) {
            Endpoint changed = new Endpoint(endpoint.name, endpoint.ip, 65536 + random.nextInt(1, 65535));
            living.set(at, changed);
            tell(changed);
        } else {
            // its address is another pod's before it is said to be gone
            living.set(at, living.get(living.size() - 1));
            living.remove(living.size() - 1);
            dying.add(endpoint);
            appear(endpoint.ip);
        }
    }

    private static String told(String value) {
        Matcher matcher = VALUE.matcher(value);
        assertThat(matcher.find()).as(value).isTrue();
        return matcher.group(2) + "/" + matcher.group(1);
    }

    private final class Watching implements Kvstore.Follower {
        private final Map<String, String> watched;

        Watching(Map<String, String> watched) {
            this.watched = watched;
        }

        @Override
        public void put(Kvstore.Pair pair) {
            String state = told(pair.value().toStringUtf8());
            watched.put(pair.key(), state);
            lag.told(state);
        }

        @Override
        public void deleted(String key) {
            watched.remove(key);
        }

        @Override
        public void listed(long revision) {}
    }
}
