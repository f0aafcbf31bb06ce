package io.meshkeep.clustermesh.kvstore;

import com.google.protobuf.ByteString;
import io.meshkeep.server.InitialRevision;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A server on a directory, and what tests ask of it. */
public final class TestServer {
    private TestServer() {}

    public static MeshkeepServer start(Path directory) throws StartException {
        return start(directory, 0, 1);
    }

    /** @param revision where an empty directory begins */
    public static MeshkeepServer start(Path directory, int port, long revision) throws StartException {
        return MeshkeepServer.builder()
                .dataDir(directory)
                .listen("127.0.0.1", port)
                .configure(config -> config.unsafeNoFsync(true)
                        .trustInProcess(true)
                        .initialClusterToken(directory.toString())
                        .initialRevision(new InitialRevision.Fixed(revision)))
                .build()
                .start();
    }

    public static EtcdConfig config(MeshkeepServer server) {
        return new EtcdConfig(
                java.util.List.of(new EtcdConfig.Endpoint("127.0.0.1", port(server), false)),
                java.util.Optional.empty(),
                java.util.Optional.empty(),
                java.util.Optional.empty());
    }

    public static int port(MeshkeepServer server) {
        return URI.create(server.clientUrls().get(0)).getPort();
    }

    public static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    public static Map<String, String> pairs(Kvstore kvstore, String prefix) {
        Map<String, String> pairs = new TreeMap<>();
        for (Kvstore.Pair pair : get(kvstore.list(prefix)).pairs()) {
            pairs.put(pair.key(), pair.value().toStringUtf8());
        }
        return pairs;
    }

    public static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }
}
