package io.meshkeep.server.compat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.WatchOption;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.server.AutoCompaction;
import io.meshkeep.server.MeshkeepServer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** The code of docs/embedding.md, between the marks; {@link EmbeddingDocTest} runs it and holds the page to it. */
final class EmbeddingExample {
    private EmbeddingExample() {}

    static String putAndWatch(Path directory) throws Exception {
        // [jetcd]
        try (MeshkeepServer server = MeshkeepServer.builder()
                        .dataDir(directory)
                        .listen("127.0.0.1", 0) // any free port
                        .build()
                        .start(); // serves when this returns
                Client client =
                        Client.builder().endpoints(server.clientUrls().get(0)).build()) {

            ByteSequence key = ByteSequence.from("greeting", StandardCharsets.UTF_8);
            ByteSequence value = ByteSequence.from("hello", StandardCharsets.UTF_8);
            long revision =
                    client.getKVClient().put(key, value).get().getHeader().getRevision();

            BlockingQueue<KeyValue> seen = new LinkedBlockingQueue<>();
            try (Watch.Watcher watcher = client.getWatchClient()
                    .watch(
                            key,
                            WatchOption.builder().withRevision(revision).build(),
                            response -> response.getEvents().forEach(event -> seen.add(event.getKeyValue())))) {
                return seen.take().getValue().toString(StandardCharsets.UTF_8);
            }
        }
        // [end]
    }

    static String putInProcess(MeshkeepServer server) {
        // [in-process]
        ManagedChannel channel =
                InProcessChannelBuilder.forName(server.inProcessName()).build();
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
        // [end]
        try {
            kv.put(PutRequest.newBuilder()
                    .setKey(com.google.protobuf.ByteString.copyFromUtf8("greeting"))
                    .setValue(com.google.protobuf.ByteString.copyFromUtf8("hello"))
                    .build());
            RangeResponse response = kv.range(RangeRequest.newBuilder()
                    .setKey(com.google.protobuf.ByteString.copyFromUtf8("greeting"))
                    .build());
            return response.getKvs(0).getValue().toStringUtf8();
        } finally {
            channel.shutdownNow();
        }
    }

    static MeshkeepServer configured(Path directory) throws Exception {
        // [configured]
        MeshkeepServer server = MeshkeepServer.builder()
                .dataDir(directory)
                .listen("127.0.0.1", 0)
                .configure(settings -> settings.name("orders")
                        .quotaBackendBytes(64L << 20)
                        .maxTxnOps(512)
                        .autoCompaction(new AutoCompaction.Revision(10_000))
                        .watchProgressNotifyInterval(Duration.ofSeconds(5)))
                .build()
                .start();
        // [end]
        return server;
    }
}
