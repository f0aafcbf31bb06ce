package io.meshkeep.loadtest.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshSelector;
import io.meshkeep.server.mesh.MeshAccess;
import io.meshkeep.store.Result;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A follower that is cut off a thousand times, while the mesh changes, holds what a list gives. */
@Timeout(120)
class MeshWatchDisconnectTest {
    private static final MeshShape SHAPE = new MeshShape(3, 8, 30, 300, 10);

    private record Selection(MeshKind kind, MeshSelector selector) {}

    private static final List<Selection> SELECTIONS = List.of(
            new Selection(MeshKind.MESH_KIND_ENDPOINT, MeshSelector.getDefaultInstance()),
            new Selection(
                    MeshKind.MESH_KIND_UNSPECIFIED,
                    MeshSelector.newBuilder()
                            .setLabels("app in (app-1,app-2,app-3),env!=dev")
                            .build()),
            new Selection(
                    MeshKind.MESH_KIND_ENDPOINT,
                    MeshSelector.newBuilder()
                            .setNode("node-3")
                            .setCluster("cluster-001")
                            .build()),
            new Selection(
                    MeshKind.MESH_KIND_IDENTITY,
                    MeshSelector.newBuilder().setLabels("k8s:env=prod").build()),
            new Selection(MeshKind.MESH_KIND_NODE, MeshSelector.getDefaultInstance()),
            new Selection(
                    MeshKind.MESH_KIND_SERVICE,
                    MeshSelector.newBuilder().setCluster("cluster-002").build()),
            new Selection(
                    MeshKind.MESH_KIND_ENDPOINT,
                    MeshSelector.newBuilder().setCidr("10.3.0.0/24").build()),
            new Selection(
                    MeshKind.MESH_KIND_ENDPOINT,
                    MeshSelector.newBuilder()
                            .setNamespace("ns-2")
                            .setLabels("!legacy")
                            .build()));

    @Test
    void holdsWhatAListGivesAfterAThousandDisconnects(@TempDir Path directory) throws Exception {
        try (MeshServer server = new MeshServer(directory, 1 << 20, MeshAccess.ALL)) {
            MeshGenerator generator = new MeshGenerator(SHAPE, 7, true);
            generator.fill(change -> server.apply(change).join());
            AtomicBoolean stop = new AtomicBoolean();
            ExecutorService threads = Executors.newFixedThreadPool(SELECTIONS.size() + 1);
            try {
                Future<?> writer = threads.submit(() -> change(server, generator, stop));
                List<Future<MeshFollower>> running = new ArrayList<>();
                for (int i = 0; i < SELECTIONS.size(); i++) {
                    Selection selection = SELECTIONS.get(i);
                    int seed = i;
                    running.add(threads.submit(() -> follow(server, selection, seed)));
                }
                List<MeshFollower> followers = new ArrayList<>();
                for (Future<MeshFollower> follower : running) {
                    followers.add(follower.get());
                }
                stop.set(true);
                writer.get();
                long last = server.store.snapshot().revision();
                for (MeshFollower follower : followers) {
                    follower.follow(TimeUnit.SECONDS.toMicros(30), last);
                    assertThat(follower.revision).isEqualTo(last);
                    assertThat(follower.entries).isEqualTo(follower.list(last));
                }
                // and from a revision that can no longer be gone on from
                server.compact(last).get();
                for (MeshFollower follower : followers) {
                    int resets = follower.resets;
                    follower.revision = last - 1;
                    follower.follow(TimeUnit.SECONDS.toMicros(30), last);
                    assertThat(follower.resets).isEqualTo(resets + 1);
                    assertThat(follower.entries).isEqualTo(follower.list(last));
                }
            } finally {
                stop.set(true);
                threads.shutdownNow();
                threads.awaitTermination(10, TimeUnit.SECONDS);
            }
        }
    }

    private static Void change(MeshServer server, MeshGenerator generator, AtomicBoolean stop) throws Exception {
        SplittableRandom random = new SplittableRandom(8);
        List<CompletableFuture<Result>> open = new ArrayList<>();
        for (int i = 0; !stop.get(); i++) {
            open.add(server.apply(generator.churn()));
            if (random.nextInt(20) == 0) {
                // so many at once that they share a commit, or one alone
                CompletableFuture.allOf(open.toArray(new CompletableFuture<?>[0]))
                        .get();
                open.clear();
                LockSupport.parkNanos(random.nextInt(2_000_000));
            }
            if (i % 3000 == 1500) {
                server.deletePrefix("cilium/cache/ip/v1/cluster-003/").get();
                server.deletePrefix("cilium/cache/identities/v1/cluster-002/").get();
            } else if (i % 3000 == 2900) {
                new MeshGenerator(SHAPE, 9, true).fill(change -> open.add(server.apply(change)));
            } else if (i % 1000 == 700) {
                server.compact(server.store.snapshot().revision() - 500).get();
            }
        }
        CompletableFuture.allOf(open.toArray(new CompletableFuture<?>[0])).get();
        return null;
    }

    private static MeshFollower follow(MeshServer server, Selection selection, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MeshFollower follower = new MeshFollower(server, selection.kind(), selection.selector());
        List<Runnable> bookmarks = new ArrayList<>();
        for (int disconnects = 0; disconnects < 1000 / SELECTIONS.size(); disconnects++) {
            follower.follow(500 + random.nextInt(20_000), Long.MAX_VALUE);
            if (disconnects % 5 == 0 && follower.revision > 0) {
                try {
                    assertThat(follower.entries).isEqualTo(follower.list(follower.revision));
                } catch (StatusRuntimeException compacted) {
                    assertThat(compacted).hasMessageContaining("compacted");
                }
            }
            if (disconnects % 10 == 0) {
                bookmarks.add(follower.bookmark());
            }
            if (random.nextInt(15) == 0 && !bookmarks.isEmpty()) {
                bookmarks.get(random.nextInt(bookmarks.size())).run();
            }
        }
        return follower;
    }
}
