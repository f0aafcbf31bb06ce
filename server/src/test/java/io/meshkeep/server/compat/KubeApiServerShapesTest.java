package io.meshkeep.server.compat;

import static io.meshkeep.server.compat.Shapes.bytes;
import static io.meshkeep.server.compat.Shapes.delete;
import static io.meshkeep.server.compat.Shapes.end;
import static io.meshkeep.server.compat.Shapes.get;
import static io.meshkeep.server.compat.Shapes.keys;
import static io.meshkeep.server.compat.Shapes.list;
import static io.meshkeep.server.compat.Shapes.modified;
import static io.meshkeep.server.compat.Shapes.op;
import static io.meshkeep.server.compat.Shapes.texts;
import static io.meshkeep.server.compat.Shapes.version;
import static io.meshkeep.server.compat.Shapes.watchAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.Event.EventType;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.StatusResponse;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The requests that kube-apiserver sends (recorded at 1.32 against etcd), with what it relies on in the answers. */
class KubeApiServerShapesTest extends ShapesTest {
    private static final String PODS = "/registry/pods/";

    /** Shorter than the ten minutes of the default, so that a test can wait for it. */
    private static final Duration PROGRESS_INTERVAL = Duration.ofMillis(300);

    @Override
    Target start() {
        return kind.startTellingProgress(PROGRESS_INTERVAL);
    }

    private TxnResponse txn(TxnRequest.Builder txn) {
        return client.kv().txn(txn.build());
    }

    /** Creates an object; the answer's revision is its resource version. */
    private TxnResponse create(String key, String value) {
        return create(Shapes.put(key, value));
    }

    private TxnResponse create(PutRequest.Builder put) {
        return txn(TxnRequest.newBuilder()
                .addCompare(modified(put.getKey().toStringUtf8(), 0))
                .addSuccess(op(put)));
    }

    private long created(String key, String value) {
        TxnResponse created = create(key, value);
        assertThat(created.getSucceeded()).isTrue();
        return created.getHeader().getRevision();
    }

    /** Updates an object if it is still at the revision that the caller has seen. */
    private TxnResponse update(String key, String value, long seen) {
        return txn(TxnRequest.newBuilder()
                .addCompare(modified(key, seen))
                .addSuccess(op(Shapes.put(key, value)))
                .addFailure(op(get(key))));
    }

    private TxnResponse remove(String key, long seen) {
        return txn(TxnRequest.newBuilder()
                .addCompare(modified(key, seen))
                .addSuccess(op(delete(key)))
                .addFailure(op(get(key))));
    }

    private void compact(long revision) {
        client.kv().compact(CompactionRequest.newBuilder().setRevision(revision).build());
    }

    // ---- objects

    @Test
    void createsUpdatesAndDeletesAnObject() {
        String key = PODS + "default/a";
        TxnResponse created = create(key, "1");
        assertThat(created.getSucceeded()).isTrue();
        long first = created.getHeader().getRevision();
        assertThat(created.getResponses(0).getResponsePut().getHeader().getRevision())
                .isEqualTo(first);

        TxnResponse exists = create(key, "other");
        assertThat(exists.getSucceeded()).isFalse();
        assertThat(exists.getResponsesCount()).isZero();
        assertThat(exists.getHeader().getRevision()).isEqualTo(first);
        TxnResponse existsWithRange = txn(TxnRequest.newBuilder()
                .addCompare(modified(key, 0))
                .addSuccess(op(Shapes.put(key, "other")))
                .addFailure(op(get(key))));
        assertThat(existsWithRange.getResponses(0).getResponseRange().getKvs(0).getModRevision())
                .isEqualTo(first);

        TxnResponse updated = update(key, "2", first);
        assertThat(updated.getSucceeded()).isTrue();
        long second = updated.getHeader().getRevision();
        assertThat(second).isEqualTo(first + 1);
        TxnResponse conflict = update(key, "3", first);
        assertThat(conflict.getSucceeded()).isFalse();
        KeyValue seen = conflict.getResponses(0).getResponseRange().getKvs(0);
        assertThat(seen.getValue()).isEqualTo(bytes("2"));
        assertThat(seen.getModRevision()).isEqualTo(second);
        assertThat(seen.getCreateRevision()).isEqualTo(first);
        assertThat(conflict.getHeader().getRevision()).isEqualTo(second);

        assertThat(remove(key, first).getSucceeded()).isFalse();
        TxnResponse deleted = remove(key, second);
        assertThat(deleted.getSucceeded()).isTrue();
        // the version that the deleted object is told with
        assertThat(deleted.getHeader().getRevision()).isEqualTo(second + 1);
        assertThat(deleted.getResponses(0).getResponseDeleteRange().getDeleted())
                .isOne();
        TxnResponse gone = remove(key, second);
        assertThat(gone.getSucceeded()).isFalse();
        assertThat(gone.getResponses(0).getResponseRange().getKvsCount()).isZero();
        assertThat(gone.getResponses(0).getResponseRange().getCount()).isZero();
        assertThat(create(key, "again").getSucceeded()).isTrue();
    }

    @Test
    void getsAnObject() {
        String key = PODS + "default/a";
        long first = created(key, "1");
        long second = update(key, "2", first).getHeader().getRevision();
        RangeResponse got = client.kv().range(get(key).setLimit(1).build());
        assertThat(got.getKvs(0).getModRevision()).isEqualTo(second);
        assertThat(got.getCount()).isOne();
        assertThat(got.getMore()).isFalse();
        RangeResponse past =
                client.kv().range(get(key).setLimit(1).setRevision(first).build());
        assertThat(past.getKvs(0).getValue()).isEqualTo(bytes("1"));
        assertThat(past.getHeader().getRevision()).isEqualTo(second);
        RangeResponse absent =
                client.kv().range(get(PODS + "default/b").setLimit(1).build());
        assertThat(absent.getKvsCount()).isZero();
        assertThat(absent.getHeader().getRevision()).isEqualTo(second);
        // the probe: any answer will do
        assertThat(client.kv().range(get("/registry/health").build()).getCount())
                .isZero();
    }

    // ---- lists

    private void createPods(int number) {
        for (int i = 0; i < number; i += 100) {
            TxnRequest.Builder puts = TxnRequest.newBuilder();
            for (int j = i; j < Math.min(number, i + 100); j++) {
                puts.addSuccess(op(Shapes.put(pod(j), "pod " + j)));
            }
            txn(puts);
        }
    }

    private static String pod(int number) {
        return PODS + String.format("default/pod-%05d", number);
    }

    @Test
    void listsInPages() {
        createPods(1234);
        created("/registry/podtemplates/default/a", "of another kind");
        RangeResponse page = client.kv().range(list(PODS).setLimit(500).build());
        long revision = page.getHeader().getRevision();
        List<String> listed = new ArrayList<>(keys(page.getKvsList()));
        int pages = 1;
        long left = 1234;
        while (true) {
            assertThat(page.getCount()).as("what is left at page %s", pages).isEqualTo(left);
            // how the apiserver decides whether it has seen all
            assertThat(page.getMore()).isEqualTo(page.getKvsCount() < page.getCount());
            if (!page.getMore()) {
                break;
            }
            left -= page.getKvsCount();
            // what happens meanwhile is not in the list
            long seen = page.getKvs(0).getModRevision();
            remove(pod(pages * 500), seen);
            created(pod(pages * 500 + 1) + "-new", "new");
            ByteString next = page.getKvs(page.getKvsCount() - 1).getKey().concat(bytes("\0"));
            page = client.kv()
                    .range(list(PODS)
                            .setKey(next)
                            .setLimit(500)
                            .setRevision(revision)
                            .build());
            assertThat(page.getHeader().getRevision()).isGreaterThan(revision);
            listed.addAll(keys(page.getKvsList()));
            pages++;
        }
        assertThat(pages).isEqualTo(3);
        assertThat(listed).hasSize(1234).isSorted().startsWith(pod(0)).endsWith(pod(1233));
        assertThat(listed).noneMatch(key -> key.endsWith("-new"));
    }

    @Test
    void listsAtOnceAndCounts() {
        createPods(300);
        RangeResponse all = client.kv().range(list(PODS).build());
        assertThat(all.getKvsCount()).isEqualTo(300);
        assertThat(all.getCount()).isEqualTo(300);
        RangeResponse ofPast = client.kv().range(list(PODS).setRevision(3).build());
        assertThat(ofPast.getKvsCount()).isEqualTo(200);
        assertThat(ofPast.getCount()).isEqualTo(200);
        RangeResponse counted = client.kv().range(list(PODS).setCountOnly(true).build());
        assertThat(counted.getCount()).isEqualTo(300);
        assertThat(counted.getKvsCount()).isZero();
        assertThat(counted.getMore()).isFalse();
        RangeResponse keysOnly = client.kv().range(list(PODS).setKeysOnly(true).build());
        assertThat(keysOnly.getKvsList())
                .hasSize(300)
                .allSatisfy(pair -> assertThat(pair.getValue().isEmpty()).isTrue());
        RangeResponse revision = client.kv().range(list(PODS).setLimit(1).build());
        assertThat(revision.getHeader().getRevision()).isEqualTo(4);
        assertThat(revision.getCount()).isEqualTo(300);
        assertThat(revision.getMore()).isTrue();
        RangeResponse empty =
                client.kv().range(list("/registry/none/").setLimit(500).build());
        assertThat(empty.getKvsCount()).isZero();
        assertThat(empty.getCount()).isZero();
        assertThat(empty.getMore()).isFalse();
    }

    @Test
    void refusesToListWhatIsGoneOrNotYet() {
        createPods(300);
        compact(4);
        assertThatThrownBy(() -> client.kv()
                        .range(list(PODS).setLimit(500).setRevision(3).build()))
                .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
        assertThatThrownBy(() -> client.kv()
                        .range(list(PODS).setLimit(500).setRevision(5).build()))
                .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision is a future revision");
        assertThat(client.kv().range(list(PODS).setRevision(4).build()).getCount())
                .isEqualTo(300);
    }

    /** Kubernetes 1.37 prefers etcd 3.7's stream and goes back to Range when it hears this. */
    @Test
    void doesNotStreamRanges() {
        createPods(1);
        assertThatThrownBy(() -> client.kv().rangeStream(list(PODS).build()).hasNext())
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        refused -> assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNIMPLEMENTED));
    }

    // ---- watches

    private static WatchCreateRequest watchPods(long startRevision) {
        return watchAll(PODS)
                .setStartRevision(startRevision)
                .setPrevKv(true)
                .setProgressNotify(true)
                .build();
    }

    /** The next response that is not a notice of progress that came by itself. */
    private static WatchResponse nextButProgress(WatchConversation conversation) {
        WatchResponse response = conversation.next();
        while (isProgress(response) && response.getWatchId() == 0) {
            response = conversation.next();
        }
        return response;
    }

    private static boolean isProgress(WatchResponse response) {
        return response.getEventsCount() == 0
                && !response.getCreated()
                && !response.getCanceled()
                && response.getCompactRevision() == 0
                && response.getHeader().getRevision() != 0;
    }

    private static List<Event> nextEvents(WatchConversation conversation, int number) {
        List<Event> events = new ArrayList<>();
        while (events.size() < number) {
            WatchResponse response = nextButProgress(conversation);
            assertThat(response.getWatchId()).isZero();
            assertThat(response.getEventsCount()).as("%s", response).isPositive();
            events.addAll(response.getEventsList());
        }
        assertThat(events).hasSize(number);
        return events;
    }

    @Test
    void watchesFromTheListOn() {
        long first = created(PODS + "default/a", "a1");
        RangeResponse listed = client.kv().range(list(PODS).setLimit(500).build());
        long listRevision = listed.getHeader().getRevision();
        // in between list and watch
        long second = update(PODS + "default/a", "a2", first).getHeader().getRevision();
        try (WatchConversation conversation = client.watch()) {
            assertThat(conversation.create(watchPods(listRevision + 1)).getWatchId())
                    .isZero();
            long third = created(PODS + "default/b", "b1");
            created("/registry/services/a", "elsewhere");
            long fourth = remove(PODS + "default/a", second).getHeader().getRevision();
            long fifth = created(PODS + "default/a", "a3");
            long sixth = remove(PODS + "default/b", third).getHeader().getRevision();

            List<Event> events = nextEvents(conversation, 5);
            assertThat(texts(events))
                    .containsExactly(
                            "PUT /registry/pods/default/a=a2",
                            "PUT /registry/pods/default/b=b1",
                            "DELETE /registry/pods/default/a=",
                            "PUT /registry/pods/default/a=a3",
                            "DELETE /registry/pods/default/b=");
            assertThat(events)
                    .extracting(event -> event.getKv().getModRevision())
                    .containsExactly(second, third, fourth, fifth, sixth);
            // the apiserver gives up a watch with an event that is no creation and does not say what was before
            assertThat(events)
                    .extracting(event -> event.getPrevKv().getValue().toStringUtf8())
                    .containsExactly("a1", "", "a2", "", "b1");
            assertThat(events).extracting(Event::hasPrevKv).containsExactly(true, false, true, false, true);
            assertThat(events.get(2).getPrevKv().getModRevision()).isEqualTo(second);
            assertThat(events.get(2).getPrevKv().getCreateRevision()).isEqualTo(first);
        }
    }

    @Test
    void tellsWhatWasBeforeInEveryEvent() {
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchPods(1));
            Map<String, KeyValue> state = new TreeMap<>();
            ThreadLocalRandom random = ThreadLocalRandom.current();
            for (int i = 0; i < 200; i++) {
                String key = pod(random.nextInt(8));
                RangeResponse now = client.kv().range(get(key).build());
                if (now.getCount() == 0) {
                    created(key, "v" + i);
                } else if (random.nextInt(3) == 0) {
                    remove(key, now.getKvs(0).getModRevision());
                } else {
                    update(key, "v" + i, now.getKvs(0).getModRevision());
                }
            }
            for (Event event : nextEvents(conversation, 200)) {
                String key = event.getKv().getKey().toStringUtf8();
                KeyValue before = state.get(key);
                assertThat(event.hasPrevKv()).isEqualTo(before != null);
                assertThat(event.getPrevKv()).isEqualTo(before == null ? KeyValue.getDefaultInstance() : before);
                if (event.getType() == EventType.DELETE) {
                    state.remove(key);
                } else {
                    assertThat(event.getKv().getCreateRevision()
                                    == event.getKv().getModRevision())
                            .isEqualTo(before == null);
                    state.put(key, event.getKv());
                }
            }
            RangeResponse end = client.kv().range(list(PODS).build());
            assertThat(end.getKvsList()).containsExactlyElementsOf(state.values());
        }
    }

    /** One stream for each kind of object, on one connection. */
    @Test
    void watchesEachKindOnAStreamOfItsOwn() {
        List<WatchConversation> conversations = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                WatchConversation conversation = client.watch();
                conversations.add(conversation);
                String kindOfObject = "/registry/kind-" + i + "/";
                assertThat(conversation
                                .create(watchAll(kindOfObject)
                                        .setStartRevision(2)
                                        .setPrevKv(true)
                                        .setProgressNotify(true)
                                        .build())
                                .getWatchId())
                        .isZero();
            }
            for (int i = 0; i < 50; i++) {
                created("/registry/kind-" + i + "/a", "of " + i);
            }
            for (int i = 0; i < 50; i++) {
                assertThat(texts(nextEvents(conversations.get(i), 1)))
                        .containsExactly("PUT /registry/kind-" + i + "/a=of " + i);
            }
        } finally {
            conversations.forEach(WatchConversation::close);
        }
    }

    @Test
    void tellsOfProgressByItself() {
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchPods(0));
            long revision = created("/registry/services/a", "elsewhere");
            WatchResponse progress = conversation.next();
            while (progress.getHeader().getRevision() < revision) {
                assertThat(isProgress(progress)).isTrue();
                progress = conversation.next();
            }
            assertThat(isProgress(progress)).as("%s", progress).isTrue();
            assertThat(progress.getWatchId()).isZero();
            assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
        }
    }

    /** How a read from the apiserver's cache is made consistent. */
    @Test
    void tellsOfProgressWhenAsked() {
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchPods(0));
            for (int i = 0; i < 20; i++) {
                long revision = i % 2 == 0
                        ? created("/registry/services/" + i, "elsewhere")
                        : created(PODS + "default/" + i, "here");
                if (i % 2 == 1) {
                    // etcd 3.4 may tell of progress before the event; see the next test
                    assertThat(nextEvents(conversation, 1)).hasSize(1);
                }
                conversation.requestProgress();
                WatchResponse progress = nextButProgress(conversation);
                assertThat(isProgress(progress)).as("%s", progress).isTrue();
                assertThat(progress.getWatchId()).isEqualTo(-1);
                assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
            }
            // each request has its answer
            for (int i = 0; i < 10; i++) {
                conversation.requestProgress();
            }
            for (int i = 0; i < 10; i++) {
                assertThat(nextButProgress(conversation).getWatchId()).isEqualTo(-1);
            }
        }
    }

    /** A notice of progress that overtakes an event makes the apiserver serve stale lists; etcd had that before 3.5.9. */
    @Test
    void neverTellsOfProgressAheadOfEvents() {
        Assumptions.assumeFalse(
                kind == Target.Kind.ETCD && advertisedVersion().startsWith("3.4."),
                "etcd 3.4 tells of progress ahead of events");
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Long> writer = CompletableFuture.supplyAsync(() -> {
            long revision = 0;
            while (revision < 500 && !stop.get()) {
                revision = client.kv()
                        .put(Shapes.put(PODS + "default/a", "v").build())
                        .getHeader()
                        .getRevision();
            }
            return revision;
        });
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchPods(2));
            long told = 1;
            long answered = 0;
            while (!writer.isDone() || answered < writer.join()) {
                WatchResponse response = conversation.next();
                for (Event event : response.getEventsList()) {
                    assertThat(event.getKv().getModRevision()).isEqualTo(++told);
                }
                if (isProgress(response)) {
                    // the key changes in every revision, so that everything told of must have come
                    assertThat(response.getHeader().getRevision()).isEqualTo(told);
                }
                if (response.getWatchId() == -1) {
                    answered = response.getHeader().getRevision();
                } else {
                    // a request that finds the watch behind is not answered, so it is repeated with all that comes
                    conversation.requestProgress();
                }
            }
        } finally {
            stop.set(true);
        }
    }

    private String advertisedVersion() {
        return client.maintenance().status(StatusRequest.getDefaultInstance()).getVersion();
    }

    @Test
    void cancelsAWatchOfACompactedRevision() {
        createPods(300);
        long revision = created(PODS + "default/z", "1");
        compact(revision - 1);
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchPods(revision - 2));
            WatchResponse canceled = nextButProgress(conversation);
            assertThat(canceled.getCanceled()).isTrue();
            assertThat(canceled.getWatchId()).isZero();
            assertThat(canceled.getCompactRevision()).isEqualTo(revision - 1);
            assertThat(canceled.getHeader().getRevision()).isZero();
            assertThat(canceled.getEventsCount()).isZero();
        }
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchPods(revision));
            assertThat(texts(nextEvents(conversation, 1))).containsExactly("PUT " + PODS + "default/z=1");
        }
    }

    /** What was before a change at the compacted revision is compacted itself, so etcd leaves it out. */
    @Test
    void watchesFromTheCompactedRevision() {
        long first = created(PODS + "default/a", "1");
        long second = update(PODS + "default/a", "2", first).getHeader().getRevision();
        update(PODS + "default/a", "3", second);
        compact(second);
        try (WatchConversation conversation = client.watch()) {
            conversation.create(watchPods(second));
            List<Event> events = nextEvents(conversation, 2);
            assertThat(events.get(0).getKv().getModRevision()).isEqualTo(second);
            if (kind == Target.Kind.ETCD || !events.get(0).hasPrevKv()) {
                assertThat(events.get(0).hasPrevKv()).isFalse();
            } else {
                assertThat(events.get(0).getPrevKv().getValue()).isEqualTo(bytes("1"));
                assertThat(events.get(0).getPrevKv().getModRevision()).isEqualTo(first);
            }
            assertThat(events.get(1).getPrevKv().getValue()).isEqualTo(bytes("2"));
        }
    }

    /** A resource version from the future: silence until it is reached, and nothing before it. */
    @Test
    void waitsForAFutureRevision() {
        long revision = created(PODS + "default/a", "1");
        try (WatchConversation conversation = client.watch()) {
            WatchResponse created = conversation.create(watchAll(PODS)
                    .setStartRevision(revision + 3)
                    .setPrevKv(true)
                    .build());
            assertThat(created.getHeader().getRevision()).isEqualTo(revision);
            created(PODS + "default/b", "not yet");
            created(PODS + "default/c", "not yet");
            created(PODS + "default/d", "now");
            List<Event> events = nextEvents(conversation, 1);
            assertThat(texts(events)).containsExactly("PUT " + PODS + "default/d=now");
            assertThat(events.get(0).getKv().getModRevision()).isEqualTo(revision + 3);
        }
    }

    // ---- compaction, leases, status

    /** Of several apiservers one compacts every five minutes: a key and its version say whose turn it is. */
    @Test
    void takesTurnsInCompacting() {
        created(PODS + "default/a", "1");
        TxnResponse first = compactTxn(0, "0");
        assertThat(first.getSucceeded()).isTrue();
        long atFirst = first.getHeader().getRevision();
        created(PODS + "default/b", "1");

        // the same server again, five minutes later
        TxnResponse second = compactTxn(1, Long.toString(atFirst));
        assertThat(second.getSucceeded()).isTrue();
        compact(atFirst);

        // another server, which has not seen that: it learns the version and does nothing
        TxnResponse late = compactTxn(1, "7");
        assertThat(late.getSucceeded()).isFalse();
        KeyValue taken = late.getResponses(0).getResponseRange().getKvs(0);
        assertThat(taken.getVersion()).isEqualTo(2);
        assertThat(taken.getValue()).isEqualTo(bytes(Long.toString(atFirst)));
        assertThatThrownBy(() -> compact(atFirst))
                .hasMessage("OUT_OF_RANGE: etcdserver: mvcc: required revision has been compacted");
        assertThat(compactTxn(2, "8").getSucceeded()).isTrue();
    }

    private TxnResponse compactTxn(long version, String revision) {
        return txn(TxnRequest.newBuilder()
                .addCompare(version("compact_rev_key", version))
                .addSuccess(op(Shapes.put("compact_rev_key", revision)))
                .addFailure(op(get("compact_rev_key"))));
    }

    /** Events live an hour each; a lease is shared by all of a minute. Here it is two seconds. */
    @Test
    void endsTheEventsOfALease() {
        long lease = client.lease()
                .leaseGrant(LeaseGrantRequest.newBuilder().setTTL(2).build())
                .getID();
        for (int i = 0; i < 10; i++) {
            assertThat(create(Shapes.put("/registry/events/default/" + i, "event " + i)
                                    .setLease(lease))
                            .getSucceeded())
                    .isTrue();
        }
        try (WatchConversation conversation = client.watch()) {
            WatchResponse created = conversation.create(watchAll("/registry/events/")
                    .setStartRevision(2)
                    .setPrevKv(true)
                    .build());
            assertThat(created.getWatchId()).isZero();
            List<Event> events = nextEvents(conversation, 20);
            assertThat(events.subList(0, 10)).extracting(Event::getType).containsOnly(EventType.PUT);
            for (int i = 0; i < 10; i++) {
                Event ended = events.get(10 + i);
                assertThat(ended.getType()).isEqualTo(EventType.DELETE);
                assertThat(ended.getKv().getModRevision()).isEqualTo(12);
                assertThat(ended.getKv().getKey()).isEqualTo(bytes("/registry/events/default/" + i));
                assertThat(ended.getPrevKv().getValue()).isEqualTo(bytes("event " + i));
                assertThat(ended.getPrevKv().getLease()).isEqualTo(lease);
            }
        }
        assertThat(client.kv().range(list("/registry/events/").build()).getCount())
                .isZero();
    }

    /** The version switches requests for progress on: from 3.4.31 in the 3.4 line, from 3.5.13 after it. */
    @Test
    void tellsItsVersionAndSize() {
        StatusResponse status = client.maintenance().status(StatusRequest.getDefaultInstance());
        assertThat(status.getDbSize()).isPositive();
        assertThat(status.getVersion()).matches("\\d+\\.\\d+\\.\\d+");
        if (kind == Target.Kind.MESHKEEP) {
            Runtime.Version version = Runtime.Version.parse(status.getVersion());
            assertThat(version).isGreaterThanOrEqualTo(Runtime.Version.parse("3.5.13"));
        }
        assertThat(end("/registry/pods/")).isEqualTo(bytes("/registry/pods0"));
    }
}
