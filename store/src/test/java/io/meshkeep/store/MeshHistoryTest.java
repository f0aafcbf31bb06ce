package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.store.mesh.MeshFilter;
import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshQuery;
import io.meshkeep.store.mesh.MeshUpdate;
import io.meshkeep.store.mesh.SelectorException;
import io.meshkeep.store.mesh.Visibility;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Past indexes, kept or made from later ones or from disk, against the keys as they were. */
class MeshHistoryTest {
    private static final int COMMANDS = 400;

    /** A value and the revision of its put. */
    private record Put(String value, long revision) {}

    @TempDir
    Path directory;

    private SplittableRandom random;
    private Store store;
    /** The keys at each revision, the first of which is 1. */
    private final List<TreeMap<String, Put>> states = new ArrayList<>(List.of(new TreeMap<>()));

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void anIndexIsThatOfTheKeysAtItsRevision(long seed) throws SelectorException {
        random = new SplittableRandom(seed);
        StoreOptions options = StoreOptions.builder()
                .unsafeNoSync(true)
                // next to nothing is kept, or everything
                .retainedMeshBytes(random.nextBoolean() ? 1 : 10 << 20)
                .build();
        store = Store.open(directory, options);
        try {
            for (int i = 0; i < COMMANDS; i++) {
                TestStore.write(store, new Command.Txn(change()));
                if (random.nextInt(20) == 0) {
                    check(1 + random.nextInt(states.size()));
                }
                if (i == COMMANDS / 2) {
                    store.close();
                    store = Store.open(directory, options);
                    check(states.size() / 2);
                }
            }
            for (int revision = 1; revision <= states.size(); revision += 7) {
                check(revision);
            }
            int compacted = states.size() / 2;
            TestStore.compact(store, compacted);
            TestStore.get(store.compactionDone());
            check(compacted);
            check(compacted + 1);
            for (int gone : new int[] {compacted - 1, 2}) {
                assertThatThrownBy(() -> store.mesh(gone)).isEqualTo(EtcdError.COMPACTED.exception());
                assertThatThrownBy(() -> store.meshAtHand(gone)).isEqualTo(EtcdError.COMPACTED.exception());
            }
            assertThatThrownBy(() -> store.mesh(states.size() + 1L)).isEqualTo(EtcdError.FUTURE_REVISION.exception());
        } finally {
            store.close();
        }
        try (Storage storage = Storage.open(directory, options)) {
            HistoryReader history = new HistoryReader(storage, Long.MAX_VALUE);
            for (int revision = states.size() / 2; revision <= states.size(); revision += 11) {
                assertSame(MeshMaintenance.read(history, revision), expected(revision), revision);
            }
        }
    }

    /** A transaction that changes at least one key, and what it leads to. */
    private TxnRequest change() {
        TreeMap<String, Put> next = new TreeMap<>(states.get(states.size() - 1));
        long revision = states.size() + 1L;
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        List<String> keys = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            String key = key();
            if (keys.contains(key)) {
                continue;
            }
            keys.add(key);
            if (next.containsKey(key) && random.nextInt(3) == 0) {
                next.remove(key);
                txn.addSuccess(RequestOp.newBuilder()
                        .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key))));
                continue;
            }
            String value = value(key);
            next.put(key, new Put(value, revision));
            txn.addSuccess(RequestOp.newBuilder()
                    .setRequestPut(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(key))
                            .setValue(ByteString.copyFromUtf8(value))));
        }
        states.add(next);
        return txn.build();
    }

    private String key() {
        return switch (random.nextInt(6)) {
            case 0 -> "cilium/state/identities/v1/id/" + (300 + random.nextInt(8));
            case 1 -> "cilium/cache/identities/v1/blue/id/" + (300 + random.nextInt(8));
            case 2 -> "cilium/state/ip/v1/default/10.0.0." + random.nextInt(20);
            case 3 -> "cilium/cache/ip/v1/blue/10.0.0." + random.nextInt(20);
            case 4 -> "cilium/state/nodes/v1/red/n" + random.nextInt(3);
            default -> "other/" + random.nextInt(5);
        };
    }

    private String value(String key) {
        if (random.nextInt(12) == 0) {
            return "{";
        }
        String last = key.substring(key.lastIndexOf('/') + 1);
        if (key.contains("/identities/")) {
            return "k8s:app=" + random.nextInt(3) + ";";
        } else if (key.contains("/nodes/")) {
            return "{\"Name\":\"" + last + "\",\"Cluster\":\"red\",\"IPAddresses\":[{\"Type\":\"InternalIP\",\"IP\":"
                    + "\"192.168.0." + random.nextInt(3) + "\"}]}";
        }
        return "{\"IP\":\"" + last + "\",\"HostIP\":\"192.168.0." + random.nextInt(3) + "\",\"ID\":"
                + (300 + random.nextInt(8)) + ",\"K8sNamespace\":\"ns\",\"K8sPodName\":\"p" + random.nextInt(9) + "\"}";
    }

    private void check(long revision) throws SelectorException {
        MeshIndex index = store.mesh(revision);
        assertSame(index, expected(revision), revision);
        if (revision < store.snapshot().revision()) {
            assertThat(store.meshAtHand(revision)).as("at %d, again", revision).isSameAs(index);
        }
    }

    private MeshIndex expected(long revision) {
        MeshUpdate update = MeshIndex.EMPTY.update();
        states.get((int) revision - 1)
                .forEach((key, put) -> update.put(
                        key.getBytes(StandardCharsets.UTF_8),
                        put.value.getBytes(StandardCharsets.UTF_8),
                        put.revision));
        return update.finish();
    }

    private static void assertSame(MeshIndex index, MeshIndex expected, long revision) throws SelectorException {
        MeshQuery query = new MeshQuery(index, MeshFilter.EVERYTHING, Visibility.ALL);
        MeshQuery wanted = new MeshQuery(expected, MeshFilter.EVERYTHING, Visibility.ALL);
        assertThat(query.endpoints(null, 1000)).as("endpoints at %d", revision).isEqualTo(wanted.endpoints(null, 1000));
        assertThat(query.identities(null, 1000)).isEqualTo(wanted.identities(null, 1000));
        assertThat(query.nodes(null, 1000)).isEqualTo(wanted.nodes(null, 1000));
        assertThat(query.localCluster()).isEqualTo(wanted.localCluster());
        assertThat(query.problems(null, null, 1000)).isEqualTo(wanted.problems(null, null, 1000));
        assertThat(index.heapBytes()).isEqualTo(expected.heapBytes());
    }
}
