package io.meshkeep.loadtest.ceiling;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.loadtest.tls.MutualTls;
import io.meshkeep.loadtest.workload.Workload;
import io.meshkeep.loadtest.workload.Workloads;
import io.meshkeep.server.TlsConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The loads take the server that does nothing for a server: their checks hold. */
@Timeout(180)
class NullServerTest {
    @TempDir
    Path directory;

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "put-100",
                "txn-create-lease",
                "range-one",
                "list-10000",
                "watch-fanout-1000",
                "keepalive",
                "put-1"
            })
    void workloadsRunOnIt(String name) throws Exception {
        try (NullServer server = new NullServer(anyPort(), Optional.empty())) {
            run(new Endpoint("127.0.0.1", server.port()), Workloads.named(name));
        }
    }

    @Test
    void speaksMutualTls() throws Exception {
        MutualTls tls = MutualTls.make(directory);
        TlsConfig config = TlsConfig.mutual(tls.certificate(), tls.key(), tls.authority());
        try (NullServer server = new NullServer(anyPort(), Optional.of(config))) {
            run(new Endpoint("127.0.0.1", server.port(), Optional.of(tls.client())), Workloads.named("put-1"));
        }
    }

    private static void run(Endpoint endpoint, Workload workload) throws Exception {
        CompletableFuture<Void> failure = new CompletableFuture<>();
        Recorder recorder = new Recorder(failure::completeExceptionally);
        try (EtcdClient client = EtcdClient.connect(endpoint, workload.connections())) {
            Load load = workload.setUp().prepare(client, 1, 0);
            client.loop().submit(() -> load.start(recorder)).get();
            while (client.loop().submit(recorder::operations).get() < 100) {
                if (failure.isDone()) {
                    failure.get();
                }
                Thread.sleep(1);
            }
            client.loop().submit(load::stop).get().get(30, TimeUnit.SECONDS);
            assertThat(failure).isNotDone();
        }
    }
}
