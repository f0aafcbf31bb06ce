package io.meshkeep.clustermesh.kvstore;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.WatchResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One prefix that is followed: a list, then a watch from the revision after it, and again when the watch cannot go on.
 * All of it happens on {@link WatchStream#delivery()}, where the follower is called, but for what says otherwise.
 */
final class Following implements Kvstore.Follow {
    private static final Logger log = LoggerFactory.getLogger(Following.class);

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(10));

    private final ChannelKvstore kvstore;
    private final WatchStream watches;
    private final String prefix;
    private final ByteString start;
    private final ByteString end;
    private final Kvstore.Follower follower;
    private volatile boolean closed;

    /** The revision that each pair had which the follower was told of. */
    private final Map<String, Long> told = new HashMap<>();

    /** While a list is read: what was told before and has not come again. */
    private final Set<String> missing = new HashSet<>();

    /** Grows with each list, so that the answers of one that was given up are known. */
    private long listNumber;

    private boolean watching;
    private boolean interrupted;
    private long position;
    private long listedFrom;
    private int failures;

    Following(ChannelKvstore kvstore, WatchStream watches, String prefix, Kvstore.Follower follower) {
        this.kvstore = kvstore;
        this.watches = watches;
        this.prefix = prefix;
        this.start = Prefix.start(prefix);
        this.end = Prefix.end(ByteString.copyFromUtf8(prefix));
        this.follower = follower;
    }

    ByteString start() {
        return start;
    }

    ByteString end() {
        return end;
    }

    /** From any thread. */
    void begin() {
        kvstore.loop().execute(() -> {
            watches.add(this);
            watches.delivery().execute(this::relist);
        });
    }

    /** Lists anew, whatever was going on. */
    void relist() {
        if (closed) {
            return;
        }
        watching = false;
        interrupted = false;
        listNumber++;
        missing.clear();
        missing.addAll(told.keySet());
        page(listNumber, start, 0);
    }

    private void page(long number, ByteString from, long revision) {
        kvstore.range(ChannelKvstore.pageRequest(from, end, revision))
                .whenComplete((response, failure) -> watches.delivery().execute(() -> {
                    if (closed || number != listNumber) {
                        return;
                    }
                    if (failure != null) {
                        listFailed(number, failure);
                    } else {
                        page(number, revision, response);
                    }
                }));
    }

    private void page(long number, long revision, RangeResponse response) {
        long at = revision;
        if (revision == 0) {
            at = response.getHeader().getRevision();
            long etcd = response.getHeader().getClusterId();
            if (etcd != listedFrom) {
                // revisions of another etcd say nothing about what has changed
                told.replaceAll((key, old) -> 0L);
                listedFrom = etcd;
            }
        } else if (response.getHeader().getClusterId() != listedFrom) {
            relist();
            return;
        }
        for (KeyValue kv : response.getKvsList()) {
            put(kv);
        }
        if (response.getMore() && response.getKvsCount() > 0) {
            page(number, ChannelKvstore.after(response), at);
            return;
        }
        for (String key : missing) {
            deleted(key);
        }
        missing.clear();
        failures = 0;
        position = at;
        tell(() -> follower.listed(position));
        watching = true;
        long next = position + 1;
        kvstore.loop().execute(() -> watches.watch(this, next));
    }

    private void listFailed(long number, Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        tell(() -> follower.failed(cause));
        later(number);
    }

    private void later(long number) {
        failures++;
        KvstoreThreads.TIMER.schedule(
                () -> watches.delivery().execute(() -> {
                    if (number == listNumber) {
                        relist();
                    }
                }),
                BACKOFF.millisAfter(failures),
                TimeUnit.MILLISECONDS);
    }

    private void put(KeyValue kv) {
        String key = kv.getKey().toStringUtf8();
        missing.remove(key);
        Long before = told.put(key, kv.getModRevision());
        if (before == null || before != kv.getModRevision()) {
            tell(() -> follower.put(ChannelKvstore.pair(kv)));
        }
    }

    private void deleted(String key) {
        if (told.remove(key) != null) {
            tell(() -> follower.deleted(key));
        }
    }

    /** A message of the watch has come. */
    void answered(WatchResponse response) {
        if (closed || !watching) {
            return;
        }
        if (response.getHeader().getClusterId() != listedFrom) {
            again(Status.UNAVAILABLE.withDescription("the etcd was replaced by another"));
        } else if (response.getCanceled()) {
            if (response.getCompactRevision() != 0) {
                log.debug("{} is listed anew: revision {} is compacted", prefix, position + 1);
                relist();
            } else {
                again(Status.UNKNOWN.withDescription(
                        response.getCancelReason().isEmpty()
                                ? "the server cancelled the watch"
                                : response.getCancelReason()));
            }
        } else if (response.getCreated() && response.getHeader().getRevision() < position) {
            again(Status.DATA_LOSS.withDescription("the etcd has fewer revisions than it had"));
        } else {
            for (Event event : response.getEventsList()) {
                if (event.getKv().getModRevision() <= position) {
                    continue;
                }
                if (event.getType() == Event.EventType.DELETE) {
                    deleted(event.getKv().getKey().toStringUtf8());
                } else {
                    put(event.getKv());
                }
            }
            int events = response.getEventsCount();
            if (!response.getFragment() && events > 0) {
                // etcd's header may be ahead of what it has sent
                position = Math.max(
                        position, response.getEvents(events - 1).getKv().getModRevision());
            }
        }
    }

    private void again(Status why) {
        watching = false;
        tell(() -> follower.failed(why.asRuntimeException()));
        kvstore.loop().execute(() -> watches.unwatch(this));
        later(listNumber);
    }

    /** The watch stream broke; {@link #resume()} follows. */
    void interrupted(Throwable cause) {
        interrupted = watching;
        tell(() -> follower.failed(cause));
    }

    /** Goes on watching from where it was. */
    void resume() {
        if (!closed && interrupted) {
            interrupted = false;
            long next = position + 1;
            kvstore.loop().execute(() -> watches.watch(this, next));
        }
    }

    /** What a follower throws is its own; the others are not to suffer from it. */
    private void tell(Runnable call) {
        if (closed) {
            return;
        }
        try {
            call.run();
        } catch (RuntimeException e) {
            log.error("a follower of {} failed", prefix, e);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            kvstore.loop().execute(() -> watches.remove(this));
        }
    }
}
