package io.meshkeep.store;

import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.store.mesh.MeshIndex;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * All that the store held after one commit: immutable, shared by any number of readers, never waiting for a writer.
 * What is published is on disk.
 */
public final class Snapshot {
    static final Comparator<LeaseEntry> LEASE_ORDER = Comparator.comparingLong(LeaseEntry::id);

    private final long revision;
    private final long compactedRevision;
    private final long appliedIndex;
    private final KeySet keys;
    private final ChunkedSortedSet<LeaseEntry> leases;
    private final Set<Alarm> alarms;
    private final long keyBytes;
    private final MeshState mesh;
    private final AuthState auth;

    Snapshot(
            long revision,
            long compactedRevision,
            long appliedIndex,
            KeySet keys,
            ChunkedSortedSet<LeaseEntry> leases,
            Set<Alarm> alarms,
            long keyBytes,
            MeshState mesh,
            AuthState auth) {
        this.revision = revision;
        this.compactedRevision = compactedRevision;
        this.appliedIndex = appliedIndex;
        this.keys = keys;
        this.leases = leases;
        this.alarms = Set.copyOf(alarms);
        this.keyBytes = keyBytes;
        this.mesh = mesh;
        this.auth = auth;
    }

    /** The store's revision: that of the newest change. */
    public long revision() {
        return revision;
    }

    /** The last compacted revision, or -1 if there was no compaction. Reads below it fail. */
    public long compactedRevision() {
        return compactedRevision;
    }

    /** How many commands the state machine has applied over the life of the data. */
    public long appliedIndex() {
        return appliedIndex;
    }

    /** Number of live keys. */
    public int keyCount() {
        return keys.records().size();
    }

    public int leaseCount() {
        return leases.size();
    }

    /** The ids of all leases, ascending. */
    public List<Long> leaseIds() {
        return leases.stream().map(LeaseEntry::id).toList();
    }

    public boolean hasLease(long id) {
        return lease(id) != null;
    }

    /** The keys attached to a lease, in order; empty if there is no such lease. */
    public List<byte[]> leaseKeys(long id) {
        LeaseEntry lease = lease(id);
        return lease == null ? List.of() : lease.keys().stream().toList();
    }

    /** The raised alarms; immutable. */
    public Set<Alarm> alarms() {
        return alarms;
    }

    /** Bytes of heap that the keys and values in memory and the index of the mesh take, nearly. */
    public long residentBytes() {
        return keyBytes + (mesh == null ? 0 : mesh.heapBytes());
    }

    /**
     * What the keys of the mesh say at exactly this revision; null if the store keeps no such index, or it has failed.
     * It may take a millisecond to work out when it is asked for first.
     */
    public MeshIndex mesh() {
        return mesh == null ? null : mesh.index();
    }

    /** Whether {@link #mesh} gives an index; takes no time. */
    public boolean hasMesh() {
        return mesh != null && mesh.isUsable();
    }

    MeshState meshState() {
        return mesh;
    }

    /** This snapshot for reads of keys alone, so that keeping it keeps no old index. */
    Snapshot withoutMesh() {
        return mesh == null
                ? this
                : new Snapshot(revision, compactedRevision, appliedIndex, keys, leases, alarms, keyBytes, null, auth);
    }

    long keyBytes() {
        return keyBytes;
    }

    /** Users and roles, and who may do what. */
    public AuthState auth() {
        return auth;
    }

    /**
     * Whether the caller may read every key that is attached to a lease.
     *
     * @throws EtcdException if not
     */
    public void requireLeaseRead(Caller caller, long id) {
        AccessChecks.leaseRead(auth, caller, lease(id));
    }

    /**
     * Whether the caller may read every key that is attached to any lease.
     *
     * @throws EtcdException if not
     */
    public void requireAllLeasesRead(Caller caller) {
        if (!auth.isRoot(caller)) {
            for (LeaseEntry lease : leases) {
                AccessChecks.leaseRead(auth, caller, lease);
            }
        }
    }

    /**
     * Whether the caller may change every key that is attached to a lease.
     *
     * @throws EtcdException if not
     */
    public void requireLeaseWrite(Caller caller, long id) {
        AccessChecks.leaseWrite(auth, caller, id, AccessChecks.leasesOf(this));
    }

    KeySet keys() {
        return keys;
    }

    ChunkedSortedSet<LeaseEntry> leases() {
        return leases;
    }

    LeaseEntry lease(long id) {
        return leases.find(lease -> Long.compare(lease.id(), id));
    }
}
