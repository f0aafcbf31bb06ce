package io.meshkeep.server.mesh;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.MeshGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.ServerConfig;
import io.meshkeep.server.metrics.Metrics;
import io.meshkeep.server.rpc.EtcdServices;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** A store and its services in this process, with a policy of the test's choice. */
final class MeshFixture implements AutoCloseable {
    final Store store;
    final ManagedChannel channel;
    final MeshGrpc.MeshBlockingStub mesh;
    private final KVGrpc.KVBlockingStub kv;
    private final EtcdServices services;
    private final Server server;

    MeshFixture(Path directory, boolean meshIndex, MeshAccess access) throws IOException {
        store = Store.open(
                directory,
                StoreOptions.builder().unsafeNoSync(true).meshIndex(meshIndex).build());
        ServerConfig config = ServerConfig.builder().build();
        services = new EtcdServices(store, config, new Metrics(config.advertisedVersion(), false), List::of, access);
        String name = UUID.randomUUID().toString();
        InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
        services.services().forEach(builder::addService);
        server = builder.build().start();
        channel = InProcessChannelBuilder.forName(name).build();
        mesh = MeshGrpc.newBlockingStub(channel);
        kv = KVGrpc.newBlockingStub(channel);
    }

    /** Puts a key and gives the revision. */
    long put(String key, String value) {
        return kv.put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8(value))
                        .build())
                .getHeader()
                .getRevision();
    }

    long delete(String key) {
        return kv.deleteRange(DeleteRangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .build())
                .getHeader()
                .getRevision();
    }

    void compact(long revision) {
        kv.compact(CompactionRequest.newBuilder().setRevision(revision).build());
    }

    long endpoint(String cluster, String ip, long identity, String host) {
        String pair = "{\"IP\":\"" + ip + "\",\"Mask\":null,\"HostIP\":\"" + host + "\",\"ID\":" + identity
                + ",\"Key\":0,\"Metadata\":\"\",\"K8sNamespace\":\"shop\",\"K8sPodName\":\"pod-" + ip + "\"}";
        return put(endpointKey(cluster, ip), pair);
    }

    static String endpointKey(String cluster, String ip) {
        return cluster.isEmpty() ? "cilium/state/ip/v1/default/" + ip : "cilium/cache/ip/v1/" + cluster + "/" + ip;
    }

    long identity(String cluster, long number, String labels) {
        return put(
                cluster.isEmpty()
                        ? "cilium/state/identities/v1/id/" + number
                        : "cilium/cache/identities/v1/" + cluster + "/id/" + number,
                labels);
    }

    long node(String area, String cluster, String name, String ip) {
        return put(
                "cilium/" + area + "/nodes/v1/" + cluster + "/" + name,
                "{\"Name\":\"" + name + "\",\"Cluster\":\"" + cluster
                        + "\",\"IPAddresses\":[{\"Type\":\"InternalIP\",\"IP\":\"" + ip + "\"}],\"ClusterID\":1}");
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
        services.close();
        store.close();
    }
}
