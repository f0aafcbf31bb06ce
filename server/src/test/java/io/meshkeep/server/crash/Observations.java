package io.meshkeep.server.crash;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.ResponseHeader;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/** What clients have seen of one life of the server, from its start to its end. Thread-safe. */
final class Observations {
    /** An answered range: what a prefix held at a revision. */
    record Read(String prefix, long revision, List<KeyValue> pairs) {}

    /**
     * A lease whose grant or revocation was not answered.
     *
     * @param holder prefix of the keys of the writer whose lease it is
     * @param revocation what the revocation comes to; null if it was a grant
     */
    record LeaseInDoubt(long id, String holder, Operation revocation) {}

    private final AtomicLong newest;
    private final NavigableMap<Long, Operation> acknowledged = new ConcurrentSkipListMap<>();
    private final Queue<Operation> unanswered = new ConcurrentLinkedQueue<>();
    private final Queue<Read> reads = new ConcurrentLinkedQueue<>();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final Map<Long, String> granted = new ConcurrentHashMap<>();
    private final Set<Long> revoked = ConcurrentHashMap.newKeySet();
    private final Queue<LeaseInDoubt> leasesInDoubt = new ConcurrentLinkedQueue<>();
    private final AtomicLong compactionSent = new AtomicLong(-1);
    private final AtomicLong compactionDone = new AtomicLong(-1);
    private final AtomicLong answers = new AtomicLong();
    private volatile boolean ending;

    /** @param newest the revision that the server told when it started */
    Observations(long newest) {
        this.newest = new AtomicLong(newest);
    }

    /** Says that the server is about to be ended, so that clients may lose it. */
    void end() {
        ending = true;
    }

    boolean isEnding() {
        return ending;
    }

    /**
     * Makes a call. Empty if the server went away before it answered: what became of the call is then unknown.
     *
     * @throws StatusRuntimeException if the server refused it
     */
    <R> Optional<R> call(String what, Supplier<R> call) {
        try {
            R answer = call.get();
            answers.incrementAndGet();
            return Optional.of(answer);
        } catch (StatusRuntimeException e) {
            if (!isLoss(e.getStatus())) {
                throw e;
            }
            if (!ending) {
                violation(what + ": the server was lost without being ended: " + e.getStatus());
            }
            return Optional.empty();
        }
    }

    /** Whether a call ended so because the connection did; gRPC does not always say UNAVAILABLE then. */
    static boolean isLoss(Status status) {
        return status.getCode() == Status.Code.UNAVAILABLE || status.getCause() instanceof ClosedChannelException;
    }

    /** Calls that were answered. */
    long answers() {
        return answers.get();
    }

    void violation(String text) {
        violations.add(text);
    }

    List<String> violations() {
        return List.copyOf(violations);
    }

    /** The highest revision that anybody has seen. */
    long newest() {
        return newest.get();
    }

    void saw(ResponseHeader header) {
        newest.accumulateAndGet(header.getRevision(), Math::max);
    }

    /** Notes the answer to a write; checks that the revision is newer than what was seen before it was sent. */
    void answered(Operation operation, ResponseHeader header) {
        long revision = header.getRevision();
        saw(header);
        if (operation.changes().isEmpty()) {
            if (revision < operation.sentAfter()) {
                violation(operation + " was answered at the older revision " + revision);
            }
            return;
        }
        if (revision <= operation.sentAfter()) {
            violation(operation + " was given revision " + revision);
        }
        Operation other = acknowledged.putIfAbsent(revision, operation);
        if (other != null) {
            violation("revision " + revision + " was given to " + operation + " and to " + other);
        }
    }

    void unanswered(Operation operation) {
        unanswered.add(operation);
    }

    /** Notes a linearizable read; it must not be older than what was seen before it was sent. */
    void read(Read read, long sentAfter) {
        newest.accumulateAndGet(read.revision(), Math::max);
        if (read.revision() < sentAfter) {
            violation("a read of " + read.prefix() + " was answered at revision " + read.revision() + " after revision "
                    + sentAfter + " had been seen");
        }
        reads.add(read);
    }

    NavigableMap<Long, Operation> acknowledged() {
        return acknowledged;
    }

    List<Operation> unanswered() {
        return new ArrayList<>(unanswered);
    }

    List<Read> reads() {
        return List.copyOf(reads);
    }

    // ---- leases and compactions

    /** @param holder prefix of the keys of the writer whose lease it is */
    void granted(long lease, String holder) {
        granted.put(lease, holder);
    }

    void revoked(long lease) {
        revoked.add(lease);
    }

    void inDoubt(LeaseInDoubt lease) {
        leasesInDoubt.add(lease);
    }

    /** Granted leases, each with its holder. */
    Map<Long, String> granted() {
        return granted;
    }

    Set<Long> revoked() {
        return revoked;
    }

    List<LeaseInDoubt> leasesInDoubt() {
        return List.copyOf(leasesInDoubt);
    }

    void compactionSent(long revision) {
        compactionSent.accumulateAndGet(revision, Math::max);
    }

    void compactionDone(long revision) {
        compactionDone.accumulateAndGet(revision, Math::max);
    }

    /** The highest revision whose compaction was asked for, or -1. */
    long compactionSent() {
        return compactionSent.get();
    }

    /** The highest revision whose compaction was acknowledged, or -1. */
    long compactionDone() {
        return compactionDone.get();
    }
}
