package io.meshkeep.loadtest.fleet;

import com.google.protobuf.ByteString;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.LoadException;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.loadtest.mesh.MeshGenerator;
import io.meshkeep.proto.PutRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;

/**
 * All agents of a mesh, and the connection of its writers. The methods block and are called by one thread; what they start
 * lives on the event loop of the client of the moment.
 */
final class Fleet implements AutoCloseable, Agent.Observer, Churn.Observer {
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final ByteString HEARTBEAT = ByteString.copyFromUtf8("cilium/.heartbeat");

    private final Endpoint endpoint;
    private final int perCluster;
    private final List<Agent> agents = new ArrayList<>();
    private final Propagation propagation = new Propagation();
    private final Propagation heartbeats = new Propagation();
    /** Changes of each cluster that were made while the agents were away. */
    private final long[] missed;

    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private final IntConsumer progress;
    private EtcdClient client;
    private boolean away = true;
    private int waiting;
    private long retries;
    private Histogram readiness = Recorder.newHistogram();
    private CompletableFuture<Void> allReady = new CompletableFuture<>();

    /** @param progress is told now and then how many agents are not ready yet; on the event loop */
    Fleet(Endpoint endpoint, List<String> clusters, int perCluster, IntConsumer progress) {
        this.endpoint = endpoint;
        this.perCluster = perCluster;
        this.progress = progress;
        this.missed = new long[clusters.size()];
        // All agents of a cluster would otherwise come one after the other.
        for (int i = 0; i < perCluster; i++) {
            for (int cluster = 0; cluster < clusters.size(); cluster++) {
                agents.add(new Agent(agents.size(), cluster, clusters.get(cluster), this));
            }
        }
        client = EtcdClient.connect(endpoint, agents.size() + 1);
    }

    int size() {
        return agents.size();
    }

    /**
     * How agents became ready.
     *
     * @param nanos until the last one was
     * @param each how long each one took, in nanoseconds
     * @param retries how many times a connection failed and was tried again
     */
    record Arrival(long nanos, Histogram each, long retries) {}

    /** Connects the agents from one number to another, exclusive, all at once, and waits until they are ready. */
    Arrival connect(int from, int to) throws InterruptedException {
        long begin = System.nanoTime();
        CompletableFuture<Void> ready = on(() -> {
            away = false;
            waiting = to - from;
            retries = 0;
            readiness = Recorder.newHistogram();
            allReady = new CompletableFuture<>();
            for (Agent agent : agents.subList(from, to)) {
                agent.connect(client, missed[agent.cluster()]);
            }
            return allReady;
        });
        await(ready, () -> waiting + " agents are not ready");
        long nanos = System.nanoTime() - begin;
        return on(() -> {
            if (to == agents.size()) {
                java.util.Arrays.fill(missed, 0);
            }
            return new Arrival(nanos, readiness, retries);
        });
    }

    /** Cuts all connections. What is written from now on is missed by all. */
    void disconnect() throws InterruptedException {
        on(() -> {
            away = true;
            agents.forEach(Agent::disconnect);
            return null;
        });
        client.close();
        client = EtcdClient.connect(endpoint, agents.size() + 1);
    }

    /**
     * What a time of changes was like.
     *
     * @param answers from due to answered, in nanoseconds
     * @param propagation from due to known to all agents of the cluster, in nanoseconds; empty if they are away
     */
    record Changes(Histogram answers, Histogram propagation) {}

    /** Makes a number of changes at a rate, and waits until all agents of each cluster know. */
    Changes change(MeshGenerator generator, long perSecond, long writes) throws InterruptedException {
        Recorder recorder = new Recorder(this::failed);
        CompletableFuture<Void> written =
                on(() -> new Churn(client, agents.size(), generator, perSecond, writes, recorder, this).start());
        await(written, () -> "writes are not answered");
        awaitKnown(propagation);
        return on(() -> new Changes(recorder.takeLatency(), propagation.takeLatency()));
    }

    /** Writes the heartbeat, and waits until all agents have it; the time from due to known to all, in nanoseconds. */
    Histogram beat(int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            byte[] put = PutRequest.newBuilder()
                    .setKey(HEARTBEAT)
                    .setValue(ByteString.copyFromUtf8("beat " + i))
                    .build()
                    .toByteArray();
            CompletableFuture<Void> answered = new CompletableFuture<>();
            on(() -> {
                long due = System.nanoTime();
                client.call(agents.size(), Rpcs.PUT, put, new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(byte[] message) {
                        heartbeats.answered(Answers.revision(message), due, agents.size());
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        if (status.isOk()) {
                            answered.complete(null);
                        } else {
                            failed(status.asRuntimeException());
                        }
                    }
                });
                return null;
            });
            await(answered, () -> "a heartbeat is not answered");
            awaitKnown(heartbeats);
        }
        return on(heartbeats::takeLatency);
    }

    private void awaitKnown(Propagation writes) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (on(writes::isUnderWay)) {
            if (failure.isDone()) {
                await(failure, () -> "");
            }
            if (System.nanoTime() > end) {
                throw new LoadException("agents were not told of all changes", null);
            }
            Thread.sleep(1);
        }
    }

    @Override
    public void ready(Agent agent, long nanos) {
        readiness.recordValue(Math.min(nanos, readiness.getHighestTrackableValue()));
        waiting--;
        if (waiting % 64 == 0) {
            progress.accept(waiting);
        }
        if (waiting == 0) {
            allReady.complete(null);
        }
    }

    @Override
    public void event(Agent agent, int watch, long revision, long now) {
        if (watch == Agent.HEARTBEAT) {
            heartbeats.heard(revision, now);
        } else if (waiting == 0) {
            propagation.heard(revision, now);
        }
    }

    @Override
    public void written(int cluster, long revision, long due) {
        if (away) {
            missed[cluster]++;
        } else {
            propagation.answered(revision, due, perCluster);
        }
    }

    @Override
    public void retried() {
        retries++;
    }

    @Override
    public void failed(Throwable cause) {
        failure.completeExceptionally(cause);
    }

    private <T> T on(Callable<T> action) throws InterruptedException {
        try {
            return client.loop().submit(action).get();
        } catch (ExecutionException e) {
            throw new LoadException(e.getCause().toString(), e.getCause());
        }
    }

    private interface Complaint {
        String text();
    }

    private void await(CompletableFuture<Void> done, Complaint complaint) throws InterruptedException {
        try {
            CompletableFuture.anyOf(done, failure).get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new LoadException(String.valueOf(e.getCause().getMessage()), e.getCause());
        } catch (TimeoutException e) {
            throw new LoadException(complaint.text() + " after " + LIMIT.toMinutes() + " minutes", e);
        }
    }

    @Override
    public void close() {
        // Agents that still want their connection would try to get it back.
        client.loop().execute(() -> agents.forEach(Agent::disconnect));
        client.close();
    }
}
