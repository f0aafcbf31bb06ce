/**
 * The store: etcd's multi-version key space, leases and watches on RocksDB.
 *
 * <p>{@link io.meshkeep.store.Store} is the way in. Reads are answered from an immutable
 * {@link io.meshkeep.store.Snapshot}; writes are {@link io.meshkeep.store.Command}s, applied in one order by one
 * thread and answered once they are on disk.
 */
package io.meshkeep.store;
