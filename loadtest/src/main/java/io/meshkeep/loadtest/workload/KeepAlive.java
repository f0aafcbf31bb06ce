package io.meshkeep.loadtest.workload;

import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Renews leases over streams; each stream asks again when it has its answer. */
final class KeepAlive implements Load {
    private static final int STREAMS = 100;
    private static final int TTL = 3;

    private final EtcdClient client;
    private final List<byte[]> requests;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private Recorder recorder;
    private int active;
    private boolean stopping;

    private KeepAlive(EtcdClient client, List<byte[]> requests) {
        this.client = client;
        this.requests = requests;
    }

    static Load prepare(EtcdClient client, long rate, int leases) {
        if (rate != 0) {
            throw new IllegalArgumentException("keepalive has no rate: each stream waits for its answer");
        }
        return new KeepAlive(
                client,
                Leases.grant(client, leases).stream()
                        .map(lease -> LeaseKeepAliveRequest.newBuilder()
                                .setID(lease)
                                .build()
                                .toByteArray())
                        .toList());
    }

    @Override
    public void start(Recorder to) {
        recorder = to;
        active = STREAMS;
        for (int i = 0; i < STREAMS; i++) {
            Stream stream = new Stream(i);
            stream.call = client.open(i % client.connections(), Rpcs.KEEP_ALIVE, stream);
            stream.ask();
        }
    }

    @Override
    public CompletableFuture<Void> stop() {
        stopping = true;
        return ended;
    }

    private final class Stream extends ClientCall.Listener<byte[]> {
        private int next;
        private long begin;
        private ClientCall<byte[], byte[]> call;

        Stream(int first) {
            next = first;
        }

        void ask() {
            if (stopping) {
                call.halfClose();
                return;
            }
            begin = System.nanoTime();
            call.sendMessage(requests.get(next));
            next = (next + STREAMS) % requests.size();
        }

        @Override
        public void onMessage(byte[] answer) {
            long end = System.nanoTime();
            if (Call.number(answer, TTL) <= 0) {
                recorder.fail(new IllegalStateException("a lease is gone"));
                return;
            }
            recorder.record(begin, end);
            ask();
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            if (!stopping) {
                recorder.fail(status.asRuntimeException());
                return;
            }
            active--;
            if (active == 0) {
                ended.complete(null);
            }
        }
    }
}
