package io.meshkeep.clustermesh.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.clustermesh.sync.Cluster;
import io.meshkeep.clustermesh.workload.ExternalWorkloads.Times;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import io.meshkeep.server.InitialRevision;
import io.meshkeep.server.MeshkeepServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to a VM when the store that it is registered with stops, starts, or is another. */
@EnableKubernetesMockClient(crud = true, https = false)
class StoreChangesTest {
    private static final Cluster EAST = Cluster.of("east", 7);

    KubernetesClient kubernetes;

    @TempDir
    Path directory;

    @BeforeEach
    void installKinds() throws Exception {
        ExternalWorkloadsTest.installKinds(kubernetes);
        allow("runtime");
    }

    private void allow(String name) {
        ExternalWorkloadsTest.create(kubernetes, CiliumResources.EXTERNAL_WORKLOADS, name, Map.of(), Map.of());
    }

    private GenericKubernetesResource get(ResourceDefinitionContext kind, String name) {
        return kubernetes.genericKubernetesResources(kind).withName(name).get();
    }

    private void awaitIp(String name, String ip) {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> CiliumResources.part(get(CiliumResources.EXTERNAL_WORKLOADS, name), "status")
                        .path("ip")
                        .asString("")
                        .equals(ip));
    }

    @Test
    void goesOnWhenTheStoreStartsAgain() throws Exception {
        MeshkeepServer first = TestServer.start(directory);
        int port = TestServer.port(first);
        try (Kvstore store = ChannelKvstore.connect(TestServer.config(first));
                ExternalWorkloads admitting = ExternalWorkloads.start(kubernetes, store, EAST, Times.DEFAULT)) {
            Vm.join(store, "runtime", "192.168.0.9");
            awaitIp("runtime", "192.168.0.9");
            first.close();
            allow("later");

            MeshkeepServer second = TestServer.start(directory, port, 1);
            try {
                Vm.join(store, "later", "192.168.0.10");
                awaitIp("later", "192.168.0.10");
                assertThat(admitting.refusals()).isEmpty();
            } finally {
                second.close();
            }
        }
    }

    /** A watch as a VM's agent has one: it asks for what comes after the last thing that it saw, whoever answers. */
    private static final class AgentWatch implements AutoCloseable {
        private final ManagedChannel channel;
        private final BlockingQueue<WatchResponse> responses = new LinkedBlockingQueue<>();

        AgentWatch(MeshkeepServer server) {
            channel = Grpc.newChannelBuilder(
                            "127.0.0.1:" + TestServer.port(server), InsecureChannelCredentials.create())
                    .build();
        }

        /** @return the revision of the list */
        long list() {
            return KVGrpc.newBlockingStub(channel)
                    .range(RangeRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(RegisterNode.PREFIX))
                            .setRangeEnd(ByteString.copyFromUtf8("cilium/state/noderegister/v10"))
                            .build())
                    .getHeader()
                    .getRevision();
        }

        void watch(long from) {
            StreamObserver<WatchRequest> requests = WatchGrpc.newStub(channel).watch(new StreamObserver<>() {
                @Override
                public void onNext(WatchResponse response) {
                    responses.add(response);
                }

                @Override
                public void onError(Throwable cause) {}

                @Override
                public void onCompleted() {}
            });
            requests.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(RegisterNode.PREFIX))
                            .setRangeEnd(ByteString.copyFromUtf8("cilium/state/noderegister/v10"))
                            .setStartRevision(from))
                    .build());
        }

        WatchResponse next() throws InterruptedException {
            WatchResponse response = responses.poll(60, TimeUnit.SECONDS);
            assertThat(response).isNotNull();
            return response;
        }

        @Override
        public void close() {
            channel.shutdownNow();
        }
    }

    private MeshkeepServer pod(String name) throws Exception {
        // As the pod starts its store: empty, at the time.
        return TestServer.start(directory.resolve(name), 0, new InitialRevision.FromClock().at(Instant.now()));
    }

    @Test
    void aVmListsAnewWhenItsPodIsReplaced() throws Exception {
        long seen;
        try (MeshkeepServer pod = pod("a");
                Kvstore store = ChannelKvstore.embedded(pod);
                ExternalWorkloads admitting = ExternalWorkloads.start(kubernetes, store, EAST, Times.DEFAULT);
                AgentWatch agent = new AgentWatch(pod)) {
            agent.watch(agent.list() + 1);
            assertThat(agent.next().getCreated()).isTrue();
            Vm.join(store, "runtime", "192.168.0.9");
            awaitIp("runtime", "192.168.0.9");
            seen = agent.next().getHeader().getRevision();
            assertThat(admitting.refusals()).isEmpty();
        }
        String node = get(CiliumResources.NODES, "runtime").getMetadata().getResourceVersion();

        try (MeshkeepServer pod = pod("b");
                Kvstore store = ChannelKvstore.embedded(pod);
                ExternalWorkloads admitting = ExternalWorkloads.start(kubernetes, store, EAST, Times.DEFAULT);
                AgentWatch agent = new AgentWatch(pod)) {
            // The agent does not know that it talks to another store.
            agent.watch(seen + 1);
            WatchResponse response = agent.next();
            while (!response.getCanceled()) {
                assertThat(response.getEventsList()).isEmpty();
                response = agent.next();
            }
            assertThat(response.getCompactRevision()).isGreaterThan(seen);

            // So it lists, misses its own key, and writes it again.
            long listed = agent.list();
            assertThat(listed).isGreaterThan(seen);
            agent.watch(listed + 1);
            assertThat(agent.next().getCreated()).isTrue();
            Vm.join(store, "runtime", "192.168.0.9");
            allow("later");
            Vm.join(store, "later", "192.168.0.10");
            awaitIp("later", "192.168.0.10");
            assertThat(agent.next().getEventsList()).isNotEmpty();
            assertThat(admitting.refusals()).isEmpty();
        }
        awaitIp("runtime", "192.168.0.9");
        // Nothing of it was taken back meanwhile.
        assertThat(get(CiliumResources.NODES, "runtime").getMetadata().getResourceVersion())
                .isEqualTo(node);
    }
}
