package io.meshkeep.server.metrics;

/**
 * Values that the server knows anyway and that a scrape asks for. Called on the scraping thread, from any number of
 * threads at once; each method returns promptly, without waiting for a lock that I/O may be holding, and a value that
 * was true a moment ago.
 */
public interface MetricsSource {
    /** This member's id, as in the response headers. */
    long memberId();

    /** The newest revision. */
    long currentRevision();

    /** The revision of the last compaction, or -1 before the first one. */
    long compactRevision();

    /** When the last compaction ended, in seconds since the epoch, or 0 if none has since the start. */
    long lastCompactionSeconds();

    /** Current keys. */
    long keys();

    /** Watches open on all streams. */
    long watchers();

    /** Watch streams open. */
    long watchStreams();

    /** Watches that are catching up with the present. */
    long slowWatchers();

    /** Events taken up for watchers and not yet handed to the transport. */
    long pendingEvents();

    /** Bytes that the store holds on disk: what the quota is compared with. */
    long dbSizeBytes();

    /** Bytes of {@link #dbSizeBytes()} that hold live data. */
    long dbSizeInUseBytes();

    /** Views of the past of the store that readers hold open. */
    long openReadTransactions();

    /** The quota in bytes; 0 if there is none. */
    long quotaBytes();

    /** Whether there is a leader. */
    boolean hasLeader();

    /** Whether this member leads. */
    boolean isLeader();

    /** Leaders seen since the start. */
    long leaderChanges();

    /** The index of the newest committed command. */
    long proposalsCommitted();

    /** The index of the newest applied command. */
    long proposalsApplied();

    /** Commands taken in and not yet committed. */
    long proposalsPending();

    /** The revision of the user and role store. */
    long authRevision();

    /** Whether a defragmentation is running. */
    boolean defragmenting();
}
