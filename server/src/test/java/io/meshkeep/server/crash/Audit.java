package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.History.bytes;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.Event.EventType;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseLeasesRequest;
import io.meshkeep.proto.LeaseStatus;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.LeaseTimeToLiveResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.ResponseHeader;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Reads all that a server holds after its start, and holds it against what clients were told before. */
final class Audit {
    /** The TTL of a lease that was asked for with less, in seconds. */
    private static final long SHORTEST_TTL = 2;

    private final Channel channel;
    private final KVGrpc.KVBlockingStub kv;
    private final LeaseGrpc.LeaseBlockingStub lease;
    private final History history;

    Audit(Channel channel, History history) {
        this.channel = channel;
        this.kv = KVGrpc.newBlockingStub(channel);
        this.lease = LeaseGrpc.newBlockingStub(channel);
        this.history = history;
    }

    private KVGrpc.KVBlockingStub kv() {
        return kv.withDeadlineAfter(60, SECONDS);
    }

    private static RangeRequest.Builder everything() {
        return RangeRequest.newBuilder().setKey(bytes("\0")).setRangeEnd(bytes("\0"));
    }

    /** The header of the server's answers now. */
    ResponseHeader header() {
        return kv().range(everything().setCountOnly(true).build()).getHeader();
    }

    // ---- the events

    /**
     * Checks the events that the server still has, and appends to the history those that it did not know. Every new
     * revision must be that of an acknowledged write, or of one that was not answered, or the end of a lease; every
     * acknowledged write must be there, and every read must have told what was there.
     *
     * @param newest the revision up to which to check
     * @return the writes without an answer that were applied
     */
    Set<Operation> checkEvents(Retained retained, long newest, Observations seen) {
        assertThat(newest).as("the newest revision").isGreaterThanOrEqualTo(seen.newest());
        for (long revision = Math.max(2, retained.compacted() + 1);
                revision <= Math.min(newest, history.last());
                revision++) {
            assertThat(retained.events().get(revision))
                    .as("the events of revision %d, which was known before", revision)
                    .isEqualTo(history.at(revision));
        }
        NavigableMap<Long, Operation> acknowledged = new TreeMap<>(seen.acknowledged());
        assertThat(acknowledged.headMap(history.last(), true))
                .as("writes acknowledged with revisions that were there before they were sent")
                .isEmpty();
        Reads reads = new Reads(seen.reads());
        reads.checkAt(history.last());
        Set<Operation> unanswered = new HashSet<>(seen.unanswered());
        Set<Operation> applied = new HashSet<>();
        for (long revision = history.last() + 1; revision <= newest; revision++) {
            List<Event> events = retained.events().get(revision);
            assertThat(events).as("the events of revision %d", revision).isNotNull();
            Operation cause = acknowledged.remove(revision);
            if (cause != null) {
                assertThat(cause.matches(events))
                        .as("revision %d is acknowledged for %s and holds %s", revision, cause, events)
                        .isTrue();
            } else {
                explain(revision, events, unanswered, applied);
            }
            history.append(revision, events);
            reads.checkAt(revision);
        }
        assertThat(acknowledged).as("acknowledged writes that are lost").isEmpty();
        assertThat(reads.left()).as("reads of revisions that are lost").isEmpty();
        return applied;
    }

    private void explain(long revision, List<Event> events, Set<Operation> unanswered, Set<Operation> applied) {
        for (Operation operation : unanswered) {
            if (revision > operation.sentAfter() && operation.matches(events)) {
                unanswered.remove(operation);
                applied.add(operation);
                return;
            }
        }
        assertThat(isEndOfLease(events))
                .as(
                        "revision %d is nobody's: %s; not answered, and neither wholly present nor wholly absent, may be one of %s",
                        revision, events, unanswered)
                .isTrue();
    }

    /** Whether the events delete all keys of a lease that was left to end. */
    private boolean isEndOfLease(List<Event> events) {
        String first = History.key(events.get(0));
        KeyValue pair = history.keys().get(first);
        if (pair == null || !first.startsWith(LeaseHolder.PREFIX)) {
            return false;
        }
        List<String> attached = history.keys().values().stream()
                .filter(kv -> kv.getLease() == pair.getLease())
                .map(kv -> kv.getKey().toStringUtf8())
                .toList();
        return events.stream().allMatch(event -> event.getType() == EventType.DELETE)
                && events.stream().map(History::key).toList().equals(attached);
    }

    /** Reads that wait for the history to reach their revision. */
    private final class Reads {
        private final NavigableMap<Long, List<Observations.Read>> byRevision;

        Reads(List<Observations.Read> reads) {
            byRevision = reads.stream()
                    .collect(Collectors.groupingBy(Observations.Read::revision, TreeMap::new, Collectors.toList()));
        }

        void checkAt(long revision) {
            List<Observations.Read> reads = byRevision.remove(revision);
            if (reads != null) {
                for (Observations.Read read : reads) {
                    assertThat(read.pairs())
                            .as("what a reader saw of %s at revision %d", read.prefix(), revision)
                            .isEqualTo(History.prefixed(history.keys(), read.prefix()));
                }
            }
        }

        NavigableMap<Long, List<Observations.Read>> left() {
            return byRevision;
        }
    }

    // ---- the keys

    /** Checks the keys at the newest revision known, at the compacted one and at one in between. */
    void checkKeys(long compacted, Random random) {
        checkKeysAt(history.last());
        long first = Math.max(compacted, 2);
        if (first < history.last()) {
            checkKeysAt(first);
            checkKeysAt(first + (long) (random.nextDouble() * (history.last() - first)));
        }
        if (compacted > 1) {
            StatusRuntimeException refusal = catchThrowableOfType(
                    StatusRuntimeException.class,
                    () -> kv().range(everything().setRevision(compacted - 1).build()));
            assertThat(refusal)
                    .as("the answer to a read below the compacted revision")
                    .isNotNull();
            assertThat(refusal.getStatus().getDescription())
                    .isEqualTo("etcdserver: mvcc: required revision has been compacted");
        }
    }

    private void checkKeysAt(long revision) {
        if (revision < 2) {
            return;
        }
        assertThat(kv().range(everything().setRevision(revision).build()).getKvsList())
                .as("the keys at revision %d of %d", revision, history.last())
                .isEqualTo(List.copyOf(history.keysAt(revision).values()));
    }

    // ---- the leases

    /**
     * Checks that a lease is there exactly if it was granted and not revoked, with the keys attached that name it.
     *
     * @param before the long leases when the server started the time before, each with its holder
     * @param applied the writes without an answer that were applied
     * @return the long leases now
     */
    Map<Long, String> checkLeases(Map<Long, String> before, Observations seen, Set<Operation> applied) {
        Map<Long, String> expected = new TreeMap<>(before);
        expected.putAll(seen.granted());
        expected.keySet().removeAll(seen.revoked());
        Set<Long> present = new HashSet<>();
        for (LeaseStatus status : lease.withDeadlineAfter(60, SECONDS)
                .leaseLeases(LeaseLeasesRequest.getDefaultInstance())
                .getLeasesList()) {
            present.add(status.getID());
        }
        for (Observations.LeaseInDoubt doubt : seen.leasesInDoubt()) {
            if (!present.contains(doubt.id())) {
                expected.remove(doubt.id());
            } else {
                expected.put(doubt.id(), doubt.holder());
            }
            if (doubt.revocation() != null && !doubt.revocation().changes().isEmpty()) {
                assertThat(present.contains(doubt.id()))
                        .as("lease %d is there, although %s", doubt.id(), doubt.revocation())
                        .isEqualTo(!applied.contains(doubt.revocation()));
            }
        }
        assertThat(present).as("leases").containsAll(expected.keySet());
        for (long id : present) {
            checkLease(id, expected.containsKey(id));
        }
        for (KeyValue pair : history.keys().values()) {
            if (pair.getLease() != 0 && !pair.getKey().toStringUtf8().startsWith(LeaseHolder.PREFIX)) {
                assertThat(present)
                        .as("the lease of %s", pair.getKey().toStringUtf8())
                        .contains(pair.getLease());
            }
        }
        return expected;
    }

    private void checkLease(long id, boolean isLong) {
        LeaseTimeToLiveResponse left = lease.withDeadlineAfter(60, SECONDS)
                .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                        .setID(id)
                        .setKeys(true)
                        .build());
        if (!isLong && left.getTTL() <= 0) {
            // it is ending, or has just ended
            return;
        }
        assertThat(left.getGrantedTTL())
                .as("the TTL of lease %d", id)
                .isEqualTo(isLong ? Writer.LONG_TTL : SHORTEST_TTL);
        assertThat(left.getKeysList())
                .as("the keys of lease %d", id)
                .containsExactlyInAnyOrderElementsOf(history.keys().values().stream()
                        .filter(pair -> pair.getLease() == id)
                        .map(KeyValue::getKey)
                        .toList());
    }

    /** The events that the server still has, up to a revision. */
    Retained retained(long newest) throws InterruptedException {
        return Retained.read(channel, newest);
    }
}
