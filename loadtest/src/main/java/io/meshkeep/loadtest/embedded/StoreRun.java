package io.meshkeep.loadtest.embedded;

import com.google.protobuf.ByteString;
import io.meshkeep.loadtest.load.LoadException;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.store.Command;
import io.meshkeep.store.Result;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import io.meshkeep.store.WatchMessage;
import io.meshkeep.store.WatchSink;
import io.meshkeep.store.WatchStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** A store in this process under the loads that a server gets. For one thread. */
final class StoreRun implements AutoCloseable {
    private static final int KEYS = 10_000;
    private static final int VALUE_BYTES = 200;
    private static final int KEYS_PER_LEASE = 1000;
    private static final int LEASES = 500;
    private static final int VALUES = 1024;
    private static final int KEY_DIGITS = 8;
    private static final ByteString PREFIX = ByteString.copyFromUtf8("bench/default/store/");
    private static final ByteString PREFIX_END = ByteString.copyFromUtf8("bench/default/store0");
    private static final long WAIT_SECONDS = 60;

    private final Store store;
    private final AtomicLong eventsSent = new AtomicLong();
    private final SplittableRandom random = new SplittableRandom(1);
    private final List<ByteString> values = new ArrayList<>();
    private final Duration warmUp;
    private final Duration window;

    StoreRun(Path directory, Duration warmUp, Duration window) {
        this.warmUp = warmUp;
        this.window = window;
        store = Store.open(
                "bench", directory, StoreOptions.builder().quotaBytes(16L << 30).build(), new Store.Observer() {
                    @Override
                    public void eventsSent(long events) {
                        eventsSent.addAndGet(events);
                    }
                });
        byte[] value = new byte[VALUE_BYTES];
        for (int i = 0; i < VALUES; i++) {
            random.nextBytes(value);
            values.add(ByteString.copyFrom(value));
        }
    }

    /**
     * What came out.
     *
     * @param perSecond operations in a second
     * @param latency of each, in nanoseconds
     */
    record Rate(double perSecond, Histogram latency) {}

    /** Made by hand, since formatting takes longer than a read. */
    private static ByteString key(String kind, long number) {
        byte[] digits = new byte[KEY_DIGITS];
        long rest = number;
        for (int i = KEY_DIGITS - 1; i >= 0; i--) {
            digits[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        return PREFIX.concat(ByteString.copyFromUtf8(kind)).concat(ByteString.copyFrom(digits));
    }

    private PutRequest put(String kind, long number, long turn) {
        return PutRequest.newBuilder()
                .setKey(key(kind, number))
                .setValue(values.get((int) (turn % VALUES)))
                .build();
    }

    /** Puts so many keys, so that there is something to read. */
    void fill() throws InterruptedException {
        Writer writer = new Writer(500, turn -> new Command.Put(put("", turn, turn)));
        writer.some(KEYS);
        writer.drain();
    }

    /** Puts with so many on their way. */
    Rate puts(int inFlight) throws InterruptedException {
        return new Writer(inFlight, turn -> new Command.Put(put("", random.nextInt(KEYS), turn))).measure();
    }

    /** Transactions that create a key and attach it to a lease, a hundred on their way. */
    Rate creates() throws InterruptedException {
        Writer grants = new Writer(100, turn -> new Command.LeaseGrant(1 + turn, 3600));
        grants.some(LEASES);
        grants.drain();
        return new Writer(100, turn -> {
                    ByteString key = key("t", turn);
                    return new Command.Txn(TxnRequest.newBuilder()
                            .addCompare(Compare.newBuilder()
                                    .setResult(Compare.CompareResult.EQUAL)
                                    .setTarget(Compare.CompareTarget.CREATE)
                                    .setKey(key)
                                    .setCreateRevision(0))
                            .addSuccess(RequestOp.newBuilder()
                                    .setRequestPut(PutRequest.newBuilder()
                                            .setKey(key)
                                            .setValue(values.get((int) (turn % VALUES)))
                                            .setLease(1 + turn / KEYS_PER_LEASE % LEASES)))
                            .build());
                })
                .measure();
    }

    /** Ranges of one key, one after the other. */
    Rate ranges() {
        return reads(() ->
                RangeRequest.newBuilder().setKey(key("", random.nextInt(KEYS))).build());
    }

    /** Ranges of all keys that were filled, one after the other. */
    Rate lists() {
        RangeRequest all = RangeRequest.newBuilder()
                .setKey(key("", 0))
                .setRangeEnd(key("", KEYS))
                .build();
        return reads(() -> all);
    }

    private interface Requests {
        RangeRequest next();
    }

    private Rate reads(Requests requests) {
        Histogram latency = Recorder.newHistogram();
        long begin = System.nanoTime();
        long counted = begin + warmUp.toNanos();
        long end = counted + window.toNanos();
        long bytes = 0;
        long now = begin;
        // At least one is counted, however long it takes.
        while (now < end || latency.getTotalCount() == 0) {
            Result.Range range = store.range(requests.next());
            if (range.records().isEmpty()) {
                throw new LoadException("a key that is there was not found", null);
            }
            bytes += range.recordBytes();
            long after = System.nanoTime();
            if (now >= counted) {
                latency.recordValue(after - now);
            }
            now = after;
        }
        if (bytes == 0) {
            throw new LoadException("nothing was read", null);
        }
        return new Rate(latency.getTotalCount() * 1e9 / (now - counted), latency);
    }

    /** Events to watchers whose messages are written to memory, sixteen puts on their way. */
    Rate events(int watchers, int streams) throws InterruptedException {
        CountDownLatch created = new CountDownLatch(watchers);
        List<WatchStream> open = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            WatchStream stream = store.watches().open(new Drain());
            open.add(stream);
            for (int id = 1; id <= watchers / streams; id++) {
                stream.create(
                        WatchCreateRequest.newBuilder()
                                .setKey(key("w", 0))
                                .setRangeEnd(PREFIX_END)
                                .setWatchId(id)
                                .build(),
                        created::countDown);
            }
        }
        if (!created.await(WAIT_SECONDS, TimeUnit.SECONDS)) {
            throw new LoadException("watches were not created", null);
        }
        Paced puts = new Paced(watchers);
        puts.run(warmUp);
        long before = eventsSent.get();
        long begin = System.nanoTime();
        puts.run(window);
        Rate rate = new Rate((eventsSent.get() - before) * 1e9 / (System.nanoTime() - begin), Recorder.newHistogram());
        open.forEach(WatchStream::close);
        return rate;
    }

    /** Puts, as long as at most sixteen have not come to all watchers. */
    private final class Paced {
        private static final int ON_THEIR_WAY = 16;
        private final int watchers;
        private final Writer writer = new Writer(ON_THEIR_WAY, turn -> new Command.Put(put("w", 0, turn)));

        Paced(int watchers) {
            this.watchers = watchers;
        }

        void run(Duration time) throws InterruptedException {
            long start = eventsSent.get();
            long end = System.nanoTime() + time.toNanos();
            long sent = 0;
            do {
                if (sent - (eventsSent.get() - start) / watchers < ON_THEIR_WAY) {
                    writer.some(1);
                    sent++;
                } else {
                    Thread.onSpinWait();
                }
            } while (System.nanoTime() < end);
            writer.drain();
            long late = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
            while (eventsSent.get() - start < sent * watchers) {
                if (System.nanoTime() > late) {
                    throw new LoadException("watchers were not told of all puts", null);
                }
                Thread.onSpinWait();
            }
        }
    }

    /** Takes all that comes, at once. */
    private static final class Drain implements WatchSink {
        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void send(WatchMessage message) {
            if (message.size() <= 0) {
                throw new IllegalStateException("an empty message");
            }
        }
    }

    /** Has so many commands on their way. */
    private final class Writer {
        private final int inFlight;
        private final LongFunction<Command> commands;
        private final Semaphore room;
        private final ConcurrentHistogram latency = new ConcurrentHistogram(TimeUnit.MINUTES.toNanos(1), 3);
        private final AtomicReference<RuntimeException> failure = new AtomicReference<>();
        private final AtomicLong done = new AtomicLong();
        private volatile boolean counting;
        private long turn;

        Writer(int inFlight, LongFunction<Command> commands) {
            this.inFlight = inFlight;
            this.commands = commands;
            this.room = new Semaphore(inFlight);
        }

        Rate measure() throws InterruptedException {
            until(System.nanoTime() + warmUp.toNanos());
            counting = true;
            long before = done.get();
            long begin = System.nanoTime();
            until(begin + window.toNanos());
            while (done.get() == before) {
                some(1);
            }
            long operations = done.get() - before;
            long nanos = System.nanoTime() - begin;
            counting = false;
            drain();
            return new Rate(operations * 1e9 / nanos, latency);
        }

        private void until(long end) throws InterruptedException {
            while (System.nanoTime() < end) {
                some(1);
            }
        }

        void some(long count) throws InterruptedException {
            for (long i = 0; i < count; i++) {
                Command command = commands.apply(turn++);
                if (inFlight == 1) {
                    // A thread that sleeps would be woken at the cost of a good part of a sync.
                    while (!room.tryAcquire()) {
                        Thread.onSpinWait();
                    }
                } else {
                    room.acquire();
                }
                if (failure.get() != null) {
                    throw failure.get();
                }
                long begin = System.nanoTime();
                store.write(command, VALUE_BYTES, (result, error) -> {
                    if (error != null) {
                        failure.compareAndSet(null, error);
                    } else if (result instanceof Result.Txn txn && !txn.succeeded()) {
                        failure.compareAndSet(
                                null, new LoadException("a key that was absent could not be created", null));
                    }
                    done.incrementAndGet();
                    if (counting) {
                        latency.recordValue(Math.min(System.nanoTime() - begin, latency.getHighestTrackableValue()));
                    }
                    room.release();
                });
            }
        }

        void drain() throws InterruptedException {
            if (!room.tryAcquire(inFlight, WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new LoadException("writes are not answered", null);
            }
            room.release(inFlight);
            if (failure.get() != null) {
                throw failure.get();
            }
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
