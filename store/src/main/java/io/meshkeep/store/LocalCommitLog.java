package io.meshkeep.store;

import io.meshkeep.store.StateMachine.Cut;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit on one machine. The apply thread takes what is queued, applies it and writes it in batches; the sync thread
 * makes durable all that was written when the sync before it ended. During a sync the apply thread goes on, and writes
 * ahead what is worth a batch, so that the disk waits for little when it is free again. A small batch that finds the disk
 * idle is written and synced by the apply thread itself, so that a lone caller pays one sync and no hand-off.
 *
 * <p>Leases that end wait in a queue of their own, and a batch takes only so many of their keys: when leases with a
 * hundred thousand keys end together, what clients ask for passes in between instead of waiting for all of them.
 *
 * <p>Every command is answered after the batch that it is in, also one that changed nothing: its answer may rest on
 * what earlier commands of the batch wrote.
 */
final class LocalCommitLog implements CommitLog {
    private static final Logger log = LoggerFactory.getLogger(LocalCommitLog.class);

    /** Commands that may wait. Beyond it etcd's "too many requests" is the answer. */
    static final int MAX_QUEUED = 16 * 1024;

    /** Commands that one sync makes durable: more would only delay the first of them. */
    private static final int MAX_GROUP = 4096;

    private static final long MAX_GROUP_BYTES = 8 << 20;

    /** Keys that leases take with them in one group, above which the next lease waits for the next group. */
    static final int MAX_EXPIRED_KEYS = 1000;

    /** Groups up to this size are not worth a hand-off to the other thread. */
    private static final int INLINE_GROUP = 4;

    /** Commands that are worth a batch of their own while the disk is busy; each batch costs some microseconds. */
    private static final int WRITE_AHEAD = 16;

    /** What the log hands its results to. */
    interface Publisher {
        /** Makes a durable state visible to readers. */
        void publish(Cut cut);

        /** Has watchers look at what was published; after the callers were answered, so as not to be in their way. */
        void announce();

        /** How long a write with its sync took. */
        void synced(long nanos);

        /** The disk failed: the store must not go on. */
        void failed(StoreException cause);
    }

    private record Proposal(Command command, long bytes, Completion completion) {}

    private record Outcome(Completion completion, Result result, EtcdException error) {}

    /** What was cut at one time; it is in RocksDB before it is in a group. */
    private record Batch(List<Outcome> outcomes, Cut cut) {}

    /** What one sync made durable, and how long that took. */
    private record Group(List<Batch> batches, long nanos) {}

    private final Storage storage;
    private final Publisher publisher;
    private final StateMachine stateMachine;
    private final Queue<Proposal> queue = new ConcurrentLinkedQueue<>();
    private final Queue<Proposal> expiries = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final long maxQueuedBytes;
    private final BlockingQueue<List<Batch>> toSync = new LinkedBlockingQueue<>(1);
    private final Queue<Group> synced = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean parked = new AtomicBoolean();
    private final CommitDelay delay = new CommitDelay();
    private final Thread applyThread;
    private final Thread syncThread;

    private volatile boolean closing;
    private volatile boolean ended;
    /** The sync thread takes no more groups: one that it still has is lost. */
    private volatile boolean syncEnded;

    private final AtomicReference<StoreException> failure = new AtomicReference<>();
    /** The batches that the sync thread has, or null. Set by the apply thread, cleared by the sync thread. */
    private volatile List<Batch> inFlight;

    /** What was applied since the last cut. */
    private List<Outcome> open = new ArrayList<>();
    /** Batches that were written and wait for their sync. */
    private List<Batch> written = new ArrayList<>();
    /** Of all that the next sync makes durable, open or written. */
    private int groupSize;

    private long groupBytes;
    private int groupExpiredKeys;

    LocalCommitLog(
            String name,
            Snapshot start,
            Storage storage,
            HistoryReader history,
            StoreOptions options,
            Publisher publisher) {
        this.storage = storage;
        this.publisher = publisher;
        this.maxQueuedBytes = Math.max(16 << 20, Runtime.getRuntime().maxMemory() / 8);
        this.stateMachine = new StateMachine(start, new ApplyValues(options.maxAnswerBytes()), history::view);
        this.applyThread = new Thread(this::applyLoop, name + "-apply");
        this.syncThread = new Thread(this::syncLoop, name + "-sync");
        applyThread.setDaemon(true);
        syncThread.setDaemon(true);
        applyThread.start();
        syncThread.start();
    }

    /** Reads long values while applying: from what is open, or from RocksDB, where all is that was cut before. */
    private final class ApplyValues implements RangeReader.Values {
        private final long maxAnswerBytes;

        ApplyValues(long maxAnswerBytes) {
            this.maxAnswerBytes = maxAnswerBytes;
        }

        @Override
        public byte[] full(byte[] record) {
            if (!KeyValueRecord.isStub(record)) {
                return record;
            }
            byte[] pending = stateMachine.pendingFull(record);
            if (pending != null) {
                return pending;
            }
            byte[] full = storage.record(KeyValueRecord.key(record), KeyValueRecord.modRevision(record));
            if (full == null) {
                // no compaction can have taken what is live in the state that commands are applied to
                throw new StoreException(
                        "the store has lost a record of revision " + KeyValueRecord.modRevision(record));
            }
            return full;
        }

        @Override
        public long maxAnswerBytes() {
            return maxAnswerBytes;
        }
    }

    @Override
    public boolean submit(Command command, long bytes, Completion completion) {
        if (closing || hasFailed()) {
            throw EtcdError.STOPPED.exception();
        }
        int waiting = queued.incrementAndGet();
        long waitingBytes = queuedBytes.addAndGet(bytes);
        if (waiting > MAX_QUEUED || waiting > 1 && waitingBytes > maxQueuedBytes) {
            queued.decrementAndGet();
            queuedBytes.addAndGet(-bytes);
            return false;
        }
        (command instanceof Command.LeaseExpire ? expiries : queue).add(new Proposal(command, bytes, completion));
        if (ended) {
            // close() or a failure came in between, and nobody else would answer
            failQueued();
        }
        wakeApplyThread();
        return true;
    }

    /** Commands that wait to be applied. */
    int queueLength() {
        return queued.get();
    }

    /** Commands that a group would wait for now. On the apply thread only, where callers are answered. */
    int expected() {
        return delay.expected();
    }

    private boolean hasFailed() {
        return failure.get() != null;
    }

    private void wakeApplyThread() {
        if (parked.get() && parked.compareAndSet(true, false)) {
            LockSupport.unpark(applyThread);
        }
    }

    private void applyLoop() {
        try {
            while (true) {
                boolean worked = answerSynced() | drain();
                if (hasFailed()) {
                    break;
                }
                long wait = 0;
                if (inFlight == null && groupSize > 0) {
                    answerSynced();
                    wait = delay();
                    if (wait == 0) {
                        commitGroup();
                        continue;
                    }
                }
                if (open.size() >= WRITE_AHEAD) {
                    writeOpen();
                } else if (!worked) {
                    if (closing && inFlight == null && !hasWorkLeft()) {
                        break;
                    }
                    park(wait);
                }
            }
        } catch (Throwable t) {
            // A fault here would leave callers waiting for ever on a store that looks alive.
            fail(t instanceof StoreException e ? e : new StoreException("the apply thread failed: " + t, t));
        } finally {
            ended = true;
            answerSyncThread();
            failAll();
        }
    }

    private boolean hasWorkLeft() {
        return groupSize > 0 || !queue.isEmpty() || !expiries.isEmpty() || !synced.isEmpty();
    }

    /** Nanoseconds that what could be synced now should wait for more. */
    private long delay() {
        return closing || !hasRoom() ? 0 : delay.remaining(groupSize, System.nanoTime());
    }

    /** @param delay of the group that could be synced now, or 0 */
    private void park(long delay) {
        // Whoever makes work sets it up first and looks at this flag second; we do it the other way round.
        parked.set(true);
        if (!hasWork(delay)) {
            if (delay > 0) {
                LockSupport.parkNanos(this, delay);
            } else {
                LockSupport.park(this);
            }
        }
        parked.set(false);
    }

    private boolean hasWork(long delay) {
        return !synced.isEmpty()
                || hasFailed()
                || canDrain()
                || inFlight == null && (groupSize > 0 && delay == 0 || closing);
    }

    private boolean hasRoom() {
        return groupSize < MAX_GROUP && groupBytes < MAX_GROUP_BYTES;
    }

    private boolean hasRoomForExpiry() {
        return hasRoom() && groupExpiredKeys < MAX_EXPIRED_KEYS;
    }

    private boolean canDrain() {
        return hasRoom() && !queue.isEmpty() || hasRoomForExpiry() && !expiries.isEmpty();
    }

    private boolean drain() {
        boolean drained = false;
        Proposal proposal;
        while (hasRoom() && (proposal = queue.poll()) != null) {
            take(proposal);
            drained = true;
        }
        while (hasRoomForExpiry() && (proposal = expiries.poll()) != null) {
            int before = stateMachine.pendingEvents();
            take(proposal);
            groupExpiredKeys += stateMachine.pendingEvents() - before;
            drained = true;
        }
        return drained;
    }

    private void take(Proposal proposal) {
        queued.decrementAndGet();
        queuedBytes.addAndGet(-proposal.bytes);
        groupSize++;
        groupBytes += proposal.bytes;
        apply(proposal);
    }

    private void apply(Proposal proposal) {
        Outcome outcome = new Outcome(proposal.completion, null, EtcdError.STOPPED.exception());
        try {
            if (stateMachine.wantsCutBefore(proposal.command)) {
                writeOpen();
            }
            outcome = new Outcome(proposal.completion, stateMachine.apply(proposal.command), null);
        } catch (EtcdException refused) {
            outcome = new Outcome(proposal.completion, null, refused);
        } finally {
            // also after a fault, so that this caller is told with the others
            open.add(outcome);
        }
    }

    /** Has all that is open or written made durable, by the sync thread or, if that is not worth it, here and now. */
    private void commitGroup() {
        delay.committed(groupSize, System.nanoTime());
        if (groupSize <= INLINE_GROUP && written.isEmpty()) {
            commitInline();
            return;
        }
        writeOpen();
        List<Batch> group = written;
        if (group.stream().allMatch(batch -> batch.cut.writes().isEmpty())) {
            group.forEach(batch -> publisher.publish(batch.cut));
            startGroup();
            answer(group);
            publisher.announce();
            return;
        }
        inFlight = group;
        startGroup();
        toSync.add(group);
    }

    private void commitInline() {
        Batch batch = new Batch(open, stateMachine.cut());
        if (!batch.cut.writes().isEmpty()) {
            long start = System.nanoTime();
            storage.commit(batch.cut.writes());
            long nanos = durable(List.of(batch), start);
            // only now: had the write failed, those who wait would still be found in the open batch
            startGroup();
            // before they are answered, since who comes back at once would count twice
            int others = queued.get();
            answer(batch);
            delay.answered(batch.outcomes.size(), others, nanos, System.nanoTime());
        } else {
            publisher.publish(batch.cut);
            startGroup();
            answer(batch);
        }
        publisher.announce();
    }

    /** Hands what is open to RocksDB, which may lose it until it is synced. */
    private void writeOpen() {
        if (open.isEmpty()) {
            return;
        }
        Batch batch = new Batch(open, stateMachine.cut());
        if (!batch.cut.writes().isEmpty()) {
            storage.append(batch.cut.writes());
        }
        written.add(batch);
        open = new ArrayList<>();
    }

    private void startGroup() {
        open = new ArrayList<>();
        written = new ArrayList<>();
        groupSize = 0;
        groupBytes = 0;
        groupExpiredKeys = 0;
    }

    /** Returns how long it took to make it durable. */
    private long durable(List<Batch> group, long start) {
        storage.acknowledge(writtenIndex(group));
        long nanos = System.nanoTime() - start;
        publisher.synced(nanos);
        for (Batch batch : group) {
            publisher.publish(batch.cut);
        }
        return nanos;
    }

    /**
     * The applied index that the disk has after a group. A batch that changed nothing is not written, so what it applied
     * must not be missed at the next start.
     */
    private static long writtenIndex(List<Batch> group) {
        int last = group.size() - 1;
        while (group.get(last).cut.writes().isEmpty()) {
            last--;
        }
        return group.get(last).cut.snapshot().appliedIndex();
    }

    private void syncLoop() {
        try {
            while (true) {
                List<Batch> group = toSync.take();
                long start = System.nanoTime();
                storage.sync();
                synced.add(new Group(group, durable(group, start)));
                inFlight = null;
                wakeApplyThread();
                publisher.announce();
            }
        } catch (InterruptedException e) {
            // close() ends this thread once nothing is left to sync
            syncEnded = true;
        } catch (Throwable t) {
            // before anybody is told: whoever is may close this log, which waits for the apply thread
            syncEnded = true;
            fail(t instanceof StoreException e ? e : new StoreException("the sync thread failed: " + t, t));
        }
    }

    private boolean answerSynced() {
        boolean answered = false;
        Group group;
        while ((group = synced.poll()) != null) {
            int others = groupSize + queued.get();
            answer(group.batches);
            delay.answered(size(group.batches), others, group.nanos, System.nanoTime());
            answered = true;
        }
        return answered;
    }

    private static int size(List<Batch> group) {
        return group.stream().mapToInt(batch -> batch.outcomes.size()).sum();
    }

    private static void answer(List<Batch> group) {
        group.forEach(LocalCommitLog::answer);
    }

    private static void answer(Batch batch) {
        for (Outcome outcome : batch.outcomes) {
            answer(outcome.completion, outcome.result, outcome.error);
        }
    }

    private static void answer(Completion completion, Result result, EtcdException error) {
        try {
            completion.complete(result, error);
        } catch (Throwable t) {
            // even an Error, such as no memory for this answer, is no reason to keep the other callers waiting
            log.error("a command's caller failed to take its answer", t);
        }
    }

    private void fail(StoreException cause) {
        if (!failure.compareAndSet(null, cause)) {
            return;
        }
        log.error("the store stops: {}", cause.getMessage(), cause);
        parked.set(false);
        LockSupport.unpark(applyThread);
        try {
            publisher.failed(cause);
        } catch (RuntimeException e) {
            log.error("whoever is told of the failure failed as well", e);
        }
    }

    /** Waits for the sync thread to be done with its group, and answers it: it may have got to the disk. */
    private void answerSyncThread() {
        while (inFlight != null && !syncEnded) {
            LockSupport.parkNanos(50_000);
        }
        answerSynced();
        if (inFlight != null) {
            inFlight.forEach(batch -> refuse(batch.outcomes));
        }
    }

    private void failAll() {
        written.forEach(batch -> refuse(batch.outcomes));
        refuse(open);
        failQueued();
    }

    private static void refuse(List<Outcome> outcomes) {
        outcomes.forEach(outcome -> answer(outcome.completion, null, EtcdError.STOPPED.exception()));
    }

    private void failQueued() {
        Proposal proposal;
        while ((proposal = queue.poll()) != null || (proposal = expiries.poll()) != null) {
            answer(proposal.completion, null, EtcdError.STOPPED.exception());
        }
    }

    @Override
    public void close() {
        closing = true;
        parked.set(false);
        LockSupport.unpark(applyThread);
        Threads.join(applyThread);
        syncThread.interrupt();
        Threads.join(syncThread);
    }
}
