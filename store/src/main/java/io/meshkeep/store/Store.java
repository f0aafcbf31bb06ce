package io.meshkeep.store;

import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.store.StateMachine.Cut;
import io.meshkeep.store.mesh.MeshIndex;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A key space with history, leases and watches, in one directory. Thread-safe.
 *
 * <p>A write is answered after it is on disk; readers and watchers see only what is on disk, so a read of the newest
 * snapshot is linearizable. When the disk fails the store answers {@link EtcdError#STOPPED} from then on and calls its
 * failure handler: a store that cannot keep its promise must not look alive.
 */
public final class Store implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Store.class);

    private static final long SPACE_INTERVAL_MILLIS = 500;

    /** Records above which an answer is not worked out on the caller's thread. */
    private static final int CHEAP_RECORDS = 128;

    /** What the store tells of its work, for metrics. Called on its threads: it must not block. */
    public interface Observer {
        /** A batch was written and synced in so many nanoseconds. */
        default void synced(long nanos) {}

        /** A compaction deleted so many superseded records. */
        default void compacted(long records) {}

        /** So many events were sent, counted once for each watcher. */
        default void eventsSent(long events) {}

        /** A lease ran out and was revoked. */
        default void leaseExpired() {}

        /** The store has failed and stopped. */
        default void failed(StoreException cause) {}

        /** An observer that does not look. */
        Observer NONE = new Observer() {};
    }

    /** Takes the answer to a command. */
    public interface Answer extends CommitLog.Completion {}

    private final StoreOptions options;
    private final Observer observer;
    private final Storage storage;
    private final HistoryReader history;
    private final RecentEvents recent;
    private final RetainedSnapshots retained;
    private final MeshHistory mesh;
    private final SpaceGuard space;
    private final RangeReader.Values values;
    private final Compactor compactor;
    private final LocalCommitLog commitLog;
    private final LeaseClock leases;
    private final WatchHub watches;
    private final ScheduledExecutorService housekeeping;
    private final List<Runnable> publicationListeners = new CopyOnWriteArrayList<>();
    private volatile Snapshot published;
    private volatile boolean failed;
    private volatile boolean defragmenting;

    private Store(String name, Storage storage, StoreOptions options, Observer observer) {
        this.options = options;
        this.observer = observer;
        this.storage = storage;
        this.history = new HistoryReader(storage, options.maxAnswerBytes());
        this.housekeeping = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name + "-housekeeping");
            thread.setDaemon(true);
            return thread;
        });
        this.published = storage.recover(housekeeping);
        this.recent = new RecentEvents(options.recentEventBytes(), published.revision());
        this.retained = new RetainedSnapshots(options.retainedSnapshotBytes());
        this.mesh = new MeshHistory(history, options.retainedMeshBytes(), this::snapshot);
        mesh.add(published);
        this.space = new SpaceGuard(storage, options);
        this.values = new DiskValues();
        this.compactor = new Compactor(
                name, storage, options.compactionSlice(), published.compactedRevision(), observer::compacted);
        this.watches = new WatchHub(name, this::snapshot, recent, storage, values, options, observer::eventsSent);
        this.commitLog = new LocalCommitLog(name, published, storage, history, options, new Publishing());
        this.leases = new LeaseClock(name, this::expire);
        published.leases().forEach(lease -> leases.granted(lease.id(), lease.ttl(), lease.granted()));
        leases.start();
        every(SPACE_INTERVAL_MILLIS, TimeUnit.MILLISECONDS, space::measure);
    }

    /**
     * Opens the store in a directory, making it if it is not there.
     *
     * @throws StoreException with one line that says what is wrong: the directory is locked, not writable, of a newer
     *     format, damaged
     */
    public static Store open(String name, Path directory, StoreOptions options, Observer observer) {
        Storage storage = Storage.open(directory, options);
        try {
            return new Store(name, storage, options, observer);
        } catch (RuntimeException e) {
            storage.close();
            throw e;
        }
    }

    public static Store open(Path directory, StoreOptions options) {
        return open("meshkeep", directory, options, Observer.NONE);
    }

    private final class DiskValues implements RangeReader.Values {
        @Override
        public byte[] full(byte[] record) {
            if (!KeyValueRecord.isStub(record)) {
                return record;
            }
            byte[] full = storage.record(KeyValueRecord.key(record), KeyValueRecord.modRevision(record));
            if (full == null) {
                throw new RangeReader.RecordGone(KeyValueRecord.modRevision(record));
            }
            return full;
        }

        @Override
        public long maxAnswerBytes() {
            return options.maxAnswerBytes();
        }
    }

    private final class Publishing implements LocalCommitLog.Publisher {
        @Override
        public void publish(Cut cut) {
            EventBatch events = cut.events();
            if (events != null) {
                recent.add(events);
            }
            space.wrote(cut.writes());
            retained.wrote(
                    events == null ? 0 : 2 * events.retainedSize(),
                    cut.snapshot().compactedRevision());
            // before it can be asked for
            mesh.add(cut.snapshot());
            published = cut.snapshot();
        }

        @Override
        public void announce() {
            watches.published();
            publicationListeners.forEach(Runnable::run);
        }

        @Override
        public void synced(long nanos) {
            observer.synced(nanos);
        }

        @Override
        public void failed(StoreException cause) {
            failed = true;
            observer.failed(cause);
        }
    }

    private void every(long interval, TimeUnit unit, Runnable task) {
        housekeeping.scheduleWithFixedDelay(
                () -> {
                    try {
                        task.run();
                    } catch (RuntimeException e) {
                        log.error("housekeeping failed; it is tried again", e);
                    }
                },
                interval,
                interval,
                unit);
    }

    // ---- reading

    /** The newest published state. */
    public Snapshot snapshot() {
        return published;
    }

    /**
     * What the keys of the mesh said at a revision. Recent revisions are at hand; for others the disk is read, which
     * blocks for long.
     *
     * @param revision 0 or less is the newest
     * @throws EtcdException if the revision is compacted or in the future
     * @throws IllegalStateException if the store keeps no index of the mesh
     */
    public MeshIndex mesh(long revision) {
        return mesh.at(revision);
    }

    /** As {@link #mesh(long)}, but null instead of reading the disk. */
    public MeshIndex meshAtHand(long revision) {
        return mesh.atHand(revision);
    }

    /** Has something run after each publication of a snapshot, on the store's threads: it must return at once. */
    public void onPublication(Runnable listener) {
        publicationListeners.add(listener);
    }

    /** No longer runs it. */
    public void removePublicationListener(Runnable listener) {
        publicationListeners.remove(listener);
    }

    /** Identifies the data set: distinct for each, never 0, the same over restarts. */
    public long clusterId() {
        return storage.identity().clusterId();
    }

    public long memberId() {
        return storage.identity().memberId();
    }

    /** Rises by one whenever the data set is opened. */
    public long raftTerm() {
        return storage.identity().term();
    }

    /** Whether the range can be answered at once from memory, so that an event loop may do it. */
    public boolean isCheap(RangeRequest request) {
        return cost(request) <= CHEAP_RECORDS;
    }

    /** How many records have to be looked at, more than {@link #CHEAP_RECORDS} if one of them is on disk. */
    private long cost(RangeRequest request) {
        Snapshot now = published;
        Snapshot at = at(request.getRevision(), now);
        if (at == null) {
            return Long.MAX_VALUE;
        }
        KeyRange range = KeyRange.of(request.getKey(), request.getRangeEnd());
        if (range.single()) {
            byte[] record = at.keys().find(range.start());
            return record == null || !KeyValueRecord.isStub(record) ? 1 : Long.MAX_VALUE;
        }
        if (request.getCountOnly()) {
            return 1;
        }
        long count = at.keys().count(range);
        if (count > CHEAP_RECORDS) {
            return count;
        }
        for (byte[] record : at.keys().collect(range, 0, false)) {
            if (KeyValueRecord.isStub(record)) {
                return Long.MAX_VALUE;
            }
        }
        return count;
    }

    /** Whether a transaction that can only read can be answered at once from memory. */
    public boolean isCheap(TxnRequest request) {
        for (Compare compare : request.getCompareList()) {
            if (!compare.getRangeEnd().isEmpty() || compare.getTarget() == Compare.CompareTarget.VALUE) {
                return false;
            }
        }
        return isCheap(request.getSuccessList()) && isCheap(request.getFailureList());
    }

    private boolean isCheap(List<RequestOp> ops) {
        long records = 0;
        for (RequestOp op : ops) {
            long cost = cost(op.getRequestRange());
            if (cost > CHEAP_RECORDS - records) {
                return false;
            }
            records += cost;
        }
        return true;
    }

    /** The snapshot that holds a revision, or null if only the disk does. */
    private Snapshot at(long revision, Snapshot now) {
        return revision <= 0 || revision >= now.revision() ? now : retained.find(revision);
    }

    /**
     * Answers a range. Reads the disk for long values and old revisions, so it may block unless {@link #isCheap}.
     *
     * @throws EtcdException as etcd refuses it
     */
    public Result.Range range(RangeRequest request) {
        return range(request, Credentials.SERVER);
    }

    /** Answers a range to who may read all of it, by the users of the very snapshot that is read. */
    public Result.Range range(RangeRequest request, Credentials credentials) {
        return onNewest(now -> {
            AccessChecks.range(now.auth(), credentials.resolve(now.auth()), request);
            return range(request, now);
        });
    }

    /**
     * Reads from the newest snapshot. A long value that it holds may have been superseded and compacted by now; then
     * there is a newer snapshot, and all is read again from that, so that an answer never mixes two states.
     */
    private <T> T onNewest(Function<Snapshot, T> read) {
        Snapshot now = published;
        while (true) {
            try {
                return read.apply(now);
            } catch (RangeReader.RecordGone e) {
                if (published == now) {
                    throw lost(e);
                }
                now = published;
            }
        }
    }

    private static StoreException lost(RangeReader.RecordGone missing) {
        return new StoreException("the store has lost a record", missing);
    }

    private Result.Range range(RangeRequest request, Snapshot now) {
        long revision = request.getRevision();
        if (revision > now.revision()) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        if (revision > 0 && revision < now.compactedRevision()) {
            throw EtcdError.COMPACTED.exception();
        }
        Snapshot at = at(revision, now);
        KeyView view = at != null ? at.keys() : history.view(revision);
        Result.Range result;
        try {
            result = RangeReader.read(request, view, now.revision(), values);
        } catch (RangeReader.RecordGone e) {
            if (revision <= 0) {
                throw e;
            }
            requireReadable(revision);
            throw lost(e);
        }
        if (at == null) {
            requireReadable(revision);
        } else if (result.more()) {
            retained.keep(at);
        }
        return result;
    }

    /**
     * A compaction is published before it deletes. So what was read from disk is whole if the revision can still be
     * read afterwards.
     */
    private void requireReadable(long revision) {
        if (revision < published.compactedRevision()) {
            throw EtcdError.COMPACTED.exception();
        }
    }

    /**
     * Whether it is known who asks, if it has to be.
     *
     * @throws EtcdException if not
     */
    public void requireCredentials(Credentials credentials) {
        AuthState auth = published.auth();
        auth.requireCredentials(credentials.resolve(auth));
    }

    /**
     * Whether who asks has the role root.
     *
     * @throws EtcdException if not
     */
    public void requireRoot(Credentials credentials) {
        AuthState auth = published.auth();
        auth.requireRoot(credentials.resolve(auth));
    }

    /** Answers a transaction that can only read; see {@link RequestChecks#isReadOnly}. */
    public Result.Txn read(TxnRequest request) {
        return read(request, Credentials.SERVER);
    }

    /** Answers such a transaction to who may read all that it names. */
    public Result.Txn read(TxnRequest request, Credentials credentials) {
        return onNewest(now -> {
            AccessChecks.txn(now.auth(), credentials.resolve(now.auth()), request, AccessChecks.leasesOf(now));
            return read(request, now);
        });
    }

    private Result.Txn read(TxnRequest request, Snapshot now) {
        TxnPath path = TxnPath.choose(request, now.keys(), values);
        List<RequestOp> ops = path.ops(request);
        for (RequestOp op : ops) {
            RangeRevision.check(op.getRequestRange().getRevision(), now.revision(), now.compactedRevision());
        }
        List<Result> responses = new ArrayList<>(ops.size());
        AnswerBudget budget = new AnswerBudget(values);
        for (RequestOp op : ops) {
            Result.Range range = range(op.getRequestRange(), now);
            budget.take(range.records());
            responses.add(range);
        }
        return new Result.Txn(now.revision(), path.succeeded(), responses);
    }

    // ---- writing

    /**
     * Applies a command and has it answered once it is durable; the answer may come before this returns. Whether the
     * caller is permitted it is decided when it is applied, but what would be denied now is not queued for that.
     *
     * @param bytes memory that the command holds while it waits
     * @throws EtcdException if it is refused at once: denied, no space, too many requests, stopped
     */
    public void write(Command command, Credentials credentials, long bytes, Answer answer) {
        Snapshot now = published;
        Caller caller = credentials.resolve(now.auth());
        if (now.alarms().isEmpty()) {
            // Who may not must not fill the queue of those who may. An alarm would be told first.
            AccessChecks.early(now, caller, command);
        }
        write(new Command.As(caller, command), bytes, answer);
    }

    /** Applies a command that nobody has to be permitted; else like the other one. */
    public void write(Command command, long bytes, Answer answer) {
        if (!hasRoom(command)) {
            refuseForSpace(answer);
            return;
        }
        if (!submit(command, bytes, answer)) {
            throw EtcdError.TOO_MANY_REQUESTS.exception();
        }
    }

    /** What was written since the disk was looked at is reckoned high, so a "no" is not said without another look. */
    private boolean hasRoom(Command command) {
        if (space.hasRoom(command, published)) {
            return true;
        }
        if (published.alarms().contains(noSpace())) {
            return false;
        }
        space.measure();
        return space.hasRoom(command, published);
    }

    private Alarm noSpace() {
        return new Alarm(memberId(), AlarmType.NOSPACE);
    }

    private boolean submit(Command command, long bytes, CommitLog.Completion completion) {
        Command bare = command.bare();
        if (bare instanceof Command.LeaseGrant) {
            return commitLog.submit(command, bytes, (result, error) -> {
                if (result instanceof Result.LeaseGrant grant) {
                    leases.granted(grant.id(), grant.ttl(), grant.granted());
                }
                completion.complete(result, error);
            });
        }
        if (bare instanceof Command.LeaseRevoke revoke) {
            return commitLog.submit(command, bytes, (result, error) -> {
                if (result != null) {
                    leases.revoked(revoke.id());
                }
                completion.complete(result, error);
            });
        }
        if (bare instanceof Command.Compact) {
            return commitLog.submit(command, bytes, (result, error) -> {
                if (result != null) {
                    compactor.compact(published.compactedRevision());
                }
                completion.complete(result, error);
            });
        }
        return commitLog.submit(command, bytes, completion);
    }

    private boolean expire(long id, long granted, CommitLog.Completion completion) {
        try {
            return submit(new Command.LeaseExpire(id, granted), 64, (result, error) -> {
                if (result != null) {
                    leases.revoked(id);
                    observer.leaseExpired();
                }
                completion.complete(result, error);
            });
        } catch (EtcdException stopped) {
            // the store is closed or has failed: nothing expires any more
            return false;
        }
    }

    /** Refuses a write once the alarm is raised: whoever is told of the error finds the alarm. */
    private void refuseForSpace(Answer answer) {
        EtcdException refusal = EtcdError.NO_SPACE.exception();
        Alarm alarm = noSpace();
        if (published.alarms().contains(alarm)) {
            throw refusal;
        }
        log.warn(
                "no space: the data has {} bytes on disk of a quota of {}, {} in memory of {}, {} are free",
                space.size(),
                options.quotaBytes(),
                published.residentBytes(),
                options.maxResidentBytes(),
                storage.usableSpace());
        if (!submit(new Command.RaiseAlarm(alarm), 64, (result, error) -> answer.complete(null, refusal))) {
            throw refusal;
        }
    }

    /** A lease id that is not in use. */
    public long newLeaseId() {
        long id;
        do {
            id = ThreadLocalRandom.current().nextLong() & Long.MAX_VALUE;
        } while (id == 0 || published.hasLease(id));
        return id;
    }

    /** Ends when everything that the last compaction made unreadable has been deleted. */
    public CompletableFuture<Void> compactionDone() {
        return compactor.compact(published.compactedRevision());
    }

    /** Compacts by itself from now on, as the policy says. */
    public void compactAutomatically(AutoCompactor policy) {
        every(policy.intervalNanos(), TimeUnit.NANOSECONDS, () -> {
            OptionalLong revision = policy.next(published.revision());
            if (revision.isPresent()) {
                log.info("automatic compaction of revision {}", revision.getAsLong());
                var request = CompactionRequest.newBuilder()
                        .setRevision(revision.getAsLong())
                        .build();
                submit(new Command.Compact(request), 64, (result, error) -> {
                    if (error != null && error.error() != EtcdError.COMPACTED) {
                        log.warn(
                                "automatic compaction of revision {} failed: {}",
                                request.getRevision(),
                                error.getMessage());
                    }
                });
            }
        });
    }

    /** Gives the space of deleted data back to the file system. Blocks for long. */
    public void defragment() {
        defragmenting = true;
        try {
            storage.defragment();
        } finally {
            defragmenting = false;
            space.measure();
        }
    }

    // ---- leases, watches, figures

    public LeaseClock leases() {
        return leases;
    }

    public WatchHub watches() {
        return watches;
    }

    /** Bytes on disk, at the last look. */
    public long size() {
        return space.size();
    }

    /** Bytes on disk that are live, nearly. */
    public long sizeInUse() {
        return space.sizeInUse();
    }

    /** Writes that wait to be applied. */
    public int pendingWrites() {
        return commitLog.queueLength();
    }

    /** When the last compaction ended, in seconds since the epoch; 0 if none has since the start. */
    public long lastCompactionSeconds() {
        return compactor.lastEndSeconds();
    }

    /** Whether {@link #defragment} is running. */
    public boolean isDefragmenting() {
        return defragmenting;
    }

    /** Whether the disk has failed, so that nothing can be written any more. */
    public boolean hasFailed() {
        return failed;
    }

    /** Finishes what was accepted and closes. Commands that come later are answered {@link EtcdError#STOPPED}. */
    @Override
    public void close() {
        housekeeping.shutdownNow();
        leases.close();
        commitLog.close();
        compactor.close();
        watches.close();
        try {
            if (!housekeeping.awaitTermination(10, TimeUnit.SECONDS)) {
                log.warn("housekeeping did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        storage.close();
    }
}
