package io.meshkeep.loadtest.workload;

import com.google.protobuf.ByteString;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.client.Wire;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Pace;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchRequest;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Many watchers of one prefix. A put counts as on its way until all watchers have its event, and only so many are on
 * their way at a time: a server that falls behind is not flooded, and one that does not is not held back. In bursts, the
 * next so many follow when all watchers have all events of the last ones. With a rate, puts come by the clock, and
 * latency is from when each was due. Each event carries the number of its put, so every watcher is seen to get every
 * event once, and all get them in one order.
 */
final class WatchFanOut implements Load {
    /**
     * How many there are.
     *
     * @param watchers a multiple of the streams
     * @param putsOnTheirWay at a time, or in a burst; at most 1,000
     */
    record Size(int watchers, int streams, int putsOnTheirWay, boolean bursts) {
        int watchersPerStream() {
            return watchers / streams;
        }
    }

    /** Puts are remembered here until they are delivered; a power of two above what can be on its way. */
    private static final int MEMORY = 1024;

    private final EtcdClient client;
    private final Size size;
    private final long rate;
    private final RequestTemplate put;
    private final CompletableFuture<Void> created = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final ClientCall.Listener<byte[]> putDone = new PutDone();
    private final ClientCall<?, ?>[] streams;
    private final long[] sentAt = new long[MEMORY];
    private final int[] missing = new int[MEMORY];

    /** The numbers of the puts in the order in which the server applied them, as the first watcher to hear of one sees it. */
    private final long[] order = new long[MEMORY];

    private long ordered;
    private int watchersCreated;
    private long sent;
    private long delivered;
    private Recorder recorder;
    private Pace pace;
    private boolean stopping;

    private WatchFanOut(EtcdClient client, Size size, Keys keys, long seed, long rate) {
        this.client = client;
        this.size = size;
        this.rate = rate;
        this.streams = new ClientCall<?, ?>[size.streams];
        byte[] value = new byte[Keys.VALUE_BYTES - RequestTemplate.DIGITS];
        new SplittableRandom(seed).nextBytes(value);
        this.put = RequestTemplate.of(PutRequest.newBuilder()
                .setKey(keys.prefix().concat(ByteString.copyFromUtf8("0")))
                .setValue(RequestTemplate.MARK.concat(ByteString.copyFrom(value)))
                .build());
    }

    static Load prepare(EtcdClient client, long seed, long rate, Size size) {
        if (rate != 0 && size.bursts) {
            throw new IllegalArgumentException("bursts have no rate: one follows the other");
        }
        Keys keys = new Keys("watch", seed);
        WatchFanOut load = new WatchFanOut(client, size, keys, seed, rate);
        client.loop().execute(() -> load.openStreams(keys));
        load.created.orTimeout(60, TimeUnit.SECONDS).join();
        return load;
    }

    private void openStreams(Keys keys) {
        for (int i = 0; i < size.streams; i++) {
            ClientCall<byte[], byte[]> stream = client.open(i % client.connections(), Rpcs.WATCH, new Stream());
            streams[i] = stream;
            for (int id = 1; id <= size.watchersPerStream(); id++) {
                stream.sendMessage(WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder()
                                .setKey(keys.prefix())
                                .setRangeEnd(keys.prefixEnd())
                                .setWatchId(id))
                        .build()
                        .toByteArray());
            }
        }
    }

    @Override
    public void start(Recorder to) {
        recorder = to;
        if (rate == 0) {
            putSome();
        } else {
            pace = new Pace(System.nanoTime(), rate);
            putWhatIsDue();
        }
    }

    @Override
    public CompletableFuture<Void> stop() {
        stopping = true;
        if (delivered == sent) {
            end();
        }
        return ended;
    }

    private void putSome() {
        for (int i = 0; i < size.putsOnTheirWay; i++) {
            put(System.nanoTime());
        }
    }

    private void putWhatIsDue() {
        if (stopping) {
            return;
        }
        boolean room = sent - delivered < MEMORY - 1;
        while (room && pace.due() - System.nanoTime() <= 0) {
            put(pace.due());
            pace.advance();
            room = sent - delivered < MEMORY - 1;
        }
        long wait = Math.max(room ? 0 : 1_000_000, pace.due() - System.nanoTime());
        client.loop().schedule(this::putWhatIsDue, wait, TimeUnit.NANOSECONDS);
    }

    private void put(long due) {
        int slot = (int) (sent % MEMORY);
        sentAt[slot] = due;
        missing[slot] = size.watchers;
        client.call(0, Rpcs.PUT, put.with(sent), putDone);
        sent++;
    }

    private void gotEvent(long number, long now) {
        int slot = (int) (number % MEMORY);
        recorder.record(sentAt[slot], now);
        missing[slot]--;
        if (missing[slot] == 0) {
            delivered++;
            if (!stopping && rate == 0) {
                if (!size.bursts) {
                    put(System.nanoTime());
                } else if (delivered == sent) {
                    putSome();
                }
            } else if (stopping && delivered == sent) {
                end();
            }
        }
    }

    private void end() {
        for (ClientCall<?, ?> stream : streams) {
            stream.cancel("the run is over", null);
        }
        ended.complete(null);
    }

    private void fail(Throwable cause) {
        if (recorder == null) {
            created.completeExceptionally(cause);
        } else if (!ended.isDone()) {
            recorder.fail(cause);
        }
    }

    private final class PutDone extends ClientCall.Listener<byte[]> {
        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!status.isOk()) {
                fail(status.asRuntimeException());
            }
        }
    }

    private final class Stream extends ClientCall.Listener<byte[]> {
        private static final int WATCH_ID = 2;
        private static final int CREATED = 3;
        private static final int CANCELED = 4;
        private static final int EVENTS = 11;
        private static final int KV_IN_EVENT = 2;
        private static final int VALUE_IN_KV = 5;

        private final long[] seen = new long[size.watchersPerStream() + 1];

        @Override
        public void onMessage(byte[] message) {
            try {
                take(message, System.nanoTime());
            } catch (RuntimeException e) {
                fail(e);
            }
        }

        private void take(byte[] message, long now) {
            long watcher = 0;
            for (Wire field = Wire.of(message); field.next(); ) {
                switch (field.number()) {
                    case WATCH_ID -> watcher = field.value();
                    case CREATED -> {
                        watchersCreated++;
                        if (watchersCreated == size.watchers) {
                            created.complete(null);
                        }
                    }
                    case CANCELED -> throw new IllegalStateException("a watcher was cancelled");
                    case EVENTS -> {
                        long number = numberIn(message, field.message());
                        expect((int) watcher, number);
                        gotEvent(number, now);
                    }
                    default -> {}
                }
            }
        }

        private void expect(int watcher, long number) {
            long position = seen[watcher]++;
            if (position == ordered) {
                order[(int) (position % MEMORY)] = number;
                ordered++;
            } else if (order[(int) (position % MEMORY)] != number) {
                throw new IllegalStateException("watchers do not get the same events in the same order");
            }
        }

        private long numberIn(byte[] message, Wire event) {
            while (event.next()) {
                if (event.number() == KV_IN_EVENT) {
                    for (Wire kv = event.message(); kv.next(); ) {
                        if (kv.number() == VALUE_IN_KV) {
                            return RequestTemplate.number(message, kv.contentStart());
                        }
                    }
                }
            }
            throw new IllegalStateException("an event has no value");
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!stopping) {
                fail(status.asRuntimeException());
            }
        }
    }
}
