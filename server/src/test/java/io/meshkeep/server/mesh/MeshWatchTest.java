package io.meshkeep.server.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.MeshEntry;
import io.meshkeep.proto.MeshGrpc;
import io.meshkeep.proto.MeshSelector;
import io.meshkeep.proto.MeshWatchRequest;
import io.meshkeep.proto.MeshWatchResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One follower at a time; that many of them, cut off at random, end up right is tested with the load generator. */
@Timeout(60)
class MeshWatchTest {
    @TempDir
    private Path directory;

    private MeshFixture server;
    private final MeshServiceTest.Policy policy = new MeshServiceTest.Policy();
    private final Context.CancellableContext context = Context.current().withCancellation();

    @BeforeEach
    void start() throws Exception {
        server = new MeshFixture(directory, true, policy);
    }

    @AfterEach
    void stop() {
        context.close();
        server.close();
    }

    private Iterator<MeshWatchResponse> watch(MeshWatchRequest.Builder request) throws Exception {
        return context.call(() -> server.mesh.watch(request.build()));
    }

    private static MeshWatchRequest.Builder labels(String selector) {
        return MeshWatchRequest.newBuilder()
                .setSelector(MeshSelector.newBuilder().setLabels(selector));
    }

    private static List<String> ips(MeshWatchResponse response) {
        return response.getUpsertsList().stream()
                .map(entry -> entry.getEndpoint().getIp())
                .toList();
    }

    @Test
    void firstTheSetThenItsDifferences() throws Exception {
        server.identity("blue", 300, "k8s:app=db;");
        server.identity("blue", 301, "k8s:app=web;");
        long revision = server.endpoint("blue", "10.0.0.1", 300, "");
        Iterator<MeshWatchResponse> watch = watch(labels("app=db"));
        MeshWatchResponse set = watch.next();
        assertThat(set.getReset()).isTrue();
        assertThat(set.getResetReason()).isEmpty();
        assertThat(set.getComplete()).isTrue();
        assertThat(set.getHeader().getRevision()).isEqualTo(revision);
        assertThat(set.getHeader().getClusterId()).isEqualTo(server.store.clusterId());
        assertThat(ips(set)).containsExactly("10.0.0.1");

        server.endpoint("blue", "10.0.0.2", 301, "");
        long arrives = server.endpoint("blue", "10.0.0.3", 300, "");
        MeshWatchResponse arrival = watch.next();
        assertThat(arrival.getReset()).isFalse();
        assertThat(arrival.getHeader().getRevision()).isEqualTo(arrives);
        assertThat(ips(arrival)).containsExactly("10.0.0.3");
        assertThat(arrival.getRemovedCount()).isZero();

        long relabelled = server.identity("blue", 301, "k8s:app=db;");
        MeshWatchResponse relabel = watch.next();
        assertThat(relabel.getHeader().getRevision()).isEqualTo(relabelled);
        assertThat(ips(relabel))
                .as("an endpoint comes with the labels of its identity")
                .containsExactly("10.0.0.2");

        server.identity("blue", 300, "k8s:app=web;");
        MeshWatchResponse leaves = watch.next();
        assertThat(leaves.getUpsertsCount()).isZero();
        assertThat(leaves.getRemovedList())
                .containsExactly("cilium/cache/ip/v1/blue/10.0.0.1", "cilium/cache/ip/v1/blue/10.0.0.3");
    }

    @Test
    void endpointsGetTheNameOfTheirClusterOnceItIsKnown() throws Exception {
        server.endpoint("", "10.0.0.1", 1, "");
        server.endpoint("blue", "10.0.0.2", 1, "");
        Iterator<MeshWatchResponse> watch = watch(MeshWatchRequest.newBuilder());
        assertThat(watch.next().getUpsertsList())
                .extracting(entry -> entry.getEndpoint().getCluster())
                .containsExactly("", "blue");
        server.node("state", "red", "n1", "192.168.1.1");
        assertThat(watch.next().getUpsertsList())
                .extracting(entry -> entry.getEndpoint().getCluster())
                .containsExactly("red");
    }

    @Test
    void aWatchGoesOnAfterARevision() throws Exception {
        server.endpoint("blue", "10.0.0.1", 1, "");
        long held = server.endpoint("blue", "10.0.0.2", 1, "");
        server.delete(MeshFixture.endpointKey("blue", "10.0.0.1"));
        long now = server.endpoint("blue", "10.0.0.3", 1, "");
        MeshWatchResponse missed = watch(MeshWatchRequest.newBuilder()
                        .setStartRevision(held)
                        .setAccessEpoch(policy.epoch)
                        .setClusterId(server.store.clusterId()))
                .next();
        assertThat(missed.getReset()).isFalse();
        assertThat(missed.getHeader().getRevision()).isEqualTo(now);
        assertThat(ips(missed)).containsExactly("10.0.0.3");
        assertThat(missed.getRemovedList()).containsExactly("cilium/cache/ip/v1/blue/10.0.0.1");
        MeshWatchResponse nothing = watch(
                        MeshWatchRequest.newBuilder().setStartRevision(now).setAccessEpoch(policy.epoch))
                .next();
        assertThat(nothing.getReset()).isFalse();
        assertThat(nothing.getComplete()).isTrue();
        assertThat(nothing.getUpsertsCount() + nothing.getRemovedCount()).isZero();
    }

    @Test
    void whereItCannotGoOnItBeginsAndSaysSo() throws Exception {
        long old = server.endpoint("blue", "10.0.0.1", 1, "");
        server.endpoint("blue", "10.0.0.2", 1, "");
        long now = server.endpoint("blue", "10.0.0.3", 1, "");
        server.compact(now);
        assertReset(resume(old), "revision " + old + " is compacted");
        assertReset(resume(now + 5), "revision " + (now + 5) + " is in the future");
        assertReset(resume(now).setAccessEpoch(policy.epoch + 1), "the permissions have changed");
        assertReset(resume(now).setClusterId(1), "this is another store");
    }

    private MeshWatchRequest.Builder resume(long revision) {
        return MeshWatchRequest.newBuilder().setStartRevision(revision).setAccessEpoch(policy.epoch);
    }

    private void assertReset(MeshWatchRequest.Builder request, String reason) throws Exception {
        MeshWatchResponse response = watch(request).next();
        assertThat(response.getReset()).isTrue();
        assertThat(response.getResetReason()).isEqualTo(reason);
        assertThat(ips(response)).containsExactly("10.0.0.1", "10.0.0.2", "10.0.0.3");
    }

    @Test
    void aChangeOfPermissionsEndsTheStream() throws Exception {
        server.endpoint("blue", "10.0.0.1", 1, "");
        server.endpoint("green", "10.0.0.2", 1, "");
        Iterator<MeshWatchResponse> watch = watch(MeshWatchRequest.newBuilder());
        assertThat(ips(watch.next())).hasSize(2);
        policy.prefixes = List.of("cilium/cache/ip/v1/blue/");
        policy.epoch++;
        server.endpoint("blue", "10.0.0.3", 1, "");
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(watch::next)
                .satisfies(e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.ABORTED));
        MeshWatchResponse again = watch(MeshWatchRequest.newBuilder()).next();
        assertThat(ips(again)).containsExactly("10.0.0.1", "10.0.0.3");
        assertThat(again.getAccessEpoch()).isEqualTo(policy.epoch);
    }

    @Test
    void aSelectorThatIsWrongEndsTheStream() throws Exception {
        Iterator<MeshWatchResponse> watch = watch(labels("app in"));
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(watch::hasNext)
                .withMessage("INVALID_ARGUMENT: meshkeep: label selector: at character 7: expected ( and values, "
                        + "found the end");
    }

    /** What it missed is worked out when it reads again: it does not wait in a queue. */
    @Test
    void whoDoesNotReadIsSentOneDifferenceLater() throws Exception {
        for (int i = 0; i < 1200; i++) {
            server.endpoint("blue", "10.1." + i / 256 + "." + i % 256, 1, "");
        }
        BlockingQueue<MeshWatchResponse> received = new LinkedBlockingQueue<>();
        ClientCall<MeshWatchRequest, MeshWatchResponse> call = open(received);
        call.request(1);
        call.sendMessage(MeshWatchRequest.getDefaultInstance());
        call.halfClose();
        MeshWatchResponse first = received.poll(20, TimeUnit.SECONDS);
        assertThat(first.getComplete()).as("a part of the set").isFalse();
        TreeSet<String> held = new TreeSet<>();
        apply(first, held);
        for (int i = 0; i < 500; i++) {
            server.delete(MeshFixture.endpointKey("blue", "10.1." + i / 256 + "." + i % 256));
            server.endpoint("blue", "10.2." + i / 256 + "." + i % 256, 1, "");
            server.endpoint("blue", "10.3.0.1", 1, "");
        }
        long last = server.store.snapshot().revision();
        call.request(1000);
        int responses = 1;
        MeshWatchResponse response;
        do {
            response = received.poll(20, TimeUnit.SECONDS);
            apply(response, held);
            responses++;
        } while (response.getHeader().getRevision() < last || !response.getComplete());
        assertThat(held).hasSize(1201).contains("cilium/cache/ip/v1/blue/10.3.0.1");
        assertThat(responses).as("for 1,500 changes").isLessThan(12);
        call.cancel("done", null);
    }

    /** Also what did not change itself, but with its identity; whoever reads slowly is sent each once. */
    @Test
    void aLongDifferenceComesInManyResponsesAndNothingTwice() throws Exception {
        server.identity("blue", 300, "k8s:app=db;");
        server.identity("blue", 301, "k8s:app=web;");
        for (int i = 0; i < 1500; i++) {
            server.endpoint("blue", "10.1." + i / 256 + "." + i % 256, 300 + i % 2, "");
        }
        long held = server.store.snapshot().revision();
        for (int i = 0; i < 600; i++) {
            server.endpoint("blue", "10.2." + i / 256 + "." + i % 256, 300, "");
        }
        for (int i = 0; i < 100; i++) {
            server.delete(MeshFixture.endpointKey("blue", "10.1." + i / 256 + "." + i % 256));
        }
        server.identity("blue", 300, "k8s:app=other;");
        long now = server.identity("blue", 301, "k8s:app=db;");
        BlockingQueue<MeshWatchResponse> received = new LinkedBlockingQueue<>();
        ClientCall<MeshWatchRequest, MeshWatchResponse> call = open(received);
        call.sendMessage(labels("app=db")
                .setStartRevision(held)
                .setAccessEpoch(policy.epoch)
                .build());
        call.halfClose();
        List<String> came = new ArrayList<>();
        List<String> went = new ArrayList<>();
        MeshWatchResponse response;
        do {
            call.request(1);
            response = received.poll(20, TimeUnit.SECONDS);
            assertThat(response.getReset()).isFalse();
            assertThat(response.getHeader().getRevision()).isEqualTo(now);
            response.getUpsertsList()
                    .forEach(entry -> came.add(entry.getEndpoint().getKey()));
            went.addAll(response.getRemovedList());
        } while (!response.getComplete());
        // of the 750 with 300 all went; of the 750 with 301 those came that were not deleted
        assertThat(went).hasSize(750).doesNotHaveDuplicates();
        assertThat(came).hasSize(700).doesNotHaveDuplicates();
        call.cancel("done", null);
    }

    private ClientCall<MeshWatchRequest, MeshWatchResponse> open(BlockingQueue<MeshWatchResponse> received) {
        ClientCall<MeshWatchRequest, MeshWatchResponse> call =
                server.channel.newCall(MeshGrpc.getWatchMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(MeshWatchResponse message) {
                        received.add(message);
                    }
                },
                new Metadata());
        return call;
    }

    private static void apply(MeshWatchResponse response, TreeSet<String> held) {
        for (MeshEntry entry : response.getUpsertsList()) {
            held.add(entry.getEndpoint().getKey());
        }
        response.getRemovedList().forEach(held::remove);
    }
}
