package io.meshkeep.store;

import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.store.StateMachine.Write;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Says whether there is room for a write, before it is queued: on disk by the quota and by what the file system has
 * left, and in memory. The answer is an input of the state machine (an alarm), never read while applying.
 */
final class SpaceGuard {
    /** What etcd reckons that a put needs beside key and value. */
    private static final int PUT_OVERHEAD = 256;

    private static final int LEASE_COST = 64;

    /** What RocksDB needs for a record beside its bytes while it is in memory; nearly. */
    private static final int WRITE_OVERHEAD = 64;

    private final Storage storage;
    private final StoreOptions options;
    private volatile long size;
    private volatile long sizeInUse;
    private volatile long usable;
    private final AtomicLong writtenSince = new AtomicLong();

    SpaceGuard(Storage storage, StoreOptions options) {
        this.storage = storage;
        this.options = options;
        measure();
    }

    /** Looks at the disk. Called now and then; in between, what was written is added up. */
    synchronized void measure() {
        long written = writtenSince.get();
        size = storage.size();
        sizeInUse = storage.sizeInUse();
        usable = storage.usableSpace();
        writtenSince.addAndGet(-written);
    }

    void wrote(List<Write> writes) {
        long bytes = 0;
        for (Write write : writes) {
            bytes += WRITE_OVERHEAD + write.key().length + (write.value() == null ? 0 : write.value().length);
        }
        writtenSince.addAndGet(bytes);
    }

    long size() {
        return size;
    }

    long sizeInUse() {
        return Math.min(size, sizeInUse);
    }

    boolean hasRoom(Command command, Snapshot snapshot) {
        long cost = cost(command.bare());
        if (cost == 0) {
            return true;
        }
        long written = writtenSince.get();
        return (options.quotaBytes() <= 0 || size + written + cost < options.quotaBytes())
                && usable - written - cost > options.minFreeDiskBytes()
                && snapshot.residentBytes() + cost < options.maxResidentBytes();
    }

    private static long cost(Command command) {
        if (command instanceof Command.Put put) {
            return cost(put.request());
        } else if (command instanceof Command.Txn txn) {
            return cost(txn.request());
        } else {
            return command instanceof Command.LeaseGrant ? LEASE_COST : 0;
        }
    }

    private static long cost(PutRequest put) {
        return (long) PUT_OVERHEAD + put.getKey().size() + put.getValue().size();
    }

    private static long cost(TxnRequest txn) {
        return Math.max(cost(txn.getSuccessList()), cost(txn.getFailureList()));
    }

    private static long cost(List<RequestOp> ops) {
        long cost = 0;
        for (RequestOp op : ops) {
            if (op.hasRequestPut()) {
                cost += cost(op.getRequestPut());
            } else if (op.hasRequestTxn()) {
                cost += cost(op.getRequestTxn());
            }
        }
        return cost;
    }
}
