package io.meshkeep.loadtest.fleet;

import com.google.protobuf.ByteString;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.Pace;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.loadtest.mesh.MeshChange;
import io.meshkeep.loadtest.mesh.MeshGenerator;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Changes keys of the mesh by the clock. A write that is due while too many are on their way waits, and its time runs.
 * Confined to the client's event loop.
 */
final class Churn {
    /** 250 clusters have ten writers each, of which few write at a time. */
    private static final int MOST_IN_FLIGHT = 100;

    private static final int DELETED = 2;

    /** Is told of each write that has changed something. */
    interface Observer {
        void written(int cluster, long revision, long due);

        void failed(Throwable cause);
    }

    private final EtcdClient client;
    private final int connection;
    private final MeshGenerator generator;
    private final Observer observer;
    private final long limit;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Recorder recorder;
    private final Pace pace;
    private long begun;
    private int inFlight;
    private boolean stopping;

    /** @param limit how many writes to make at most */
    Churn(
            EtcdClient client,
            int connection,
            MeshGenerator generator,
            long perSecond,
            long limit,
            Recorder recorder,
            Observer observer) {
        this.client = client;
        this.connection = connection;
        this.generator = generator;
        this.limit = limit;
        this.recorder = recorder;
        this.observer = observer;
        this.pace = new Pace(System.nanoTime(), perSecond);
    }

    /** Begins; the future ends when all writes have been answered, after the limit or {@link #stop}. */
    CompletableFuture<Void> start() {
        wake();
        return ended;
    }

    void stop() {
        stopping = true;
        endIfIdle();
    }

    private void wake() {
        writeWhatIsDue();
        if (!stopping) {
            long wait = Math.max(inFlight < MOST_IN_FLIGHT ? 0 : 1_000_000, pace.due() - System.nanoTime());
            client.loop().schedule(this::wake, wait, TimeUnit.NANOSECONDS);
        }
    }

    private void writeWhatIsDue() {
        while (!stopping && inFlight < MOST_IN_FLIGHT && pace.due() - System.nanoTime() <= 0) {
            write(generator.churn(), pace.due());
            pace.advance();
            begun++;
            stopping |= begun == limit;
        }
    }

    private void write(MeshChange change, long due) {
        inFlight++;
        ByteString key = ByteString.copyFromUtf8(change.key());
        boolean deletes = change.value() == null;
        byte[] request = deletes
                ? DeleteRangeRequest.newBuilder().setKey(key).build().toByteArray()
                : PutRequest.newBuilder()
                        .setKey(key)
                        .setValue(ByteString.copyFromUtf8(change.value()))
                        .build()
                        .toByteArray();
        MethodDescriptor<byte[], byte[]> method = deletes ? Rpcs.DELETE_RANGE : Rpcs.PUT;
        client.call(connection, method, request, new Answer(clusterOf(change.key()), deletes, due));
    }

    /** The number in {@code cilium/cache/KIND/v1/cluster-NUMBER/...}, from 0 on. */
    private static int clusterOf(String key) {
        String name = key.split("/", 6)[4];
        return Integer.parseInt(name.substring(name.indexOf('-') + 1)) - 1;
    }

    private void endIfIdle() {
        if (stopping && inFlight == 0) {
            ended.complete(null);
        }
    }

    private final class Answer extends ClientCall.Listener<byte[]> {
        private final int cluster;
        private final boolean deletes;
        private final long due;
        private byte[] message;

        Answer(int cluster, boolean deletes, long due) {
            this.cluster = cluster;
            this.deletes = deletes;
            this.due = due;
        }

        @Override
        public void onMessage(byte[] answer) {
            message = answer;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            inFlight--;
            try {
                if (!status.isOk()) {
                    throw status.asRuntimeException();
                }
                recorder.record(due, System.nanoTime());
                if (!deletes || Answers.number(message, DELETED) > 0) {
                    observer.written(cluster, Answers.revision(message), due);
                }
            } catch (RuntimeException e) {
                stopping = true;
                observer.failed(e);
            }
            endIfIdle();
        }
    }
}
