package io.meshkeep.loadtest.ceiling;

import io.grpc.ServerCall;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Sends what is put to all watchers, whatever they watch: the events are encoded once, and each watcher gets them behind
 * its own id. One thread does it, as in our server; what is put meanwhile goes out together. For a load that has only so
 * many puts on their way, since nobody looks whether a watcher can follow.
 */
final class Broadcast implements AutoCloseable {
    private record Watcher(ServerCall<?, SharedBytes> call, byte[] head) {}

    private final ResponseHeader header;
    private final List<Watcher> watchers = new ArrayList<>();
    private final LinkedBlockingQueue<PutRequest> puts = new LinkedBlockingQueue<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread worker = new Thread(task, "broadcast");
        worker.setDaemon(true);
        return worker;
    });
    private volatile boolean watched;
    private long revision;

    Broadcast(ResponseHeader header) {
        this.header = header;
        this.revision = header.getRevision();
    }

    void create(WatchCreateRequest request, ServerCall<?, SharedBytes> call) {
        thread.execute(() -> {
            WatchResponse head = WatchResponse.newBuilder()
                    .setHeader(header)
                    .setWatchId(request.getWatchId())
                    .build();
            watchers.add(new Watcher(call, head.toByteArray()));
            watched = true;
            call.sendMessage(SharedBytes.of(head.toBuilder().setCreated(true).build()));
        });
    }

    void remove(ServerCall<?, ?> call) {
        thread.execute(() -> {
            watchers.removeIf(watcher -> watcher.call == call);
            watched = !watchers.isEmpty();
        });
    }

    void put(PutRequest request) {
        if (watched) {
            puts.add(request);
            thread.execute(this::sendAll);
        }
    }

    private void sendAll() {
        List<PutRequest> batch = new ArrayList<>();
        puts.drainTo(batch);
        if (batch.isEmpty()) {
            return;
        }
        WatchResponse.Builder events = WatchResponse.newBuilder();
        for (PutRequest put : batch) {
            revision++;
            events.addEvents(Event.newBuilder()
                    .setKv(KeyValue.newBuilder()
                            .setKey(put.getKey())
                            .setCreateRevision(revision)
                            .setModRevision(revision)
                            .setVersion(1)
                            .setValue(put.getValue())));
        }
        byte[] body = events.build().toByteArray();
        for (Watcher watcher : watchers) {
            watcher.call.sendMessage(new SharedBytes(watcher.head, body));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
