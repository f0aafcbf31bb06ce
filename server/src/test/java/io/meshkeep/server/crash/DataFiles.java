package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.History.bytes;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** The files of a data directory, and a server of this process to make and read them. */
final class DataFiles {
    private DataFiles() {}

    static MeshkeepServer open(Path data) throws StartException {
        return MeshkeepServer.builder()
                .dataDir(data)
                .listen("127.0.0.1", 0)
                .build()
                .start();
    }

    static ManagedChannel channel(MeshkeepServer server) {
        return InProcessChannelBuilder.forName(server.inProcessName())
                .directExecutor()
                .maxInboundMessageSize(Integer.MAX_VALUE)
                .build();
    }

    /** A value that takes as much space on disk as it has bytes. */
    static PutRequest.Builder put(String key, int size) {
        byte[] value = new byte[size];
        new SplittableRandom(key.hashCode()).nextBytes(value);
        return PutRequest.newBuilder().setKey(bytes(key)).setValue(ByteString.copyFrom(value));
    }

    /** All that a server tells of its keys, but for the term, which every start changes. */
    static RangeResponse content(ManagedChannel channel) {
        RangeResponse all = KVGrpc.newBlockingStub(channel)
                .range(RangeRequest.newBuilder()
                        .setKey(bytes("\0"))
                        .setRangeEnd(bytes("\0"))
                        .build());
        return all.toBuilder()
                .setHeader(all.getHeader().toBuilder().clearRaftTerm())
                .build();
    }

    /** The files of the store whose names end so, the oldest first. */
    static List<Path> stored(Path data, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(data.resolve("store"))) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    /** The write-ahead logs, the oldest first. */
    static List<Path> logs(Path data) throws IOException {
        return stored(data, ".log");
    }

    static Path newestLog(Path data) throws IOException {
        List<Path> logs = logs(data);
        return logs.get(logs.size() - 1);
    }

    /** Copies a directory, of a server that is at rest. */
    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
