package io.meshkeep.server.compat;

import static io.meshkeep.server.compat.Shapes.bytes;
import static io.meshkeep.server.compat.Shapes.get;
import static io.meshkeep.server.compat.Shapes.list;
import static io.meshkeep.server.compat.Shapes.put;
import static io.meshkeep.server.compat.Shapes.watch;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchResponse;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers inside a program: many of them, reached without a network, stopped at any moment. */
class EmbeddingTest {
    private static final Duration PATIENCE = Duration.ofSeconds(RawClient.PATIENCE_SECONDS);

    @TempDir
    Path directory;

    private MeshkeepServer start(String name) throws StartException {
        return MeshkeepServer.builder()
                .dataDir(directory.resolve(name))
                .listen("127.0.0.1", 0)
                .configure(settings -> settings.name(name))
                .build()
                .start();
    }

    private static ManagedChannel connect(MeshkeepServer server) {
        return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .build();
    }

    @Test
    void runsManyServersInOneProcess() throws Exception {
        int number = 20;
        List<MeshkeepServer> servers = new ArrayList<>();
        List<ManagedChannel> channels = new ArrayList<>();
        try {
            Set<Integer> ports = new HashSet<>();
            Set<Long> clusters = new HashSet<>();
            for (int i = 0; i < number; i++) {
                MeshkeepServer server = start("many-" + i);
                servers.add(server);
                assertThat(ports.add(server.port())).isTrue();
                assertThat(server.clientUrls()).containsExactly("http://127.0.0.1:" + server.port());
                channels.add(connect(server));
            }
            for (int i = 0; i < number; i++) {
                // it serves once it has started: a client need not wait
                KVGrpc.newBlockingStub(channels.get(i)).put(put("k", "of " + i).build());
            }
            for (int i = 0; i < number; i++) {
                RangeResponse all =
                        KVGrpc.newBlockingStub(channels.get(i)).range(list("k").build());
                assertThat(all.getKvsList()).hasSize(1);
                assertThat(all.getKvs(0).getValue()).isEqualTo(bytes("of " + i));
                assertThat(all.getHeader().getRevision()).isEqualTo(2);
                clusters.add(all.getHeader().getClusterId());
            }
            assertThat(clusters).hasSize(number).doesNotContain(0L);
        } finally {
            channels.forEach(ManagedChannel::shutdownNow);
            servers.forEach(MeshkeepServer::close);
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("many-")));
    }

    @Test
    void isReachedWithoutANetwork() throws Exception {
        try (MeshkeepServer server = start("in-process")) {
            assertThat(EmbeddingExample.putInProcess(server)).isEqualTo("hello");
            ManagedChannel inside =
                    InProcessChannelBuilder.forName(server.inProcessName()).build();
            ManagedChannel outside = connect(server);
            try (WatchConversation conversation = new WatchConversation(WatchGrpc.newStub(inside))) {
                WatchResponse created = conversation.create(watch("k").build());
                // both ways lead to the same store
                KVGrpc.newBlockingStub(outside).put(put("k", "v").build());
                assertThat(Shapes.texts(conversation.events(created.getWatchId(), 1)))
                        .containsExactly("PUT k=v");
                server.close();
                assertThat(conversation.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            } finally {
                inside.shutdownNow();
                outside.shutdownNow();
            }
        }
    }

    /** Every call ends, and what was acknowledged is there afterwards. */
    @Test
    void isClosedWhileCallsAreInFlight() throws Exception {
        MeshkeepServer server = start("busy");
        Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Status.Code>> callers = new ArrayList<>();
        CountDownLatch underWay = new CountDownLatch(200);
        for (int i = 0; i < 16; i++) {
            String caller = "caller-" + i + "/";
            ManagedChannel channel = i % 4 == 0
                    ? InProcessChannelBuilder.forName(server.inProcessName()).build()
                    : connect(server);
            callers.add(CompletableFuture.supplyAsync(() -> {
                try {
                    KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
                    for (int j = 0; ; j++) {
                        kv.withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                                .put(put(caller + j, "v").build());
                        acknowledged.add(caller + j);
                        underWay.countDown();
                    }
                } catch (RuntimeException e) {
                    return Status.fromThrowable(e).getCode();
                } finally {
                    channel.shutdownNow();
                }
            }));
        }
        assertThat(underWay.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        server.close();
        for (CompletableFuture<Status.Code> caller : callers) {
            assertThat(caller).succeedsWithin(PATIENCE).isEqualTo(Status.Code.UNAVAILABLE);
        }
        try (MeshkeepServer again = start("busy")) {
            ManagedChannel channel = connect(again);
            try {
                List<String> found = Shapes.keys(KVGrpc.newBlockingStub(channel)
                        .range(list("caller-").build())
                        .getKvsList());
                assertThat(found).containsAll(acknowledged);
            } finally {
                channel.shutdownNow();
            }
        }
    }

    @Test
    void keepsDataAndIdentityOverReopening() throws Exception {
        long cluster = 0;
        for (int i = 0; i < 5; i++) {
            try (MeshkeepServer server = start("again")) {
                ManagedChannel channel = connect(server);
                try {
                    KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
                    RangeResponse before = kv.range(get("k").build());
                    assertThat(before.getCount()).isEqualTo(i == 0 ? 0 : 1);
                    assertThat(before.getHeader().getRevision()).isEqualTo(1 + i);
                    cluster = i == 0 ? before.getHeader().getClusterId() : cluster;
                    assertThat(before.getHeader().getClusterId()).isEqualTo(cluster);
                    kv.put(put("k", "v" + i).build());
                } finally {
                    channel.shutdownNow();
                }
                server.close();
                // closing what is closed does nothing
                server.close();
            }
        }
    }

    @Test
    void saysWhyItCannotStart() throws Exception {
        try (MeshkeepServer running = start("taken")) {
            assertThatThrownBy(() -> start("taken"))
                    .isInstanceOf(StartException.class)
                    .message()
                    .contains(directory.resolve("taken").toString())
                    .doesNotContain("\n");
            try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
                assertThatThrownBy(() -> MeshkeepServer.builder()
                                .dataDir(directory.resolve("port"))
                                .listen("127.0.0.1", other.getLocalPort())
                                .build()
                                .start())
                        .isInstanceOf(StartException.class)
                        .hasMessageContaining("cannot listen on http://127.0.0.1:" + other.getLocalPort());
            }
            // neither refusal has harmed the one that runs, or kept the directory
            ManagedChannel channel = connect(running);
            try {
                KVGrpc.newBlockingStub(channel).put(put("k", "v").build());
            } finally {
                channel.shutdownNow();
            }
        }
        start("port").close();
    }
}
