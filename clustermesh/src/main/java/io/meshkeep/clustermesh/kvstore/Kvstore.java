package io.meshkeep.clustermesh.kvstore;

import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A client of one etcd. Thread-safe. Calls return at once; their futures fail with
 * {@link io.grpc.StatusRuntimeException}, whose description is etcd's text. What is chained to a future runs on a thread
 * of the client and must not block. Keys are text, as all of Cilium's are.
 *
 * <p>An etcd that lost its data and came back with another cluster id is told from one that was away for a moment: all
 * leases are lost then, and everything followed is listed anew.
 */
public interface Kvstore extends AutoCloseable {
    /** A pair as it is stored; {@code lease} is 0 for none. */
    record Pair(String key, ByteString value, long modRevision, long lease) {}

    /** The pairs below a prefix at a revision. */
    record Listing(List<Pair> pairs, long revision) {}

    CompletableFuture<Optional<Pair>> get(String key);

    /** Lists a prefix page by page, all pages at the first one's revision. */
    CompletableFuture<Listing> list(String prefix);

    /**
     * Writes a pair.
     *
     * @param lease 0 for none
     * @return the revision of the write
     */
    CompletableFuture<Long> put(String key, ByteString value, long lease);

    /**
     * What becomes of a key.
     *
     * @param value null if it is deleted
     * @param lease 0 for none
     */
    record Change(String key, ByteString value, long lease) {}

    /**
     * Changes several keys in one revision, all or none.
     *
     * @param changes of different keys, at most {@value #MOST_CHANGES}
     */
    CompletableFuture<Void> change(List<Change> changes);

    /** What an etcd takes at once, unless it is told otherwise. */
    int MOST_CHANGES = 128;

    /**
     * Writes a pair if there is none with the key.
     *
     * @return whether it was written
     */
    CompletableFuture<Boolean> create(String key, ByteString value, long lease);

    /**
     * Writes another value if nobody has written since.
     *
     * @param read the pair as it was read
     * @return whether it was written
     * @throws UnsupportedOperationException if this is a view of a client that has no use for it
     */
    default CompletableFuture<Boolean> replace(Pair read, ByteString value, long lease) {
        throw new UnsupportedOperationException("replace");
    }

    /**
     * Deletes a pair.
     *
     * @return whether there was one
     */
    CompletableFuture<Boolean> delete(String key);

    /**
     * Deletes all pairs below a prefix in one revision.
     *
     * @return how many there were
     */
    CompletableFuture<Long> deletePrefix(String prefix);

    /**
     * Grants a lease and keeps it alive until it is closed or lost; see {@link Lease#lost()}.
     *
     * @param ttl whole seconds
     */
    CompletableFuture<Lease> grant(Duration ttl);

    /**
     * Keeps a lease alive that was granted to somebody before; fails with NOT_FOUND if it is gone.
     *
     * @param id as a {@link Pair} tells it
     */
    CompletableFuture<Lease> keepAlive(long id);

    /**
     * Lists a prefix and follows it from there on, through lost connections and compactions, until it is closed. The
     * follower is called by one thread at a time, in order; while it does not return, nothing is read for it and the
     * other followers of this client.
     */
    Follow follow(String prefix, Follower follower);

    /** The cluster id that answers carry; 0 until one has come. */
    long clusterId();

    /** Ends all that was begun with this client. Leases are left to run out, as Cilium does. */
    @Override
    void close();

    /** A lease that is kept alive. */
    interface Lease extends AutoCloseable {
        long id();

        /** How long it lives without being kept alive. */
        Duration ttl();

        /** Completes when the lease is gone on the server, or nothing was heard of it for its TTL. */
        CompletableFuture<Void> lost();

        /** Keeps it alive no more; does not revoke it. */
        @Override
        void close();
    }

    /** What is being followed. */
    interface Follow extends AutoCloseable {
        /** The follower is not called any more, but for a call that has begun. */
        @Override
        void close();
    }

    /** Is told what a prefix holds and how that changes. */
    interface Follower {
        /** A pair is there, or has another value now. Told again after a new list for what is new or changed alone. */
        void put(Pair pair);

        /** A pair is not there any more; also told for what a new list lacks. */
        void deleted(String key);

        /** All pairs of a list have been told: the first, or one after a gap that events could not bridge. */
        void listed(long revision);

        /** What goes wrong meanwhile; it is tried again by itself. */
        default void failed(Throwable cause) {}
    }
}
