package io.meshkeep.loadtest.workload;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Recorder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** Callers that draw the kind of each call: of ten, seven read a key, two put one, and one creates one with a lease. */
final class Mixed implements Load {
    private static final int CALLERS = 100;
    private static final int KEYS = 10_000;

    private final EtcdClient client;
    private final List<Call> kinds;
    private final SplittableRandom random;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private Recorder recorder;
    private int active;
    private boolean stopping;

    private Mixed(EtcdClient client, List<Call> kinds, long seed) {
        this.client = client;
        this.kinds = kinds;
        this.random = new SplittableRandom(seed);
    }

    static Load prepare(EtcdClient client, long seed, long rate) {
        if (rate != 0) {
            throw new IllegalArgumentException("mixed has no rate: each caller waits for its answer");
        }
        Keys keys = new Keys("mixed", seed);
        keys.fill(client, KEYS);
        Call range = new RangeOne(keys, KEYS, false, seed);
        Call put = new Put(keys, seed);
        Call create = TxnCreateLease.over(client, new Keys("mixed-txn", seed), seed);
        return new Mixed(client, List.of(range, range, range, range, range, range, range, put, put, create), seed);
    }

    @Override
    public void start(Recorder to) {
        recorder = to;
        active = CALLERS;
        for (int i = 0; i < CALLERS; i++) {
            new Caller(i % client.connections()).next();
        }
    }

    @Override
    public CompletableFuture<Void> stop() {
        stopping = true;
        return ended;
    }

    private final class Caller extends ClientCall.Listener<byte[]> {
        private final int connection;
        private Call kind;
        private long begin;
        private byte[] answer;

        Caller(int connection) {
            this.connection = connection;
        }

        void next() {
            if (stopping) {
                active--;
                if (active == 0) {
                    ended.complete(null);
                }
                return;
            }
            kind = kinds.get(random.nextInt(kinds.size()));
            byte[] request = kind.request();
            begin = System.nanoTime();
            client.call(connection, kind.method(), request, this);
        }

        @Override
        public void onMessage(byte[] message) {
            answer = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            long end = System.nanoTime();
            try {
                if (!status.isOk()) {
                    throw status.asRuntimeException();
                }
                kind.check(answer);
            } catch (RuntimeException e) {
                stopping = true;
                recorder.fail(e);
                return;
            }
            recorder.record(begin, end);
            next();
        }
    }
}
