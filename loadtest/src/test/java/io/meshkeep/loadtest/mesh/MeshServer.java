package io.meshkeep.loadtest.mesh;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.mesh.MeshAccess;
import io.meshkeep.server.metrics.Metrics;
import io.meshkeep.server.rpc.EtcdServices;
import io.meshkeep.store.Command;
import io.meshkeep.store.Result;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A store and its services, reached in this process. */
final class MeshServer implements AutoCloseable {
    final Store store;
    final ManagedChannel channel;
    private final EtcdServices services;
    private final Server server;

    MeshServer(Path directory, long retainedMeshBytes, MeshAccess access) throws IOException {
        store = Store.open(
                directory,
                StoreOptions.builder()
                        .unsafeNoSync(true)
                        .retainedMeshBytes(retainedMeshBytes)
                        .build());
        ServerConfig config = ServerConfig.builder().build();
        services = new EtcdServices(store, config, new Metrics(config.advertisedVersion(), false), List::of, access);
        String name = UUID.randomUUID().toString();
        InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
        services.services().forEach(builder::addService);
        server = builder.build().start();
        channel = InProcessChannelBuilder.forName(name).build();
    }

    CompletableFuture<Result> write(Command command) {
        CompletableFuture<Result> answer = new CompletableFuture<>();
        store.write(command, 200, (result, error) -> {
            if (error != null) {
                answer.completeExceptionally(error);
            } else {
                answer.complete(result);
            }
        });
        return answer;
    }

    CompletableFuture<Result> apply(MeshChange change) {
        ByteString key = ByteString.copyFromUtf8(change.key());
        return change.value() == null
                ? write(new Command.DeleteRange(
                        DeleteRangeRequest.newBuilder().setKey(key).build()))
                : write(new Command.Put(PutRequest.newBuilder()
                        .setKey(key)
                        .setValue(ByteString.copyFromUtf8(change.value()))
                        .build()));
    }

    CompletableFuture<Result> deletePrefix(String prefix) {
        byte[] end = prefix.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        end[end.length - 1]++;
        return write(new Command.DeleteRange(DeleteRangeRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(prefix))
                .setRangeEnd(ByteString.copyFrom(end))
                .build()));
    }

    CompletableFuture<Result> compact(long revision) {
        return write(new Command.Compact(
                CompactionRequest.newBuilder().setRevision(revision).build()));
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        services.close();
        store.close();
    }
}
