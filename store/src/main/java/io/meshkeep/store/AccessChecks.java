package io.meshkeep.store;

import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.Permission;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.List;

/** What a caller must be permitted for a request, as etcd 3.5 has it. Each check throws when something is missing. */
final class AccessChecks {
    private AccessChecks() {}

    /** The keys attached to leases, in the state that is checked. */
    interface Leases {
        /** Whether all keys of a lease are in these intervals; a lease that does not exist has none. */
        boolean within(long id, KeyIntervals intervals);

        /** Whether a lease has a key. */
        boolean hasKeys(long id);
    }

    static void range(AuthState auth, Caller caller, RangeRequest request) {
        auth.requireRead(caller, request.getKey(), request.getRangeEnd());
    }

    static void put(AuthState auth, Caller caller, PutRequest request, Leases leases) {
        if (!auth.isEnabled()) {
            return;
        }
        KeyRange key = KeyRange.single(request.getKey().toByteArray());
        auth.requireWrite(caller, key);
        if (request.getLease() != 0) {
            // who could not revoke the lease must not tie keys to its end
            leaseWrite(auth, caller, request.getLease(), leases);
        }
        if (request.getPrevKv()) {
            auth.requireRead(caller, key);
        }
    }

    static void delete(AuthState auth, Caller caller, DeleteRangeRequest request) {
        auth.requireWrite(caller, request.getKey(), request.getRangeEnd());
        if (request.getPrevKv()) {
            auth.requireRead(caller, request.getKey(), request.getRangeEnd());
        }
    }

    /** Every compare and every operation of both branches, nested ones included, whichever branch will be taken. */
    static void txn(AuthState auth, Caller caller, TxnRequest request, Leases leases) {
        if (!auth.isEnabled()) {
            return;
        }
        for (Compare compare : request.getCompareList()) {
            auth.requireRead(caller, compare.getKey(), compare.getRangeEnd());
        }
        ops(auth, caller, request.getSuccessList(), leases);
        ops(auth, caller, request.getFailureList(), leases);
    }

    private static void ops(AuthState auth, Caller caller, List<RequestOp> ops, Leases leases) {
        for (RequestOp op : ops) {
            switch (op.getRequestCase()) {
                case REQUEST_RANGE -> range(auth, caller, op.getRequestRange());
                case REQUEST_PUT -> put(auth, caller, op.getRequestPut(), leases);
                case REQUEST_DELETE_RANGE -> delete(auth, caller, op.getRequestDeleteRange());
                case REQUEST_TXN -> txn(auth, caller, op.getRequestTxn(), leases);
                case REQUEST_NOT_SET -> throw new IllegalStateException("unset operation passed the checks");
            }
        }
    }

    /** All keys of the lease may be written. Without keys there is nothing to be permitted. */
    static void leaseWrite(AuthState auth, Caller caller, long id, Leases leases) {
        if (auth.isRoot(caller) || !leases.hasKeys(id)) {
            return;
        }
        if (!leases.within(id, auth.accessNow(caller).write())) {
            throw auth.deniedLease(caller, Permission.Type.WRITE, id);
        }
    }

    /** All keys of the lease may be read. */
    static void leaseRead(AuthState auth, Caller caller, LeaseEntry lease) {
        if (auth.isRoot(caller) || lease == null || lease.keys().isEmpty()) {
            return;
        }
        if (!auth.accessNow(caller).read().containsAll(lease.keys())) {
            throw auth.deniedLease(caller, Permission.Type.READ, lease.id());
        }
    }

    /** What the state machine will ask before it changes keys, asked of a snapshot. */
    static void early(Snapshot snapshot, Caller caller, Command command) {
        AuthState auth = snapshot.auth();
        if (command instanceof Command.Put put) {
            put(auth, caller, put.request(), leasesOf(snapshot));
        } else if (command instanceof Command.Txn txn) {
            txn(auth, caller, txn.request(), leasesOf(snapshot));
        } else if (command instanceof Command.DeleteRange delete) {
            delete(auth, caller, delete.request());
        } else if (command instanceof Command.LeaseRevoke revoke) {
            auth.requireCredentials(caller);
            leaseWrite(auth, caller, revoke.id(), leasesOf(snapshot));
        } else if (command instanceof Command.Auth || command instanceof Command.Compact) {
            auth.requireRoot(caller);
        }
    }

    /** The leases of a snapshot. */
    static Leases leasesOf(Snapshot snapshot) {
        return new Leases() {
            @Override
            public boolean within(long id, KeyIntervals intervals) {
                return intervals.containsAll(keys(id));
            }

            @Override
            public boolean hasKeys(long id) {
                return !keys(id).isEmpty();
            }

            private ChunkedSortedSet<byte[]> keys(long id) {
                LeaseEntry lease = snapshot.lease(id);
                return lease == null ? LeaseEntry.NO_KEYS : lease.keys();
            }
        };
    }
}
