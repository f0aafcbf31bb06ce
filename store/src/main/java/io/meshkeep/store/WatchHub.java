package io.meshkeep.store;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchCreateRequest.FilterType;
import io.meshkeep.store.WatchEncoder.Body;
import io.meshkeep.store.WatchEncoder.WatchEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The watch engine. One thread owns all watches: it takes the commits in order, matches their events against groups of
 * equal watches, encodes them once per group and hands the bytes to each member's transport. A member whose transport
 * is not ready falls behind: it keeps its next revision and nothing else, and {@link CatchUp} reads for it what it
 * missed, from memory or from disk, until it is up to the commits again.
 *
 * <p>Requests reach the thread through a mailbox. It is bounded by the clients' flow control: a stream is asked for its
 * next request only when the last one was answered.
 */
public final class WatchHub implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(WatchHub.class);
    private static final int TASKS_PER_TURN = 256;

    private static final String EMPTY_RANGE = "mvcc: watcher range is empty";
    private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";

    private final Supplier<Snapshot> newest;
    private final RecentEvents recent;
    private final RangeReader.Values values;
    private final WatchEncoder encoder;
    private final CatchUp catchUp;
    private final LongConsumer eventsSent;
    private final long progressNanos;
    private final int maxMessageBytes;
    private final long maxCost;
    /** What all watches cost together; see {@link Watcher#cost}. */
    private long cost;

    private final Thread thread;
    private final Queue<Runnable> mailbox = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean parked = new AtomicBoolean();
    private volatile boolean closed;

    private final Map<WatchGroup.Key, WatchGroup> groups = new HashMap<>();
    private final IntervalIndex<RangeGroups> byRange = new IntervalIndex<>();
    /** Watchers that are behind and whose transport is ready. */
    private final Set<Watcher> behind = new LinkedHashSet<>();

    private final Unsent unsent;

    /** Watchers that want progress, the one that is due first in front: the interval is the same for all. */
    private final Set<Watcher> progressDue = new LinkedHashSet<>();

    /** Streams on which a user has been permitted a watch. */
    private final Set<WatchStream> userStreams = new LinkedHashSet<>();

    /** The users whose streams are open, as far as they have been looked at. */
    private AuthState auth;

    /** Every live watcher has been sent, or does not want, each event up to this revision. */
    private long dispatched;

    private boolean catchingUp;
    private volatile int streams;
    private volatile int watchers;
    private volatile int slowWatchers;

    /** The groups of one range, and the events of the commit at hand that fall into it. */
    private static final class RangeGroups {
        final List<WatchGroup> groups = new ArrayList<>(1);
        List<Event> hits;
    }

    WatchHub(
            String name,
            Supplier<Snapshot> newest,
            RecentEvents recent,
            Storage storage,
            RangeReader.Values values,
            StoreOptions options,
            LongConsumer eventsSent) {
        this.eventsSent = eventsSent;
        this.newest = newest;
        this.recent = recent;
        this.values = values;
        this.encoder = new WatchEncoder(storage.identity(), options.watchBodyBytes());
        this.unsent = new Unsent(options.unsentWatchBytes());
        this.progressNanos = options.progressInterval().toNanos();
        this.maxMessageBytes = options.maxWatchMessageBytes();
        this.maxCost = options.maxWatchBytes();
        this.dispatched = newest.get().revision();
        this.auth = newest.get().auth();
        this.catchUp = new CatchUp(name, newest, recent, storage, encoder, values, options.unsentWatchBytes());
        this.thread = new Thread(this::run, name + "-watch");
        thread.setDaemon(true);
        thread.start();
    }

    /** Opens a stream of watches. */
    public WatchStream open(WatchSink sink) {
        WatchStream stream = new WatchStream(this, sink);
        execute(() -> streams++);
        return stream;
    }

    /** Open streams. */
    public int streamCount() {
        return streams;
    }

    /** Watches on all streams. */
    public int watcherCount() {
        return watchers;
    }

    /** Watches that are behind. */
    public int slowWatcherCount() {
        return slowWatchers;
    }

    /** How often watchers that are behind were read for. */
    long catchUpRounds() {
        return catchUp.rounds();
    }

    void execute(Runnable task) {
        mailbox.add(task);
        wake();
    }

    /**
     * Called when a commit has been published. Without watchers there is nobody to wake; a watcher that comes meanwhile
     * is counted before the thread looks at the newest revision again.
     */
    void published() {
        if (watchers > 0) {
            wake();
        }
    }

    private void wake() {
        if (parked.get() && parked.compareAndSet(true, false)) {
            LockSupport.unpark(thread);
        }
    }

    // ---- the watch thread

    private void run() {
        while (!closed) {
            try {
                boolean worked = runTasks() | endStreamsOfDeleted() | dispatch();
                tellProgress();
                startCatchUp();
                if (!worked) {
                    park();
                }
            } catch (Throwable t) {
                // Without this thread every watch would fall silent.
                log.error("the watch thread stumbled; it goes on", t);
            }
        }
    }

    private void park() {
        parked.set(true);
        if (mailbox.isEmpty() && upToDate() && !closed) {
            if (progressDue.isEmpty()) {
                LockSupport.park(this);
            } else {
                long due = progressDue.iterator().next().progressDueNanos;
                LockSupport.parkNanos(this, Math.max(1, due - System.nanoTime()));
            }
        }
        parked.set(false);
    }

    private boolean upToDate() {
        Snapshot now = newest.get();
        return now.revision() == dispatched && now.auth() == auth;
    }

    /** A deleted user's streams end, also when another user of the same name has been added since. */
    private boolean endStreamsOfDeleted() {
        AuthState now = newest.get().auth();
        if (now == auth) {
            return false;
        }
        auth = now;
        if (now.isEnabled()) {
            for (WatchStream stream : List.copyOf(userStreams)) {
                AuthUser user = now.user(stream.user);
                if (user == null || user.createdRevision() != stream.userCreated) {
                    log.info("a watch stream of user {} ends, since the user was deleted", stream.user);
                    close(stream);
                    stream.sink.end(EtcdError.PERMISSION_DENIED);
                }
            }
        }
        return true;
    }

    private boolean runTasks() {
        int ran = 0;
        Runnable task;
        while (ran < TASKS_PER_TURN && (task = mailbox.poll()) != null) {
            task.run();
            ran++;
        }
        return ran > 0;
    }

    private boolean dispatch() {
        long revision = newest.get().revision();
        if (revision == dispatched) {
            return false;
        }
        List<EventBatch> batches = recent.from(dispatched + 1);
        if (batches == null) {
            // This thread itself was too late; the watchers get it from disk.
            groups.values().forEach(group -> fallBehind(group, dispatched + 1));
            dispatched = revision;
            return true;
        }
        for (EventBatch batch : batches) {
            // An event goes out only after its revision can be read, so not beyond the snapshot looked at.
            if (batch.lastRevision() > revision) {
                break;
            }
            dispatch(batch);
            dispatched = batch.lastRevision();
        }
        return true;
    }

    private void dispatch(EventBatch batch) {
        if (groups.isEmpty()) {
            return;
        }
        List<RangeGroups> hit = new ArrayList<>();
        for (Event event : batch.events()) {
            byRange.forEachContaining(event.key(), range -> {
                if (range.hits == null) {
                    range.hits = new ArrayList<>();
                    hit.add(range);
                }
                range.hits.add(event);
            });
        }
        for (RangeGroups range : hit) {
            List<Event> events = range.hits;
            range.hits = null;
            for (WatchGroup group : range.groups) {
                if (!group.live().isEmpty()) {
                    send(group, events, batch);
                }
            }
        }
    }

    private void send(WatchGroup group, List<Event> hits, EventBatch batch) {
        if (bytesToLoad(group.key, hits) > CatchUp.WINDOW_BYTES) {
            // too much at once, and for the thread that all watches share: it is read piece by piece elsewhere
            fallBehind(group, batch.firstRevision());
            return;
        }
        List<WatchEvent> events;
        try {
            events = wanted(group.key, hits);
        } catch (RuntimeException e) {
            // A pair before could not be read from disk. Nothing was sent yet, so catching up can try again.
            log.warn("reading for the watchers of {} failed; it is tried again", group.key.range(), e);
            fallBehind(group, batch.firstRevision());
            return;
        }
        if (!events.isEmpty()) {
            send(group, events, batch.lastRevision());
        }
    }

    /** Bytes of the pairs before that are not in memory. */
    private static long bytesToLoad(WatchGroup.Key key, List<Event> hits) {
        long bytes = 0;
        if (key.previous()) {
            for (Event event : hits) {
                if (key.wants(event.delete()) && event.previous() != null && KeyValueRecord.isStub(event.previous())) {
                    bytes += KeyValueRecord.encodedLength(event.previous());
                }
            }
        }
        return bytes;
    }

    private List<WatchEvent> wanted(WatchGroup.Key key, List<Event> hits) {
        List<WatchEvent> events = new ArrayList<>(hits.size());
        for (Event event : hits) {
            if (key.wants(event.delete())) {
                byte[] previous = key.previous() && event.previous() != null ? previous(event) : null;
                events.add(new WatchEvent(event.revision(), event.delete(), event.kv(), previous));
            }
        }
        return events;
    }

    /** The pair before a change; null if a compaction was faster than we are. */
    private byte[] previous(Event event) {
        try {
            return values.full(event.previous());
        } catch (RangeReader.RecordGone e) {
            if (event.revision() - 1 < newest.get().compactedRevision()) {
                return null;
            }
            throw e;
        }
    }

    private void send(WatchGroup group, List<WatchEvent> events, long lastRevision) {
        List<Body> bodies = encoder.bodies(events, lastRevision);
        List<Watcher> members = group.live();
        // backwards, since a member that falls behind is replaced by the last one
        for (int i = members.size() - 1; i >= 0; i--) {
            Watcher member = members.get(i);
            if (member.startRevision <= events.get(0).revision()) {
                send(member, bodies);
            } else if (member.startRevision <= lastRevision) {
                sendFrom(member, events, lastRevision);
            }
        }
    }

    /** Sends to a watcher that starts within these events. */
    private void sendFrom(Watcher member, List<WatchEvent> events, long lastRevision) {
        List<WatchEvent> wanted = events.stream()
                .filter(event -> event.revision() >= member.startRevision)
                .toList();
        if (!wanted.isEmpty()) {
            send(member, encoder.bodies(wanted, lastRevision));
        }
    }

    /** Sends bodies to a live member until its transport has enough; then it falls behind. */
    private void send(Watcher member, List<Body> bodies) {
        for (Body body : bodies) {
            if (!member.stream.sink.isReady()) {
                fallBehind(member, body.firstRevision());
                return;
            }
            send(member, body);
        }
    }

    private void send(Watcher watcher, Body body) {
        if (watcher.fragment
                && body.body().length >= maxMessageBytes
                && body.events().size() > 1) {
            encoder.fragments(watcher.id, body, maxMessageBytes).forEach(message -> send(watcher.stream, message));
        } else {
            send(watcher.stream, encoder.events(watcher.id, body));
        }
        eventsSent.accept(body.events().size());
        if (watcher.progressNotify) {
            watcher.lastSentNanos = System.nanoTime();
        }
    }

    /** A transport that fails ends its own stream and harms no other. */
    private void send(WatchStream stream, WatchMessage message) {
        if (stream.broken) {
            return;
        }
        try {
            stream.sink.send(message);
        } catch (Throwable e) {
            // also an Error: Netty says so when it is out of direct memory
            log.warn("a watch stream ends, since its transport failed", e);
            stream.broken = true;
            // later: its watchers may be in the list that is being worked on
            execute(() -> close(stream));
        }
    }

    private void fallBehind(WatchGroup group, long nextRevision) {
        while (!group.live().isEmpty()) {
            fallBehind(group.live().get(group.live().size() - 1), nextRevision);
        }
    }

    private void fallBehind(Watcher watcher, long nextRevision) {
        watcher.group.leave(watcher);
        slowWatchers++;
        startBehind(watcher, nextRevision);
    }

    private void startBehind(Watcher watcher, long nextRevision) {
        watcher.nextRevision = Math.max(nextRevision, watcher.startRevision);
        if (watcher.stream.sink.isReady()) {
            behind.add(watcher);
        }
    }

    // ---- requests

    void create(WatchStream stream, WatchCreateRequest request, Credentials credentials) {
        // Everything published is dispatched first: what the client wrote before this request is then not an event of
        // a watch that starts now.
        dispatch();
        long revision = dispatched;
        ByteString start = request.getKey().isEmpty() ? ByteString.copyFrom(new byte[1]) : request.getKey();
        KeyRange range = KeyRange.of(start, request.getRangeEnd());
        String refusal = refusal(stream, request, range, credentials);
        if (refusal != null) {
            send(stream, encoder.refused(revision, refusal));
            return;
        }
        long id = request.getWatchId();
        if (id == 0) {
            while (stream.isTaken(stream.nextId)) {
                stream.nextId++;
            }
            id = stream.nextId++;
        }
        WatchGroup group = join(new WatchGroup.Key(
                range,
                !request.getFiltersList().contains(FilterType.NOPUT),
                !request.getFiltersList().contains(FilterType.NODELETE),
                request.getPrevKv()));
        long from = request.getStartRevision() == 0 ? revision + 1 : request.getStartRevision();
        Watcher watcher = new Watcher(
                stream,
                id,
                group,
                request.getFragment(),
                request.getProgressNotify(),
                request.getStartRevision(),
                from);
        stream.watchers.put(id, watcher);
        stream.cost += Watcher.cost(range);
        cost += Watcher.cost(range);
        watchers++;
        send(stream, encoder.created(id, revision));
        if (from > revision) {
            group.enter(watcher);
        } else {
            slowWatchers++;
            if (from < newest.get().compactedRevision()) {
                cancelCompacted(watcher);
                return;
            }
            startBehind(watcher, from);
        }
        if (watcher.progressNotify) {
            watcher.lastSentNanos = System.nanoTime();
            watcher.progressDueNanos = watcher.lastSentNanos + progressNanos;
            progressDue.add(watcher);
        }
    }

    private String refusal(WatchStream stream, WatchCreateRequest request, KeyRange range, Credentials credentials) {
        if (request.getStartRevision() < 0) {
            return EtcdError.COMPACTED.text();
        }
        try {
            permit(stream, range, credentials);
        } catch (EtcdException denied) {
            return WatchDenial.reason(denied.error());
        }
        if (range.isEmpty()) {
            return EMPTY_RANGE;
        }
        if (Watcher.cost(range) > maxCost - cost - stream.cost) {
            // no stream gets more than it leaves to others
            return WatchDenial.reason(EtcdError.TOO_MANY_REQUESTS);
        }
        if (request.getWatchId() != 0 && stream.isTaken(request.getWatchId())) {
            return DUPLICATE_ID;
        }
        return null;
    }

    private void permit(WatchStream stream, KeyRange range, Credentials credentials) {
        AuthState now = newest.get().auth();
        Caller caller = credentials.resolve(now);
        now.requireRead(caller, range);
        AuthUser user = now.isEnabled() ? now.user(caller.user()) : null;
        if (user != null && stream.user == null) {
            stream.user = user.name();
            stream.userCreated = user.createdRevision();
            userStreams.add(stream);
        }
    }

    private WatchGroup join(WatchGroup.Key key) {
        WatchGroup group = groups.computeIfAbsent(key, k -> {
            WatchGroup made = new WatchGroup(k);
            byRange.computeIfAbsent(k.range(), range -> new RangeGroups())
                    .groups
                    .add(made);
            return made;
        });
        group.addMember();
        return group;
    }

    void cancel(WatchStream stream, long id) {
        dispatch();
        Watcher watcher = stream.watchers.get(id);
        if (watcher != null) {
            end(watcher);
        }
        if (watcher != null || stream.forgetCompacted(id)) {
            send(stream, encoder.canceled(id, dispatched));
        }
    }

    private void cancelCompacted(Watcher watcher) {
        end(watcher);
        watcher.stream.compacted(watcher.id);
        send(watcher.stream, encoder.compacted(watcher.id, newest.get().compactedRevision()));
    }

    private void end(Watcher watcher) {
        watcher.closed = true;
        progressDue.remove(watcher);
        watcher.stream.watchers.remove(watcher.id);
        watcher.stream.cost -= Watcher.cost(watcher.group.key.range());
        cost -= Watcher.cost(watcher.group.key.range());
        watchers--;
        WatchGroup group = watcher.group;
        if (watcher.isLive()) {
            group.leave(watcher);
        } else {
            behind.remove(watcher);
            unsent.take(watcher);
            slowWatchers--;
        }
        if (group.removeMember()) {
            groups.remove(group.key);
            RangeGroups range = byRange.computeIfAbsent(group.key.range(), r -> new RangeGroups());
            range.groups.remove(group);
            if (range.groups.isEmpty()) {
                byRange.remove(group.key.range());
            }
        }
    }

    void progress(WatchStream stream) {
        dispatch();
        if (stream.watchers.isEmpty() || stream.hasCompacted()) {
            return;
        }
        for (Watcher watcher : stream.watchers.values()) {
            if (!watcher.isLive() || watcher.requestedRevision > dispatched) {
                return;
            }
        }
        send(stream, encoder.progress(-1, dispatched));
    }

    private void tellProgress() {
        if (progressDue.isEmpty()) {
            return;
        }
        long now = System.nanoTime();
        Watcher watcher = progressDue.iterator().next();
        for (;
                watcher.progressDueNanos - now <= 0;
                watcher = progressDue.iterator().next()) {
            if (watcher.isLive()
                    && watcher.requestedRevision <= dispatched
                    && now - watcher.lastSentNanos >= progressNanos
                    && watcher.stream.sink.isReady()) {
                send(watcher.stream, encoder.progress(watcher.id, dispatched));
            }
            watcher.progressDueNanos = now + progressNanos;
            progressDue.remove(watcher);
            progressDue.add(watcher);
        }
    }

    void ready(WatchStream stream) {
        if (!stream.closed) {
            for (Watcher watcher : stream.watchers.values()) {
                if (!watcher.isLive()) {
                    goOn(watcher);
                }
            }
        }
    }

    void close(WatchStream stream) {
        if (!stream.closed) {
            stream.closed = true;
            streams--;
            userStreams.remove(stream);
            new ArrayList<>(stream.watchers.values()).forEach(this::end);
        }
    }

    // ---- watchers that are behind

    private void startCatchUp() {
        if (!catchingUp && !behind.isEmpty()) {
            catchingUp = true;
            catchUp.start(new ArrayList<>(behind), round -> execute(() -> finishCatchUp(round)));
        }
    }

    private void finishCatchUp(CatchUp.Round round) {
        catchingUp = false;
        dispatch();
        deliver(round);
        // Commits have gone on meanwhile. What is left is little and in memory, so it is worked out here, where no
        // commit can come in between: else a watcher would stay behind for as long as there are steady writes.
        catchUp.near(behind, dispatched).ifPresent(this::deliver);
    }

    private void deliver(CatchUp.Round round) {
        long compacted = newest.get().compactedRevision();
        for (Watcher watcher : round.watchers()) {
            if (watcher.closed || watcher.isLive() || !behind.contains(watcher)) {
                continue;
            }
            Found found = round.found(watcher);
            if (watcher.nextRevision > dispatched) {
                rejoin(watcher);
            } else if (watcher.nextRevision < compacted) {
                cancelCompacted(watcher);
            } else if (round.lost(watcher) != null) {
                end(watcher);
                send(watcher.stream, encoder.lost(watcher.id, round.lost(watcher)));
            } else if (found != null) {
                deliver(watcher, found, 0);
            }
        }
    }

    /** A watcher that is behind gets what has been found for it already; if that is nothing, it is read for. */
    private void goOn(Watcher watcher) {
        Unsent.Rest rest = unsent.take(watcher);
        if (rest == null) {
            behind.add(watcher);
        } else {
            deliver(watcher, rest.found(), rest.next());
        }
    }

    /** Sends bodies from an index on; what the transport has no room for is kept until it has. */
    private void deliver(Watcher watcher, Found found, int next) {
        for (int i = next; i < found.bodies().size(); i++) {
            Body body = found.bodies().get(i);
            if (!watcher.stream.sink.isReady()) {
                watcher.nextRevision = body.firstRevision();
                behind.remove(watcher);
                unsent.keep(watcher, found, i);
                return;
            }
            send(watcher, body);
        }
        watcher.nextRevision = Math.max(watcher.nextRevision, found.coversTo() + 1);
        if (watcher.nextRevision > dispatched) {
            rejoin(watcher);
        } else {
            behind.add(watcher);
        }
    }

    private void rejoin(Watcher watcher) {
        behind.remove(watcher);
        slowWatchers--;
        watcher.group.enter(watcher);
    }

    @Override
    public void close() {
        closed = true;
        parked.set(false);
        LockSupport.unpark(thread);
        Threads.join(thread);
        catchUp.close();
    }
}
