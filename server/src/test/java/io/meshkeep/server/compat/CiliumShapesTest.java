package io.meshkeep.server.compat;

import static io.meshkeep.server.compat.Shapes.bytes;
import static io.meshkeep.server.compat.Shapes.created;
import static io.meshkeep.server.compat.Shapes.delete;
import static io.meshkeep.server.compat.Shapes.deleteAll;
import static io.meshkeep.server.compat.Shapes.end;
import static io.meshkeep.server.compat.Shapes.get;
import static io.meshkeep.server.compat.Shapes.keys;
import static io.meshkeep.server.compat.Shapes.list;
import static io.meshkeep.server.compat.Shapes.op;
import static io.meshkeep.server.compat.Shapes.text;
import static io.meshkeep.server.compat.Shapes.texts;
import static io.meshkeep.server.compat.Shapes.version;
import static io.meshkeep.server.compat.Shapes.watch;
import static io.meshkeep.server.compat.Shapes.watchAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.DeleteRangeResponse;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrantResponse;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.RangeRequest.SortOrder;
import io.meshkeep.proto.RangeRequest.SortTarget;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.StatusResponse;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The requests that Cilium's agents, clustermesh-apiserver and KVStoreMesh send, with what they rely on in answers. */
class CiliumShapesTest extends ShapesTest {
    private static final String NODES = "cilium/state/nodes/v1/";

    private long put(String key, String value, long lease) {
        return client.kv()
                .put(Shapes.put(key, value).setLease(lease).build())
                .getHeader()
                .getRevision();
    }

    private long put(String key, String value) {
        return put(key, value, 0);
    }

    private TxnResponse txn(TxnRequest.Builder txn) {
        return client.kv().txn(txn.build());
    }

    private long grant(long ttl) {
        LeaseGrantResponse granted = client.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(ttl).build());
        assertThat(granted.getTTL()).isEqualTo(ttl);
        assertThat(granted.getID()).isPositive();
        return granted.getID();
    }

    private void revoke(long lease) {
        client.lease().leaseRevoke(LeaseRevokeRequest.newBuilder().setID(lease).build());
    }

    // ---- lists

    /** A page-by-page list: what came, and the revision that it is pinned to. */
    private record Listing(long revision, List<KeyValue> pairs) {}

    /** Lists like {@code paginatedList}: the later pages ask for the revision that the first one was answered at. */
    private Listing listInPages(String prefix, int limit, Runnable betweenPages) {
        List<KeyValue> pairs = new ArrayList<>();
        long revision = 0;
        ByteString from = bytes(prefix);
        while (true) {
            RangeResponse page = client.kv()
                    .range(list(prefix)
                            .setKey(from)
                            .setLimit(limit)
                            .setSerializable(true)
                            .setRevision(revision)
                            .build());
            if (revision == 0) {
                revision = page.getHeader().getRevision();
            }
            assertThat(page.getKvsCount()).isLessThanOrEqualTo(limit);
            assertThat(page.getCount()).isGreaterThanOrEqualTo(page.getKvsCount());
            assertThat(page.getMore()).isEqualTo(page.getCount() > page.getKvsCount());
            pairs.addAll(page.getKvsList());
            if (!page.getMore()) {
                return new Listing(revision, pairs);
            }
            from = page.getKvs(page.getKvsCount() - 1).getKey().concat(bytes("\0"));
            betweenPages.run();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4, 11, 256})
    void listsASnapshotInPages(int limit) {
        int keys = limit == 256 ? 600 : 30;
        Map<String, Long> before = new TreeMap<>();
        for (int i = 0; i < keys; i += 30) {
            TxnRequest.Builder puts = TxnRequest.newBuilder();
            for (int j = i; j < i + 30; j++) {
                puts.addSuccess(op(Shapes.put(NODES + String.format("node-%03d", j), "before")));
            }
            long revision = txn(puts).getHeader().getRevision();
            for (int j = i; j < i + 30; j++) {
                before.put(NODES + String.format("node-%03d", j), revision);
            }
        }
        Random random = new Random(limit);
        Listing listing = listInPages(NODES, limit, () -> {
            // ahead of the page that is next and behind it: changed, deleted, new
            put(NODES + String.format("node-%03d", random.nextInt(keys)), "after");
            client.kv()
                    .deleteRange(delete(NODES + String.format("node-%03d", random.nextInt(keys)))
                            .build());
            put(NODES + String.format("node-%03d-new", random.nextInt(keys)), "new");
        });
        assertThat(keys(listing.pairs)).containsExactlyElementsOf(before.keySet());
        assertThat(listing.pairs).allSatisfy(pair -> {
            assertThat(pair.getValue().toStringUtf8()).isEqualTo("before");
            assertThat(pair.getModRevision()).isEqualTo(before.get(pair.getKey().toStringUtf8()));
        });
    }

    /** The same while somebody else writes without a pause; a watch of everything says what the truth was. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4, 11, 256})
    void listsASnapshotWhileOthersWrite(int limit) {
        int keys = limit == 256 ? 1000 : 60;
        for (int i = 0; i < keys; i += 20) {
            TxnRequest.Builder puts = TxnRequest.newBuilder();
            for (int j = i; j < i + 20; j++) {
                puts.addSuccess(op(Shapes.put(NODES + j, "before")));
            }
            txn(puts);
        }
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Long> writer = CompletableFuture.supplyAsync(() -> write(keys, stop, new Random(limit)));
        List<Listing> listings = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                listings.add(listInPages(NODES, limit, () -> {}));
            }
        } finally {
            stop.set(true);
        }
        long last = writer.join();

        Map<Long, Map<ByteString, KeyValue>> truth =
                history(last, listings.stream().map(Listing::revision).toList());
        for (Listing listing : listings) {
            assertThat(listing.pairs)
                    .as("list at %s of %s", listing.revision, last)
                    .containsExactlyElementsOf(truth.get(listing.revision).values());
        }
    }

    private long write(int keys, AtomicBoolean stop, Random random) {
        long revision = 0;
        for (int i = 0; revision == 0 || !stop.get(); i++) {
            String key = NODES + random.nextInt(keys);
            revision = random.nextInt(3) == 0
                    ? client.kv().deleteRange(delete(key).build()).getHeader().getRevision()
                    : put(key, "value " + i);
        }
        return revision;
    }

    /** The pairs at these revisions, by replay of a watch from the beginning to the last revision. */
    private Map<Long, Map<ByteString, KeyValue>> history(long last, List<Long> revisions) {
        Map<Long, Map<ByteString, KeyValue>> history = new HashMap<>();
        TreeMap<ByteString, KeyValue> pairs = new TreeMap<>(ByteString.unsignedLexicographicalComparator());
        Set<Long> missing = new HashSet<>(revisions);
        put("cilium/end", "");
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchAll("cilium/").setStartRevision(1).build());
            while (true) {
                for (Event event : conversation.next().getEventsList()) {
                    long revision = event.getKv().getModRevision();
                    missing.removeIf(wanted -> {
                        if (wanted < revision) {
                            history.put(wanted, new TreeMap<>(pairs));
                        }
                        return wanted < revision;
                    });
                    if (event.getKv().getKey().equals(bytes("cilium/end"))) {
                        assertThat(missing).isEmpty();
                        assertThat(revision).isEqualTo(last + 1);
                        return history;
                    }
                    if (event.getType() == Event.EventType.DELETE) {
                        assertThat(pairs.remove(event.getKv().getKey())).isNotNull();
                    } else {
                        pairs.put(event.getKv().getKey(), event.getKv());
                    }
                }
            }
        }
    }

    /** {@code ListPrefix} indexes the pairs up to the count, and panics if there are fewer. */
    @Test
    void countsWhatItListsWithoutALimit() {
        for (int i = 0; i < 300; i += 100) {
            TxnRequest.Builder puts = TxnRequest.newBuilder();
            for (int j = i; j < i + 100; j++) {
                puts.addSuccess(op(Shapes.put(NODES + j, "v")));
            }
            txn(puts);
        }
        put("cilium/state/nodes/v10", "of another prefix");
        RangeResponse listed = client.kv().range(list(NODES).build());
        assertThat(listed.getKvsCount()).isEqualTo(300);
        assertThat(listed.getCount()).isEqualTo(300);
        assertThat(listed.getMore()).isFalse();
        RangeResponse nothing = client.kv().range(list("cilium/nothing/").build());
        assertThat(nothing.getKvsCount()).isZero();
        assertThat(nothing.getCount()).isZero();
    }

    /** As when KVStoreMesh drains a cluster that was removed. */
    @Test
    void deletesAPrefixInOneRevision() {
        for (int i = 0; i < 2000; i += 100) {
            TxnRequest.Builder puts = TxnRequest.newBuilder();
            for (int j = i; j < i + 100; j++) {
                puts.addSuccess(op(Shapes.put("cilium/cache/ip/v1/c/" + j, "{}")));
            }
            txn(puts);
        }
        put("cilium/cache/ip/v1/d/1", "{}");
        try (WatchConversation conversation = client.watch()) {
            WatchResponse created =
                    conversation.create(watchAll("cilium/cache/ip/v1/").build());
            DeleteRangeResponse deleted =
                    client.kv().deleteRange(deleteAll("cilium/cache/ip/v1/c/").build());
            assertThat(deleted.getDeleted()).isEqualTo(2000);
            assertThat(deleted.getHeader().getRevision())
                    .isEqualTo(created.getHeader().getRevision() + 1);
            WatchResponse response = conversation.next();
            assertThat(response.getEventsList()).hasSize(2000).allSatisfy(event -> {
                assertThat(event.getType()).isEqualTo(Event.EventType.DELETE);
                assertThat(event.getKv().getModRevision())
                        .isEqualTo(deleted.getHeader().getRevision());
            });
        }
        // an empty prefix goes out as "from the first key on"
        assertThat(client.kv()
                        .deleteRange(delete("\0").setRangeEnd(bytes("\0")).build())
                        .getDeleted())
                .isOne();
    }

    // ---- watches

    private static final List<String> WATCHED = List.of(
            "cilium/.heartbeat",
            "cilium/synced/c/",
            "cilium/state/nodes/v1/",
            "cilium/state/services/v1/c/",
            "cilium/state/serviceexports/v1/",
            "cilium/state/identities/v1/id/",
            "cilium/state/ip/v1/");

    /** A client sends the next create after the answer to the last one; all of them share the stream. */
    @Test
    void watchesSevenPrefixesOnOneStream() {
        for (String prefix : WATCHED) {
            put(prefix + "a", "listed");
        }
        try (WatchConversation conversation = client.watch()) {
            Map<Long, String> prefixes = new HashMap<>();
            for (String prefix : WATCHED) {
                RangeResponse listed = client.kv().range(list(prefix).build());
                WatchResponse created = conversation.create(watchAll(prefix)
                        .setStartRevision(listed.getHeader().getRevision() + 1)
                        .build());
                assertThat(created.getCanceled()).isFalse();
                assertThat(prefixes.put(created.getWatchId(), prefix)).isNull();
            }
            assertThat(prefixes).hasSize(7);
            long first = 0;
            for (String prefix : WATCHED) {
                long revision = put(prefix + "b", "created");
                first = first == 0 ? revision : first;
                put(prefix + "a", "modified");
                client.kv().deleteRange(delete(prefix + "b").build());
            }
            put("cilium/unwatched", "v");
            Map<String, List<String>> events = new HashMap<>();
            Map<Long, Long> served = new HashMap<>();
            for (int number = 0; number < 3 * WATCHED.size(); ) {
                WatchResponse response = conversation.next();
                String prefix = prefixes.get(response.getWatchId());
                for (Event event : response.getEventsList()) {
                    number++;
                    KeyValue pair = event.getKv();
                    assertThat(pair.getModRevision()).isGreaterThanOrEqualTo(first);
                    // ascending for each watch, and never served further than the header says
                    Long last = served.put(response.getWatchId(), pair.getModRevision());
                    assertThat(last)
                            .satisfiesAnyOf(
                                    none -> assertThat(none).isNull(),
                                    earlier -> assertThat(earlier).isLessThan(pair.getModRevision()));
                    assertThat(response.getHeader().getRevision()).isGreaterThanOrEqualTo(pair.getModRevision());
                    String what = event.getType() == Event.EventType.DELETE
                            ? "DELETE"
                            : pair.getCreateRevision() == pair.getModRevision() ? "CREATE" : "MODIFY";
                    events.computeIfAbsent(prefix, p -> new ArrayList<>())
                            .add(what + " " + pair.getKey().toStringUtf8());
                }
            }
            for (String prefix : WATCHED) {
                assertThat(events.get(prefix))
                        .containsExactly("CREATE " + prefix + "b", "MODIFY " + prefix + "a", "DELETE " + prefix + "b");
            }
        }
    }

    /** Answers are told apart by their order alone. */
    @Test
    void answersCreatesInTheirOrder() {
        long compacted = 0;
        for (int i = 0; i < 10; i++) {
            compacted = put("cilium/k", "v" + i);
        }
        client.kv()
                .compact(io.meshkeep.proto.CompactionRequest.newBuilder()
                        .setRevision(compacted)
                        .build());
        put("cilium/k", "last");
        try (WatchConversation conversation = client.watch()) {
            // in the past, now and in the future: the one that has to be read from disk must not be overtaken
            for (int i = 0; i < 60; i++) {
                long start = i % 3 == 0 ? compacted : i % 3 == 1 ? 0 : 1_000_000;
                conversation.send(watch("cilium/k").setStartRevision(start).build());
            }
            List<Long> created = new ArrayList<>();
            int events = 0;
            while (created.size() < 60 || events < 40) {
                WatchResponse response = conversation.next();
                if (response.getCreated()) {
                    created.add(response.getWatchId());
                } else {
                    assertThat(created).contains(response.getWatchId());
                    assertThat(response.getWatchId() % 3).isZero();
                    events += response.getEventsCount();
                }
            }
            assertThat(created).hasSize(60).isSorted().startsWith(0L).endsWith(59L);
        }
    }

    /** Cilium relists when it is told so, and only then. */
    @Test
    void tellsOfACompactionThatOvertookTheWatch() {
        for (int i = 0; i < 5; i++) {
            put("cilium/k", "v" + i);
        }
        client.kv()
                .compact(io.meshkeep.proto.CompactionRequest.newBuilder()
                        .setRevision(5)
                        .build());
        try (WatchConversation conversation = client.watch()) {
            long other = conversation.create(watch("cilium/other").build()).getWatchId();
            long id = conversation
                    .create(watch("cilium/k").setStartRevision(3).build())
                    .getWatchId();
            WatchResponse canceled = conversation.next();
            assertThat(canceled.getWatchId()).isEqualTo(id);
            assertThat(canceled.getCanceled()).isTrue();
            assertThat(canceled.getCompactRevision()).isEqualTo(5);
            assertThat(canceled.getCreated()).isFalse();
            // the others on the stream live
            put("cilium/other", "v");
            assertThat(texts(conversation.events(other, 1))).containsExactly("PUT cilium/other=v");
        }
    }

    // ---- locks

    private static final String LOCK = "cilium/.initlock/abc";

    /** {@code concurrency.Mutex}: whoever has the oldest key under the path holds the lock. */
    private TxnResponse acquire(long lease) {
        String mine = LOCK + "/" + Long.toHexString(lease);
        return txn(TxnRequest.newBuilder()
                .addCompare(created(mine, 0))
                .addSuccess(op(Shapes.put(mine, "").setLease(lease)))
                .addSuccess(op(owner()))
                .addFailure(op(get(mine)))
                .addFailure(op(owner())));
    }

    private static io.meshkeep.proto.RangeRequest.Builder owner() {
        return list(LOCK + "/")
                .setSortTarget(SortTarget.CREATE)
                .setSortOrder(SortOrder.ASCEND)
                .setLimit(1);
    }

    @Test
    void locks() {
        long firstLease = grant(25);
        long secondLease = grant(25);
        String firstKey = LOCK + "/" + Long.toHexString(firstLease);
        String secondKey = LOCK + "/" + Long.toHexString(secondLease);

        TxnResponse first = acquire(firstLease);
        assertThat(first.getSucceeded()).isTrue();
        assertThat(first.getResponsesCount()).isEqualTo(2);
        KeyValue owner = first.getResponses(1).getResponseRange().getKvs(0);
        assertThat(owner.getKey()).isEqualTo(bytes(firstKey));
        // the client takes this revision for the one that its key was created at
        long firstRevision = first.getHeader().getRevision();
        assertThat(owner.getCreateRevision()).isEqualTo(firstRevision);
        assertThat(owner.getLease()).isEqualTo(firstLease);

        // again with the same lease: the other branch, in the same order
        TxnResponse again = acquire(firstLease);
        assertThat(again.getSucceeded()).isFalse();
        assertThat(again.getHeader().getRevision()).isEqualTo(firstRevision);
        assertThat(again.getResponses(0).getResponseRange().getKvs(0).getCreateRevision())
                .isEqualTo(firstRevision);
        assertThat(again.getResponses(1).getResponseRange().getKvs(0).getKey()).isEqualTo(bytes(firstKey));

        TxnResponse second = acquire(secondLease);
        assertThat(second.getSucceeded()).isTrue();
        long secondRevision = second.getHeader().getRevision();
        assertThat(second.getResponses(1).getResponseRange().getKvs(0).getKey()).isEqualTo(bytes(firstKey));

        // who waits looks for the last key before its own, and watches that one go
        var lastBefore = list(LOCK + "/")
                .setSortTarget(SortTarget.CREATE)
                .setSortOrder(SortOrder.DESCEND)
                .setLimit(1)
                .setMaxCreateRevision(secondRevision - 1);
        RangeResponse waitFor = client.kv().range(lastBefore.build());
        assertThat(keys(waitFor.getKvsList())).containsExactly(firstKey);
        try (WatchConversation conversation = client.watch()) {
            long id = conversation
                    .create(watch(firstKey)
                            .setStartRevision(waitFor.getHeader().getRevision())
                            .build())
                    .getWatchId();
            client.kv().deleteRange(delete(firstKey).build());
            assertThat(texts(conversation.events(id, 1))).containsExactly("DELETE " + firstKey + "=");
        }
        assertThat(client.kv().range(lastBefore.build()).getKvsList()).isEmpty();
        assertThat(client.kv().range(get(secondKey).build()).getKvsCount()).isOne();

        // a session that ends lets go of its lock
        revoke(secondLease);
        assertThat(client.kv().range(list(LOCK).build()).getCount()).isZero();
        assertThatThrownBy(() -> acquire(secondLease)).hasMessageContaining("etcdserver: requested lease not found");
    }

    @Test
    void createsOnlyWhatIsNotThere() {
        TxnRequest.Builder createOnly = TxnRequest.newBuilder()
                .addCompare(version("cilium/k", 0))
                .addSuccess(op(Shapes.put("cilium/k", "v").setLease(grant(900))));
        assertThat(txn(createOnly.clone()).getSucceeded()).isTrue();
        TxnResponse again = txn(createOnly.clone());
        assertThat(again.getSucceeded()).isFalse();
        assertThat(again.getResponsesCount()).isZero();
        client.kv().deleteRange(delete("cilium/k").build());
        assertThat(txn(createOnly).getSucceeded()).isTrue();
    }

    @Test
    void actsOnlyUnderTheLock() {
        long lease = grant(25);
        String lockKey = LOCK + "/" + Long.toHexString(lease);
        long held = acquire(lease).getHeader().getRevision();

        TxnRequest.Builder createOnlyIfLocked = TxnRequest.newBuilder()
                .addCompare(version("cilium/k", 0))
                .addCompare(created(lockKey, held))
                .addSuccess(op(Shapes.put("cilium/k", "v")))
                .addFailure(op(get("cilium/k")));
        assertThat(txn(createOnlyIfLocked.clone()).getSucceeded()).isTrue();
        TxnResponse exists = txn(createOnlyIfLocked.clone());
        assertThat(exists.getSucceeded()).isFalse();
        assertThat(exists.getResponses(0).getResponseRange().getCount()).isOne();

        TxnResponse got = ifLocked(lockKey, held, op(get("cilium/k")));
        assertThat(got.getResponses(0).getResponseRange().getKvs(0).getValue()).isEqualTo(bytes("v"));
        TxnResponse listed = ifLocked(lockKey, held, op(list("cilium/")));
        assertThat(listed.getResponses(0).getResponseRange().getCount()).isEqualTo(2);
        assertThat(ifLocked(lockKey, held, op(Shapes.put("cilium/k", "w"))).getSucceeded())
                .isTrue();

        // an unlocked mutex compares the creation of the key of one zero byte with -1
        for (var op : List.of(
                op(get("cilium/k")), op(list("cilium/")), op(Shapes.put("cilium/k", "x")), op(delete("cilium/k")))) {
            TxnResponse lost = ifLocked("\0", -1, op);
            assertThat(lost.getSucceeded()).isFalse();
            assertThat(lost.getResponsesCount()).isZero();
        }
        TxnResponse deleted = ifLocked(lockKey, held, op(delete("cilium/k")));
        assertThat(deleted.getSucceeded()).isTrue();
        assertThat(deleted.getResponses(0).getResponseDeleteRange().getDeleted())
                .isOne();
        // a lock that somebody else has taken meanwhile is not this one
        client.kv().deleteRange(delete(lockKey).build());
        acquire(lease);
        assertThat(ifLocked(lockKey, held, op(get("cilium/k"))).getSucceeded()).isFalse();
    }

    private TxnResponse ifLocked(String lockKey, long held, io.meshkeep.proto.RequestOp op) {
        return txn(TxnRequest.newBuilder().addCompare(created(lockKey, held)).addSuccess(op));
    }

    // ---- leases

    @Test
    void endsALeaseWithAThousandKeysInOneRevision() {
        long lease = grant(2);
        try (WatchConversation conversation = client.watch();
                Conversation<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive = client.keepAlive()) {
            Set<String> keys = new HashSet<>();
            for (int i = 0; i < 1000; i += 125) {
                TxnRequest.Builder puts = TxnRequest.newBuilder();
                for (int j = i; j < i + 125; j++) {
                    keys.add("cilium/state/ip/v1/default/10.0." + j / 250 + "." + j % 250);
                    puts.addSuccess(op(Shapes.put("cilium/state/ip/v1/default/10.0." + j / 250 + "." + j % 250, "{}")
                            .setLease(lease)));
                }
                assertThat(keepAlive(keepAlive, lease)).isEqualTo(2);
                txn(puts);
            }
            long start = System.nanoTime();
            assertThat(keepAlive(keepAlive, lease)).isEqualTo(2);
            long id =
                    conversation.create(watchAll("cilium/state/ip/v1/").build()).getWatchId();
            long revision = put("cilium/state/ip/v1/other", "{}");
            assertThat(conversation.events(id, 1)).hasSize(1);
            WatchResponse response = conversation.next();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(2_000_000_000L);
            assertThat(response.getEventsList()).hasSize(1000).allSatisfy(event -> {
                assertThat(event.getType()).isEqualTo(Event.EventType.DELETE);
                assertThat(event.getKv().getModRevision()).isEqualTo(revision + 1);
            });
            assertThat(response.getHeader().getRevision()).isEqualTo(revision + 1);
            assertThat(response.getEventsList())
                    .extracting(event -> event.getKv().getKey().toStringUtf8())
                    .isSorted()
                    .containsExactlyInAnyOrderElementsOf(keys);
            // the client gives the lease up when it is told 0, and only that lease
            assertThat(keepAlive(keepAlive, lease)).isZero();
        }
    }

    private static long keepAlive(
            Conversation<LeaseKeepAliveRequest, LeaseKeepAliveResponse> conversation, long lease) {
        conversation.send(LeaseKeepAliveRequest.newBuilder().setID(lease).build());
        LeaseKeepAliveResponse response = conversation.next();
        assertThat(response.getID()).isEqualTo(lease);
        return response.getTTL();
    }

    /** All leases of a client share the stream, so one that is gone must not end it for the others. */
    @Test
    void keepsTheStreamWhenALeaseIsUnknown() {
        long lease = grant(900);
        long lockLease = grant(25);
        try (Conversation<LeaseKeepAliveRequest, LeaseKeepAliveResponse> conversation = client.keepAlive()) {
            assertThat(keepAlive(conversation, 4711)).isZero();
            assertThat(keepAlive(conversation, lease)).isEqualTo(900);
            revoke(lease);
            assertThat(keepAlive(conversation, lease)).isZero();
            assertThat(keepAlive(conversation, lockLease)).isEqualTo(25);
            // in their order, also when nobody waits for the answers
            for (int i = 0; i < 100; i++) {
                conversation.send(LeaseKeepAliveRequest.newBuilder()
                        .setID(i % 2 == 0 ? lockLease : i)
                        .build());
            }
            List<LeaseKeepAliveResponse> responses = conversation.next(100);
            for (int i = 0; i < 100; i++) {
                assertThat(responses.get(i).getID()).isEqualTo(i % 2 == 0 ? lockLease : i);
                assertThat(responses.get(i).getTTL()).isEqualTo(i % 2 == 0 ? 25 : 0);
            }
        }
    }

    /** A VM and the operator write the same key in turns, each with its own lease. */
    @Test
    void movesKeysBetweenLeases() {
        String key = "cilium/state/noderegister/v1/vm";
        long vm = grant(900);
        long operator = grant(900);
        put(key, "by vm", vm);
        put(key, "by operator", operator);
        revoke(vm);
        KeyValue pair = client.kv().range(get(key).build()).getKvs(0);
        assertThat(pair.getLease()).isEqualTo(operator);
        long again = grant(900);
        put(key, "by vm", again);
        put(key, "by operator", operator);
        put(key, "by vm", again);
        revoke(operator);
        assertThat(client.kv().range(get(key).build()).getKvs(0).getLease()).isEqualTo(again);
        // the same value under another lease is a change that watchers are told of
        long other = grant(900);
        try (WatchConversation conversation = client.watch()) {
            long id = conversation.create(watch(key).build()).getWatchId();
            put(key, "by vm", other);
            Event event = conversation.events(id, 1).get(0);
            assertThat(text(event)).isEqualTo("PUT " + key + "=by vm");
            assertThat(event.getKv().getLease()).isEqualTo(other);
            revoke(again);
            put(key, "without", 0);
            revoke(other);
            put(key, "end", 0);
            assertThat(texts(conversation.events(id, 2)))
                    .containsExactly("PUT " + key + "=without", "PUT " + key + "=end");
        }
    }

    // ---- the rest

    @Test
    void tellsItsStatus() {
        StatusResponse status = client.maintenance().status(StatusRequest.getDefaultInstance());
        assertThat(status.getVersion()).matches("3\\.\\d+\\.\\d+");
        assertThat(status.getLeader())
                .isEqualTo(status.getHeader().getMemberId())
                .isNotZero();
    }

    @Test
    void putsAndDeletesSingleKeys() {
        assertThat(end("a/")).isEqualTo(bytes("a0"));
        long revision = put("cilium/.heartbeat", "2026-01-01T00:00:00Z", grant(900));
        RangeResponse got = client.kv().range(get("cilium/.heartbeat").build());
        assertThat(got.getCount()).isOne();
        assertThat(got.getKvs(0).getModRevision()).isEqualTo(revision);
        assertThat(client.kv().deleteRange(delete("cilium/.heartbeat").build()).getDeleted())
                .isOne();
        assertThat(client.kv().range(get("cilium/.heartbeat").build()).getCount())
                .isZero();
    }
}
