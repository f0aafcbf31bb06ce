package io.meshkeep.loadtest.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.store.Command;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.Result;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import io.meshkeep.store.mesh.Endpoint;
import io.meshkeep.store.mesh.Identity;
import io.meshkeep.store.mesh.MeshFilter;
import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshQuery;
import io.meshkeep.store.mesh.Node;
import io.meshkeep.store.mesh.Page;
import io.meshkeep.store.mesh.Problem;
import io.meshkeep.store.mesh.SelectorException;
import io.meshkeep.store.mesh.Service;
import io.meshkeep.store.mesh.Visibility;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The index of a store, at whatever revision and after whatever happened, says what a recount of its keys says. */
class MeshIndexRecountTest {
    private static final String OWN = "cluster-001";

    @TempDir
    private Path directory;

    private Store store;

    @BeforeEach
    void open() {
        open(8 << 20);
    }

    private void open(long retainedMeshBytes) {
        store = Store.open(
                directory,
                StoreOptions.builder()
                        .unsafeNoSync(true)
                        .retainedMeshBytes(retainedMeshBytes)
                        .build());
    }

    @AfterEach
    void close() {
        store.close();
    }

    // ---- writing

    private final List<CompletableFuture<Result>> open = new ArrayList<>();

    /** Hands a command in without waiting, so that commits become batches. */
    private void submit(Command command) {
        CompletableFuture<Result> answer = new CompletableFuture<>();
        store.write(command, 200, (result, error) -> {
            if (error != null) {
                answer.completeExceptionally(error);
            } else {
                answer.complete(result);
            }
        });
        open.add(answer);
        if (open.size() >= 2000) {
            settle();
        }
    }

    private void settle() {
        open.forEach(CompletableFuture::join);
        open.clear();
    }

    private void put(String key, String value, long lease) {
        submit(new Command.Put(PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .setLease(lease)
                .build()));
    }

    private void delete(String key, String end) {
        submit(new Command.DeleteRange(DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setRangeEnd(ByteString.copyFromUtf8(end))
                .build()));
    }

    private void apply(MeshChange change) {
        if (change.value() == null) {
            delete(change.key(), "");
        } else {
            put(change.key(), change.value(), 0);
        }
    }

    private static String after(String prefix) {
        return prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1);
    }

    // ---- comparing

    private Map<String, String> keys(long revision) throws Exception {
        Map<String, String> keys = new TreeMap<>();
        Result.Range range = store.range(RangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8("cilium/"))
                .setRangeEnd(ByteString.copyFromUtf8("cilium0"))
                .setRevision(revision)
                .build());
        for (byte[] record : range.records()) {
            KeyValue kv = KeyValue.parseFrom(record);
            keys.put(kv.getKey().toStringUtf8(), kv.getValue().toStringUtf8());
        }
        return keys;
    }

    private void check(long revision) throws Exception {
        check(store.mesh(revision), new Recount(keys(revision), OWN));
    }

    private static void check(MeshIndex index, Recount recount) throws SelectorException {
        Map<String, Recount.Pair> pairs = new TreeMap<>();
        for (Endpoint endpoint : endpoints(index, MeshFilter.EVERYTHING)) {
            pairs.put(
                    endpoint.key(),
                    new Recount.Pair(
                            endpoint.scope().cached() ? endpoint.scope().cluster() : OWN,
                            endpoint.ip().toString(),
                            endpoint.hostIp(),
                            endpoint.namespace(),
                            endpoint.pod(),
                            endpoint.identity(),
                            recount.pairs.get(endpoint.key()).claimed()));
        }
        assertThat(pairs).isEqualTo(recount.pairs);
        MeshQuery everything = new MeshQuery(index, MeshFilter.EVERYTHING, Visibility.ALL);
        Map<String, Set<String>> identities = new TreeMap<>();
        for (Identity identity : everything.identities(null, 1 << 20).entries()) {
            identities.put(
                    (identity.scope().cached() ? identity.scope().cluster() : OWN) + " " + identity.number(),
                    new TreeSet<>(identity.labels().stream()
                            .map(label -> label.source() + ":" + label.key() + "=" + label.value())
                            .toList()));
        }
        Map<String, Set<String>> labels = new TreeMap<>();
        recount.identities.forEach((name, list) -> labels.put(name, new TreeSet<>(list)));
        assertThat(identities).isEqualTo(labels);
        Map<String, List<String>> nodes = new TreeMap<>();
        for (Node node : everything.nodes(null, 1 << 20).entries()) {
            nodes.put(
                    node.key(), node.addresses().stream().map(Node.Address::ip).toList());
        }
        assertThat(nodes).isEqualTo(recount.nodeAddresses);
        assertThat(everything.services(null, 1 << 20).entries().stream()
                        .map(Service::key)
                        .toList())
                .containsExactlyInAnyOrderElementsOf(recount.services);
        checkProblems(everything, recount);
        checkSelections(index, recount);
    }

    private static void checkProblems(MeshQuery everything, Recount recount) throws SelectorException {
        Map<Problem.Kind, Set<String>> problems = new TreeMap<>();
        for (Problem problem : everything.problems(null, null, 1 << 20).entries()) {
            problems.computeIfAbsent(problem.kind(), kind -> new TreeSet<>())
                    .add(new String(problem.key(), StandardCharsets.UTF_8));
        }
        assertThat(problems.getOrDefault(Problem.Kind.MALFORMED, Set.of())).isEqualTo(recount.malformed);
        assertThat(problems.getOrDefault(Problem.Kind.MISMATCH, Set.of()))
                .isEqualTo(recount.pairs(pair -> !pair.claimed().equals(pair.ip())));
        assertThat(problems.getOrDefault(Problem.Kind.UNKNOWN_IDENTITY, Set.of()))
                .isEqualTo(recount.pairs(pair -> !recount.isKnown(pair)));
    }

    private static void checkSelections(MeshIndex index, Recount recount) throws SelectorException {
        assertThat(keys(index, filter("", "", "ns-3", "", "", 0)))
                .isEqualTo(recount.pairs(pair -> pair.namespace().equals("ns-3")));
        assertThat(keys(index, filter("", "", "", "", "cluster-002", 0)))
                .isEqualTo(recount.pairs(pair -> pair.cluster().equals("cluster-002")));
        long number = (2L << 16) + 256 + 3;
        assertThat(keys(index, filter("", "", "", "", "", number)))
                .isEqualTo(recount.pairs(pair -> pair.identity() == number));
        assertThat(keys(index, filter("", "10.2.0.0/16", "", "", "", 0)))
                .isEqualTo(recount.pairs(pair -> pair.ip().startsWith("10.2.")));
        assertThat(keys(index, filter("", "fd00:2::/32", "", "", "", 0)))
                .isEqualTo(recount.pairs(pair -> pair.ip().startsWith("fd00:2:")));
        assertThat(keys(index, filter("app=app-3,env in (prod,stage)", "", "", "", "", 0)))
                .isEqualTo(recount.pairs(pair -> recount.hasLabel(pair, "k8s:app=app-3")
                        && (recount.hasLabel(pair, "k8s:env=prod") || recount.hasLabel(pair, "k8s:env=stage"))));
        assertThat(keys(index, filter("k8s:env!=prod", "", "ns-1", "", "", 0)))
                .isEqualTo(recount.pairs(pair -> pair.namespace().equals("ns-1")
                        && recount.isKnown(pair)
                        && !recount.hasLabel(pair, "k8s:env=prod")));
        List<String> hosts = recount.nodeAddresses.getOrDefault("cilium/cache/nodes/v1/cluster-002/node-2", List.of());
        assertThat(keys(index, filter("", "", "", "node-2", "cluster-002", 0)))
                .isEqualTo(recount.pairs(pair -> pair.cluster().equals("cluster-002") && hosts.contains(pair.host())));
    }

    private static MeshFilter filter(
            String labels, String cidr, String namespace, String node, String cluster, long identity)
            throws SelectorException {
        return MeshFilter.parse(labels, cidr, namespace, node, cluster, identity);
    }

    private static Set<String> keys(MeshIndex index, MeshFilter filter) throws SelectorException {
        Set<String> keys = new TreeSet<>();
        endpoints(index, filter).forEach(endpoint -> keys.add(endpoint.key()));
        return keys;
    }

    private static List<Endpoint> endpoints(MeshIndex index, MeshFilter filter) throws SelectorException {
        MeshQuery query = new MeshQuery(index, filter, Visibility.ALL);
        Map<String, Endpoint> endpoints = new LinkedHashMap<>();
        String after = null;
        Page<Endpoint> page;
        do {
            page = query.endpoints(after, 777);
            for (Endpoint endpoint : page.entries()) {
                after = endpoint.key();
                assertThat(endpoints.put(after, endpoint)).isNull();
            }
        } while (page.more());
        return List.copyOf(endpoints.values());
    }

    // ---- what happens

    @Test
    void atRandomRevisionsDuringChurnAndAfterRestarts() throws Exception {
        MeshGenerator generator = new MeshGenerator(new MeshShape(4, 10, 30, 200, 5), 1, true);
        generator.fill(this::apply);
        settle();
        long filled = store.snapshot().revision();
        check(0);
        SplittableRandom random = new SplittableRandom(2);
        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < 600; i++) {
                if (i % 50 == 0) {
                    apply(disturb(generator, random));
                } else {
                    apply(generator.churn());
                }
                if (i % 100 == 0) {
                    settle();
                    assertThat(store.snapshot().mesh()).isSameAs(store.mesh(0));
                    check(0);
                }
            }
            settle();
            check(filled + random.nextLong(store.snapshot().revision() - filled));
            check(1 + random.nextLong(filled));
            store.close();
            open(round % 2 == 0 ? 0 : 8 << 20);
            check(0);
            check(filled + random.nextLong(store.snapshot().revision() - filled));
        }
    }

    /** A value that is wrong: garbage, or of another address. */
    private static MeshChange disturb(MeshGenerator generator, SplittableRandom random) {
        MeshChange change;
        do {
            change = generator.churn();
        } while (change.value() == null || !change.key().contains("/ip/"));
        return random.nextBoolean()
                ? new MeshChange(change.key(), "garbage " + random.nextInt())
                : new MeshChange(change.key(), change.value().replaceFirst("\"IP\":\"[^\"]*\"", "\"IP\":\"9.9.9.9\""));
    }

    @Test
    void whenALeaseOfAThousandKeysExpires() throws Exception {
        submit(new Command.LeaseGrant(77, 2));
        List<MeshChange> changes = new ArrayList<>();
        new MeshGenerator(new MeshShape(3, 20, 100, 1000, 0), 3, true).fill(changes::add);
        int leased = 0;
        for (MeshChange change : changes) {
            boolean lease = leased < 1000
                    && change.key().contains("cluster-002")
                    && !change.key().contains("/nodes/");
            leased += lease ? 1 : 0;
            put(change.key(), change.value(), lease ? 77 : 0);
        }
        settle();
        assertThat(leased).isEqualTo(1000);
        long before = store.snapshot().revision();
        check(0);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (store.snapshot().hasLease(77) && System.nanoTime() < deadline) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(store.snapshot().revision()).as("one revision").isEqualTo(before + 1);
        assertThat(store.snapshot().mesh().identityCount()).isEqualTo(200);
        assertThat(store.snapshot().mesh().problemCount())
                .as("100 endpoints without a lease")
                .isEqualTo(100);
        check(0);
        check(before);
    }

    @Test
    void whenPrefixesOfTensOfThousandsOfKeysAreDeleted() throws Exception {
        MeshGenerator generator = new MeshGenerator(new MeshShape(1, 50, 500, 20_000, 50), 4, false);
        generator.fill(this::apply);
        settle();
        long before = store.snapshot().revision();
        assertThat(store.snapshot().mesh().endpointCount()).isEqualTo(20_000);
        for (String prefix : MeshGenerator.cachePrefixes("cluster-001")) {
            delete(prefix, after(prefix));
            settle();
            if (prefix.contains("/identities/")) {
                assertThat(store.snapshot().mesh().problemCount()).isEqualTo(20_000);
                check(0);
            }
        }
        check(0);
        check(before);
        assertThat(store.snapshot().mesh().heapBytes()).isZero();
    }

    @Test
    void aRevisionBelowTheCompactedOneIsRefusedAndOneAboveIsRead() throws Exception {
        store.close();
        open(0);
        MeshGenerator generator = new MeshGenerator(new MeshShape(2, 2, 5, 20, 2), 5, true);
        generator.fill(this::apply);
        for (int i = 0; i < 500; i++) {
            apply(generator.churn());
        }
        settle();
        long compacted = store.snapshot().revision() - 200;
        submit(new Command.Compact(
                CompactionRequest.newBuilder().setRevision(compacted).build()));
        settle();
        store.compactionDone().get(20, TimeUnit.SECONDS);
        for (long revision = compacted; revision < compacted + 200; revision += 13) {
            check(revision);
        }
        assertThatExceptionOfType(EtcdException.class)
                .isThrownBy(() -> store.mesh(compacted - 1))
                .withMessageContaining("compacted");
        long future = store.snapshot().revision() + 1;
        assertThatExceptionOfType(EtcdException.class)
                .isThrownBy(() -> store.mesh(future))
                .withMessageContaining("future");
    }

    @Test
    void longValuesAreIndexedToo() throws Exception {
        StringBuilder backends = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            backends.append(i == 0 ? "" : ",")
                    .append("\"10.0.")
                    .append(i / 256)
                    .append('.')
                    .append(i % 256)
                    .append("\":{}");
        }
        put(
                "cilium/cache/services/v1/blue/ns/big",
                "{\"cluster\":\"blue\",\"namespace\":\"ns\",\"name\":\"big\",\"backends\":{" + backends + "}}",
                0);
        settle();
        for (int i = 0; i < 2; i++) {
            MeshQuery query = new MeshQuery(store.mesh(0), MeshFilter.EVERYTHING, Visibility.ALL);
            assertThat(query.services(null, 10).entries().get(0).backends()).hasSize(1000);
            store.close();
            open();
        }
    }

    @Test
    void withoutTheIndexASnapshotHasNone() {
        store.close();
        store = Store.open(
                directory,
                StoreOptions.builder().unsafeNoSync(true).meshIndex(false).build());
        put("cilium/state/identities/v1/id/300", "k8s:a=b;", 0);
        settle();
        assertThat(store.snapshot().mesh()).isNull();
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> store.mesh(0));
    }
}
