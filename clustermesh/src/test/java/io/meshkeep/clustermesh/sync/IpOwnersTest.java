package io.meshkeep.clustermesh.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** An address that moves from pod to pod is the new pod's, in whatever order Kubernetes tells of it (Cilium 25562). */
class IpOwnersTest {
    private final Map<String, String> keys = new TreeMap<>();
    private final IpOwners owners = new IpOwners(new IpOwners.Changes() {
        @Override
        public void upsert(String ip, ByteString value) {
            keys.put(ip, value.toStringUtf8());
        }

        @Override
        public void delete(String ip) {
            keys.remove(ip);
        }
    });

    private static Map<String, ByteString> values(String owner, List<String> ips) {
        Map<String, ByteString> values = new HashMap<>();
        ips.forEach(ip -> values.put(ip, ByteString.copyFromUtf8(owner)));
        return values;
    }

    private static long born(long second) {
        return 1_700_000_000 + second;
    }

    @Test
    void aLateDeleteOfTheOldPodDoesNotTakeTheNewPodsAddress() {
        owners.claim("old", born(1), values("old", List.of("10.0.0.1")));
        owners.claim("new", born(2), values("new", List.of("10.0.0.1")));
        assertThat(keys).isEqualTo(Map.of("10.0.0.1", "new"));
        owners.release("old");
        assertThat(keys).isEqualTo(Map.of("10.0.0.1", "new"));
        owners.release("new");
        assertThat(keys).isEmpty();
    }

    @Test
    void theOldPodThatIsToldOfLateDoesNotTakeItBack() {
        owners.claim("new", born(2), values("new", List.of("10.0.0.1")));
        owners.claim("old", born(1), values("old", List.of("10.0.0.1", "10.0.0.2")));
        assertThat(keys).isEqualTo(Map.of("10.0.0.1", "new", "10.0.0.2", "old"));
        owners.release("new");
        assertThat(keys).isEqualTo(Map.of("10.0.0.1", "old", "10.0.0.2", "old"));
    }

    @Test
    void aPodThatIsMadeAnewUnderItsNameClaimsAnew() {
        owners.claim("pod", born(1), values("first", List.of("10.0.0.1")));
        owners.claim("other", born(2), values("other", List.of("10.0.0.1")));
        owners.claim("pod", born(3), values("second", List.of("10.0.0.1")));
        assertThat(keys).isEqualTo(Map.of("10.0.0.1", "second"));
    }

    /**
     * Pods are made, changed and deleted, each taking addresses that are free. What is told of one pod keeps its order,
     * between pods it is mixed at will. Whenever all that happened so far has been told, every address is the pod's that
     * has it.
     */
    @Test
    void tenThousandInterleavingsEndRight() {
        for (int seed = 0; seed < 10_000; seed++) {
            interleave(new Random(seed), seed);
        }
    }

    private void interleave(Random random, int seed) {
        int pods = 2 + random.nextInt(4);
        int addresses = 1 + random.nextInt(3);
        Map<String, List<String>> truth = new HashMap<>();
        Map<String, Long> born = new HashMap<>();
        Map<String, Deque<Runnable>> untold = new HashMap<>();
        int steps = 3 + random.nextInt(12);
        for (int step = 0; step < steps; step++) {
            String pod = "pod-" + random.nextInt(pods);
            List<String> free = new ArrayList<>();
            for (int i = 0; i < addresses; i++) {
                String ip = "10.0.0." + i;
                if (truth.values().stream().noneMatch(ips -> ips.contains(ip))) {
                    free.add(ip);
                }
            }
            Deque<Runnable> events = untold.computeIfAbsent(pod, name -> new ArrayDeque<>());
            if (truth.containsKey(pod) && random.nextBoolean()) {
                truth.remove(pod);
                events.add(() -> owners.release(pod));
            } else {
                if (!truth.containsKey(pod)) {
                    born.put(pod, (long) step);
                }
                List<String> ips = new ArrayList<>(truth.getOrDefault(pod, List.of()));
                free.stream().filter(ip -> random.nextBoolean()).forEach(ips::add);
                ips.removeIf(ip -> random.nextInt(4) == 0);
                truth.put(pod, ips);
                String value = pod + "@" + born.get(pod);
                long since = born(born.get(pod));
                events.add(() -> owners.claim(pod, since, values(value, ips)));
            }
            if (random.nextInt(3) == 0) {
                tellSome(random, untold, random.nextInt(4));
            }
        }
        tellSome(random, untold, Integer.MAX_VALUE);
        Map<String, String> expected = new TreeMap<>();
        truth.forEach((pod, ips) -> ips.forEach(ip -> expected.put(ip, pod + "@" + born.get(pod))));
        assertThat(keys).as("seed %d", seed).isEqualTo(expected);
        truth.keySet().forEach(owners::release);
        assertThat(keys).as("seed %d, afterwards", seed).isEmpty();
    }

    private static void tellSome(Random random, Map<String, Deque<Runnable>> untold, int most) {
        for (int i = 0; i < most; i++) {
            List<Deque<Runnable>> left =
                    untold.values().stream().filter(events -> !events.isEmpty()).toList();
            if (left.isEmpty()) {
                return;
            }
            left.get(random.nextInt(left.size())).remove().run();
        }
    }
}
