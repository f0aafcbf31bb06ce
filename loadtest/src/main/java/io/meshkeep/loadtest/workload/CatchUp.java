package io.meshkeep.loadtest.workload;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.client.Wire;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Watchers that come back at an old revision, all at once, again and again: the next time is when the last one has caught
 * up. Counts the events that they are told of; latency is from the time at which they all came.
 */
final class CatchUp implements Load {
    private static final int MISSED = 100;

    private final EtcdClient client;
    private final int watchersPerStream;
    private final int streamCount;
    private final Keys keys;
    private final long revision;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final List<ClientCall<byte[], byte[]>> streams = new ArrayList<>();
    private Recorder recorder;
    private int turn;
    private int behind;
    private long began;
    private boolean stopping;

    private CatchUp(EtcdClient client, int watchers, int streams, Keys keys, long revision) {
        this.client = client;
        this.watchersPerStream = watchers / streams;
        this.streamCount = streams;
        this.keys = keys;
        this.revision = revision;
    }

    /** @param watchers a multiple of the streams */
    static Load prepare(EtcdClient client, long seed, long rate, int watchers, int streams) {
        if (rate != 0) {
            throw new IllegalArgumentException("catch-up has no rate: watchers come back when all have caught up");
        }
        Keys keys = new Keys("catch-up", seed);
        long first = 0;
        for (int i = 0; i < MISSED; i++) {
            long at = client.ask(
                            KVGrpc.getPutMethod(),
                            PutRequest.newBuilder()
                                    .setKey(RequestTemplate.key(keys.marked(), i))
                                    .build())
                    .getHeader()
                    .getRevision();
            first = first == 0 ? at : first;
        }
        return new CatchUp(client, watchers, streams, keys, first);
    }

    @Override
    public void start(Recorder to) {
        recorder = to;
        comeBack();
    }

    @Override
    public CompletableFuture<Void> stop() {
        stopping = true;
        return ended;
    }

    private void comeBack() {
        turn++;
        behind = watchersPerStream * streamCount;
        began = System.nanoTime();
        for (int i = 0; i < streamCount; i++) {
            ClientCall<byte[], byte[]> stream = client.open(i % client.connections(), Rpcs.WATCH, new Stream(turn));
            streams.add(stream);
            for (int id = 1; id <= watchersPerStream; id++) {
                stream.sendMessage(WatchRequest.newBuilder()
                        .setCreateRequest(WatchCreateRequest.newBuilder()
                                .setKey(keys.prefix())
                                .setRangeEnd(keys.prefixEnd())
                                .setStartRevision(revision)
                                .setWatchId(id))
                        .build()
                        .toByteArray());
            }
        }
    }

    private void caughtUp() {
        behind--;
        if (behind > 0) {
            return;
        }
        int over = turn;
        turn++;
        streams.forEach(stream -> stream.cancel("turn " + over + " is over", null));
        streams.clear();
        if (stopping) {
            ended.complete(null);
        } else {
            comeBack();
        }
    }

    private final class Stream extends ClientCall.Listener<byte[]> {
        private static final int WATCH_ID = 2;
        private static final int CANCELED = 4;
        private static final int EVENTS = 11;

        private final int ofTurn;
        private final int[] seen = new int[watchersPerStream + 1];

        Stream(int ofTurn) {
            this.ofTurn = ofTurn;
        }

        @Override
        public void onMessage(byte[] message) {
            if (ofTurn != turn) {
                return;
            }
            try {
                take(message, System.nanoTime());
            } catch (RuntimeException e) {
                recorder.fail(e);
            }
        }

        private void take(byte[] message, long now) {
            int watcher = 0;
            for (Wire field = Wire.of(message); field.next(); ) {
                switch (field.number()) {
                    case WATCH_ID -> watcher = (int) field.value();
                    case CANCELED -> throw new IllegalStateException("a watcher was cancelled");
                    case EVENTS -> {
                        recorder.record(began, now);
                        seen[watcher]++;
                    }
                    default -> {}
                }
            }
            if (seen[watcher] > MISSED) {
                throw new IllegalStateException("a watcher was told of more than there was");
            }
            if (seen[watcher] == MISSED) {
                caughtUp();
            }
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (ofTurn == turn && !ended.isDone()) {
                recorder.fail(status.asRuntimeException());
            }
        }
    }
}
