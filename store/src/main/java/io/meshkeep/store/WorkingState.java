package io.meshkeep.store;

import io.meshkeep.proto.AlarmType;
import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.store.StateMachine.Cut;
import io.meshkeep.store.StateMachine.Write;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * A snapshot with the changes of the batch at hand on top. Changed keys stand in a small sorted map until the batch is
 * cut; then they are merged into the immutable set at once, so that a batch copies every touched chunk only once.
 */
final class WorkingState implements KeyView, AccessChecks.Leases {
    /** Stands for "deleted in this batch". */
    private static final byte[] GONE = {};

    /** The numbers of a record that is not there. */
    private static final KeyValueRecord.Numbers NONE = new KeyValueRecord.Numbers(0, 0, 0, 0);

    private final Snapshot base;
    private final NavigableMap<byte[], byte[]> changed = new TreeMap<>(Arrays::compareUnsigned);
    private final Surplus surplus = new Surplus();
    /** Leases granted (the entry) or revoked (null) in this batch. */
    private final Map<Long, LeaseEntry> changedLeases = new HashMap<>();
    /** The keys of leases to which keys were attached, or from which some were detached, in this batch. */
    private final Map<Long, LeaseKeys> changedAttachments = new HashMap<>();

    private final List<Event> events = new ArrayList<>();
    private final List<Write> writes = new ArrayList<>();
    private Set<Alarm> alarms;
    private AuthState auth;
    private long revision;
    private int sub;
    private long compactedRevision;
    private long appliedIndex;
    private long residentBytes;
    private boolean changedMeta;
    /** The key that was looked for last, if nothing was changed since: a transaction compares it and then puts it. */
    private byte[] soughtKey;

    private byte[] sought;
    /** The first event of each key that this revision has changed, as far as they were seen; null until one is sought. */
    private Map<byte[], Event> firstEvents;

    private int seenEvents;
    /** What to take back, or null when there is no mark. */
    private Undo undo;

    /** The state at a mark: what only grows by its length, and how to restore the rest. */
    private record Undo(int events, int writes, long revision, int sub, long residentBytes, List<Runnable> steps) {}

    WorkingState(Snapshot base) {
        this.base = base;
        this.revision = base.revision();
        this.compactedRevision = base.compactedRevision();
        this.appliedIndex = base.appliedIndex();
        this.residentBytes = base.keyBytes();
        this.alarms = base.alarms();
        this.auth = base.auth();
    }

    long revision() {
        return revision;
    }

    long compactedRevision() {
        return compactedRevision;
    }

    void countApplied() {
        appliedIndex++;
    }

    long appliedIndex() {
        return appliedIndex;
    }

    /** Changes of keys so far. */
    int events() {
        return events.size();
    }

    /** Starts the revision that the coming changes belong to. */
    void begin() {
        revision++;
        sub = 0;
        firstEvents = null;
    }

    /** Remembers the keys as they are now, until {@link #forgetMark}. */
    void mark() {
        undo = new Undo(events.size(), writes.size(), revision, sub, residentBytes, new ArrayList<>());
    }

    /** Makes every change of keys since the mark undone. */
    void takeBack() {
        for (int i = undo.steps.size() - 1; i >= 0; i--) {
            undo.steps.get(i).run();
        }
        soughtKey = null;
        firstEvents = null;
        events.subList(undo.events, events.size()).clear();
        writes.subList(undo.writes, writes.size()).clear();
        revision = undo.revision;
        sub = undo.sub;
        residentBytes = undo.residentBytes;
    }

    void forgetMark() {
        undo = null;
    }

    /** Puts into a map of changes so that it can be taken back. */
    private <V> void set(Map<byte[], V> changes, byte[] key, V value) {
        V before = changes.put(key, value);
        if (undo != null) {
            undo.steps.add(() -> {
                if (before == null) {
                    changes.remove(key);
                } else {
                    changes.put(key, before);
                }
            });
        }
    }

    boolean isOutOfSpace() {
        return has(AlarmType.NOSPACE);
    }

    boolean isCorrupt() {
        return has(AlarmType.CORRUPT);
    }

    private boolean has(AlarmType type) {
        for (Alarm alarm : alarms) {
            if (alarm.type() == type) {
                return true;
            }
        }
        return false;
    }

    void raise(Alarm alarm) {
        Set<Alarm> raised = new HashSet<>(alarms);
        if (raised.add(alarm)) {
            alarms = raised;
            writes.add(StoredMeta.alarms(raised));
        }
    }

    boolean disarm(Alarm alarm) {
        Set<Alarm> left = new HashSet<>(alarms);
        boolean removed = left.remove(alarm);
        if (removed) {
            alarms = left;
            writes.add(StoredMeta.alarms(left));
        }
        return removed;
    }

    void compact(long at) {
        compactedRevision = at;
        changedMeta = true;
    }

    // ---- keys

    @Override
    public byte[] find(byte[] key) {
        if (soughtKey == null || !Arrays.equals(key, soughtKey)) {
            sought = lookUp(key);
            soughtKey = key;
        }
        return sought;
    }

    private byte[] lookUp(byte[] key) {
        if (!changed.isEmpty()) {
            byte[] record = changed.get(key);
            if (record != null) {
                return record == GONE ? null : record;
            }
        }
        return base.keys().find(key);
    }

    @Override
    public long count(KeyRange range) {
        return base.keys().count(range) + surplus.count(range);
    }

    @Override
    public List<byte[]> collect(KeyRange range, long limit, boolean descending) {
        return collect(base.keys(), changed, range, limit, descending);
    }

    private static <V> NavigableMap<byte[], V> within(NavigableMap<byte[], V> changes, KeyRange range) {
        if (changes.isEmpty() || range.isEmpty()) {
            return Collections.emptyNavigableMap();
        }
        return range.end() == null
                ? changes.tailMap(range.start(), true)
                : changes.subMap(range.start(), true, range.end(), false);
    }

    private static long count(KeySet base, NavigableMap<byte[], byte[]> changes, KeyRange range) {
        long count = base.count(range);
        for (Map.Entry<byte[], byte[]> change : within(changes, range).entrySet()) {
            boolean before = base.find(change.getKey()) != null;
            boolean after = change.getValue() != GONE;
            count += (after ? 1 : 0) - (before ? 1 : 0);
        }
        return count;
    }

    private static List<byte[]> collect(
            KeySet base, NavigableMap<byte[], byte[]> changes, KeyRange range, long limit, boolean descending) {
        NavigableMap<byte[], byte[]> overlay = within(changes, range);
        if (overlay.isEmpty()) {
            return base.collect(range, limit, descending);
        }
        return merge(
                base.iterator(range, descending),
                (descending ? overlay.descendingMap() : overlay).entrySet().iterator(),
                limit == 0 ? Long.MAX_VALUE : limit,
                descending ? -1 : 1);
    }

    /** Reads both sides in their common direction, and no further than the limit. */
    private static List<byte[]> merge(
            Iterator<byte[]> records, Iterator<Map.Entry<byte[], byte[]>> changes, long limit, int direction) {
        List<byte[]> merged = new ArrayList<>();
        byte[] record = next(records);
        Map.Entry<byte[], byte[]> change = next(changes);
        while (merged.size() < limit && (record != null || change != null)) {
            int order = record == null
                    ? 1
                    : change == null ? -1 : direction * KeyValueRecord.compareKey(record, change.getKey());
            if (order < 0) {
                merged.add(record);
            } else if (change.getValue() != GONE) {
                merged.add(change.getValue());
            }
            if (order <= 0) {
                record = next(records);
            }
            if (order >= 0) {
                change = next(changes);
            }
        }
        return merged;
    }

    private static <T> T next(Iterator<T> iterator) {
        return iterator.hasNext() ? iterator.next() : null;
    }

    /** Whether a view of this revision lies in this batch, whose events up to there would have to be read for it. */
    boolean isInBatch(long at) {
        return at >= base.revision();
    }

    /** The keys as they were at a revision that lies in this batch or is its start; null for an older one. */
    KeyView asOf(long at) {
        if (!isInBatch(at)) {
            return null;
        }
        NavigableMap<byte[], byte[]> changes = new TreeMap<>(Arrays::compareUnsigned);
        for (Event event : events.subList(0, firstEventAfter(at))) {
            changes.put(event.key(), event.delete() ? GONE : KeyValueRecord.resident(event.kv()));
        }
        KeySet keys = base.keys();
        return new KeyView() {
            @Override
            public long count(KeyRange range) {
                return WorkingState.count(keys, changes, range);
            }

            @Override
            public byte[] find(byte[] key) {
                byte[] record = changes.get(key);
                return record == null ? keys.find(key) : record == GONE ? null : record;
            }

            @Override
            public List<byte[]> collect(KeyRange range, long limit, boolean descending) {
                return WorkingState.collect(keys, changes, range, limit, descending);
            }
        };
    }

    /** The full record of a stub put in this batch, which the disk does not have yet; null if it was not. */
    byte[] pendingFull(byte[] stub) {
        long mod = KeyValueRecord.modRevision(stub);
        for (int i = firstEventAfter(mod) - 1; i >= 0 && events.get(i).revision() == mod; i--) {
            Event event = events.get(i);
            if (!event.delete() && KeyValueRecord.compareKeys(event.kv(), stub) == 0) {
                return event.kv();
            }
        }
        return null;
    }

    /** The index of the first event of a revision later than this one: they stand in the order of their revisions. */
    private int firstEventAfter(long at) {
        int low = 0;
        int high = events.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (events.get(middle).revision() <= at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** @param previous what {@link #find} gives for the key, or null */
    void put(byte[] key, byte[] value, long lease, byte[] previous) {
        KeyValueRecord.Numbers old = previous == null ? NONE : KeyValueRecord.numbers(previous);
        byte[] full = KeyValueRecord.encode(
                key, previous == null ? revision : old.createRevision(), revision, old.version() + 1, value, lease);
        if (old.lease() != lease) {
            if (old.lease() != 0) {
                detach(old.lease(), key);
            }
            if (lease != 0) {
                attach(lease, key);
            }
        }
        byte[] resident = KeyValueRecord.resident(full, value.length);
        change(key, resident, previous);
        residentBytes += KeyValueRecord.heapSize(resident, key.length, lease) - heapSize(previous, key, old);
        record(key, false, full, full, previous, old);
    }

    private static int heapSize(byte[] previous, byte[] key, KeyValueRecord.Numbers numbers) {
        return previous == null ? 0 : KeyValueRecord.heapSize(previous, key.length, numbers.lease());
    }

    /** @param previous the live record of the key to delete */
    void delete(byte[] previous) {
        byte[] key = KeyValueRecord.key(previous);
        KeyValueRecord.Numbers old = KeyValueRecord.numbers(previous);
        if (old.lease() != 0) {
            detach(old.lease(), key);
        }
        change(key, GONE, previous);
        residentBytes -= heapSize(previous, key, old);
        byte[] kv = KeyValueRecord.encode(key, 0, revision, 0, GONE, 0);
        record(key, true, kv, GONE, previous, old);
    }

    private void change(byte[] key, byte[] record, byte[] previous) {
        soughtKey = null;
        set(changed, key, record);
        if (previous == null) {
            count(key, 1);
        } else if (record == GONE) {
            count(key, -1);
        }
    }

    private void count(byte[] key, int change) {
        surplus.add(key, change);
        if (undo != null) {
            undo.steps.add(() -> surplus.add(key, -change));
        }
    }

    /**
     * @param kv what goes out to watchers
     * @param stored what goes to disk
     * @param previous the record before this change, or null
     * @param old its numbers
     */
    private void record(
            byte[] key, boolean delete, byte[] kv, byte[] stored, byte[] previous, KeyValueRecord.Numbers old) {
        byte[] before = previous;
        long beforeMod = old.modRevision();
        // Without this look at the record, a deletion of n keys would compare n * n of them.
        if (beforeMod == revision) {
            before = beforeRevision(key);
            beforeMod = before == null ? 0 : KeyValueRecord.modRevision(before);
        }
        Event event = new Event(revision, sub, delete, kv, before);
        events.add(event);
        writes.add(new Write(Storage.Family.HISTORY, HistoryKey.of(key, revision, sub), stored));
        writes.add(new Write(
                Storage.Family.EVENTS, HistoryKey.event(revision, sub), StoredEvent.encode(event, key, beforeMod)));
        sub++;
    }

    /**
     * The record before this revision of a key that it has changed already. A transaction can delete and put the same key
     * (see {@link RequestChecks}); what a watcher gets as the pair before is then that of the first change.
     */
    private byte[] beforeRevision(byte[] key) {
        if (firstEvents == null) {
            firstEvents = new TreeMap<>(Arrays::compareUnsigned);
            seenEvents = events.size() - sub;
        }
        for (; seenEvents < events.size(); seenEvents++) {
            firstEvents.putIfAbsent(events.get(seenEvents).key(), events.get(seenEvents));
        }
        return firstEvents.get(key).previous();
    }

    // ---- leases

    boolean hasLease(long id) {
        return lease(id) != null;
    }

    private LeaseEntry lease(long id) {
        return changedLeases.containsKey(id) ? changedLeases.get(id) : base.lease(id);
    }

    /** Whether the lease is there, and is the one that this grant made. */
    boolean hasLease(long id, long granted) {
        LeaseEntry lease = lease(id);
        return lease != null && lease.granted() == granted;
    }

    void grant(long id, long ttl) {
        changedLeases.put(id, new LeaseEntry(id, ttl, appliedIndex, LeaseEntry.NO_KEYS));
        changedAttachments.remove(id);
        residentBytes += LeaseEntry.OWN_SIZE;
        writes.add(StoredLease.grant(id, ttl, appliedIndex));
    }

    /** Removes a lease whose keys are deleted already. */
    void revoke(long id) {
        changedLeases.put(id, null);
        changedAttachments.remove(id);
        residentBytes -= LeaseEntry.OWN_SIZE;
        writes.add(StoredLease.revoke(id));
    }

    /** The keys attached to a lease that exists, in order. */
    List<byte[]> leaseKeys(long id) {
        return keysOf(id).stream().toList();
    }

    private ChunkedSortedSet<byte[]> keysOf(long id) {
        LeaseKeys keys = changedAttachments.get(id);
        if (keys != null) {
            return keys.all();
        }
        LeaseEntry lease = lease(id);
        return lease == null ? LeaseEntry.NO_KEYS : lease.keys();
    }

    private void attach(long lease, byte[] key) {
        LeaseKeys keys = changedKeysOf(lease);
        keys.attach(key);
        if (undo != null) {
            undo.steps.add(() -> keys.detach(key));
        }
    }

    private void detach(long lease, byte[] key) {
        LeaseKeys keys = changedKeysOf(lease);
        keys.detach(key);
        if (undo != null) {
            undo.steps.add(() -> keys.attach(key));
        }
    }

    private LeaseKeys changedKeysOf(long lease) {
        return changedAttachments.computeIfAbsent(
                lease, id -> new LeaseKeys(lease(id).keys()));
    }

    @Override
    public boolean hasKeys(long id) {
        LeaseKeys keys = changedAttachments.get(id);
        return keys != null ? !keys.isEmpty() : !keysOf(id).isEmpty();
    }

    @Override
    public boolean within(long id, KeyIntervals intervals) {
        LeaseKeys keys = changedAttachments.get(id);
        return keys != null ? keys.within(intervals) : intervals.containsAll(keysOf(id));
    }

    // ---- users and roles

    AuthState auth() {
        return auth;
    }

    void auth(AuthState changed) {
        auth = changed;
    }

    // ---- the end of the batch

    Cut cut() {
        writes.addAll(StoredAuth.writes(base.auth(), auth));
        if (events.isEmpty() && writes.isEmpty() && !changedMeta) {
            Snapshot same =
                    appliedIndex == base.appliedIndex() ? base : snapshot(base.keys(), base.leases(), base.meshState());
            return new Cut(same, List.of(), null);
        }
        Snapshot next = snapshot(mergedKeys(), mergedLeases(), mergedMesh());
        writes.add(StoredMeta.state(next));
        EventBatch batch = events.isEmpty() ? null : new EventBatch(base.revision() + 1, revision, List.copyOf(events));
        return new Cut(next, writes, batch);
    }

    private Snapshot snapshot(KeySet keys, ChunkedSortedSet<LeaseEntry> leases, MeshState mesh) {
        return new Snapshot(revision, compactedRevision, appliedIndex, keys, leases, alarms, residentBytes, mesh, auth);
    }

    private KeySet mergedKeys() {
        if (changed.isEmpty()) {
            return base.keys();
        }
        byte[][] elements = new byte[changed.size()][];
        boolean[] remove = new boolean[elements.length];
        int n = 0;
        for (Map.Entry<byte[], byte[]> change : changed.entrySet()) {
            boolean gone = change.getValue() == GONE;
            // a set of records is searched by record, so a deletion needs one with the key
            elements[n] = gone ? KeyValueRecord.encode(change.getKey(), 0, 0, 0, GONE, 0) : change.getValue();
            remove[n++] = gone;
        }
        return new KeySet(base.keys().records().update(elements, remove, n));
    }

    private MeshState mergedMesh() {
        return MeshMaintenance.next(base.meshState(), changed, this::pendingFull);
    }

    private ChunkedSortedSet<LeaseEntry> mergedLeases() {
        if (changedLeases.isEmpty() && changedAttachments.isEmpty()) {
            return base.leases();
        }
        TreeMap<Long, LeaseEntry> changes = new TreeMap<>(changedLeases);
        changedAttachments.forEach((id, keys) -> changes.put(id, lease(id).withKeys(keys.all())));
        LeaseEntry[] elements = new LeaseEntry[changes.size()];
        boolean[] remove = new boolean[elements.length];
        int n = 0;
        for (Map.Entry<Long, LeaseEntry> change : changes.entrySet()) {
            remove[n] = change.getValue() == null;
            elements[n++] =
                    remove[n - 1] ? new LeaseEntry(change.getKey(), 0, 0, LeaseEntry.NO_KEYS) : change.getValue();
        }
        return base.leases().update(elements, remove, n);
    }
}
