package io.meshkeep.loadtest.sync;

import com.google.protobuf.ByteString;
import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.LoadException;
import io.meshkeep.loadtest.process.Contender;
import io.meshkeep.loadtest.process.ProcessAccounts;
import io.meshkeep.loadtest.process.Ring;
import io.meshkeep.loadtest.process.ServerProcess;
import io.meshkeep.loadtest.report.Machine;
import io.meshkeep.loadtest.report.MarkdownTable;
import io.meshkeep.loadtest.report.Numbers;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code bench sync}: how long a synchronisation takes until it is ready, and what it needs. */
public final class SyncCommand {
    public static final String HELP = """
            bench sync: Kubernetes in, keys out, until the synchronisation says that it is ready

              --endpoints N           pods of the cluster (default 300000)
              --slices                they are in CiliumEndpointSlices, not in CiliumEndpoints
              --server-command LINE   what starts Meshkeep (default: ./meshkeep clustermesh)
              --dir PATH              where it keeps its data while it runs (default: a directory made here)

            Starts ./meshkeep clustermesh on an empty store that syncs every write, and an API server whose pods are
            made up as they are asked for. The time is from the start of the process to the first 200 of /readyz.
            Then every key is compared. MESHKEEP_JAVA_OPTS goes to the process: MESHKEEP_JAVA_OPTS=-Xmx256m.
            """;

    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final Duration PAUSE = Duration.ofMillis(250);
    private static final String PREFIX = "cilium/state/ip/v1/default/";
    private static final int PAGE = 10_000;

    private SyncCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments =
                Arguments.parse(line, Set.of("--endpoints", "--server-command", "--dir"), Set.of("--slices"));
        PodTemplate pods = new PodTemplate(arguments.count("--endpoints", 300_000));
        Progress progress = new Progress();
        Ring ring = Ring.of(arguments, false, progress);
        Machine.facts(ring.directory()).forEach(System.out::println);
        int health = freePort();
        try (EndpointApi api = new EndpointApi(pods, arguments.has("--slices"))) {
            List<String> flags = new ArrayList<>(List.of(
                    "--cluster-name=bench",
                    "--cluster-id=1",
                    "--k8s-api-server=" + api.url(),
                    "--health-port=" + health));
            if (arguments.has("--slices")) {
                flags.add("--enable-cilium-endpoint-slice");
            }
            Contender contender = ring.synchroniser(flags);
            long begun = System.nanoTime();
            try (ServerProcess process = ServerProcess.start(contender, ring.directory())) {
                awaitReady(health, begun);
                double seconds = (System.nanoTime() - begun) / 1e9;
                ProcessAccounts.Memory memory = process.accounts().memory();
                double cpu = process.accounts().nanos() / 1e9;
                try (EtcdClient client = EtcdClient.connect(process.endpoint(), 1)) {
                    compare(client, pods);
                }
                System.out.print(MarkdownTable.of(
                        List.of(
                                "endpoints",
                                "read as",
                                "MiB read",
                                "s until ready",
                                "CPU s",
                                "resident MiB",
                                "at most"),
                        List.of(List.of(
                                Numbers.figure(pods.count()),
                                arguments.has("--slices") ? "slices" : "endpoints",
                                Numbers.figure(api.bytes() / 1048576.0),
                                Numbers.figure(seconds),
                                Numbers.figure(cpu),
                                Numbers.figure(memory.resident() / 1048576.0),
                                Numbers.figure(memory.peak() / 1048576.0))),
                        2));
            }
        }
    }

    private static void awaitReady(int port, long begun) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/readyz"))
                .build();
        while (client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() != 200) {
            if (System.nanoTime() - begun > LIMIT.toNanos()) {
                throw new IOException("not ready after " + LIMIT.toMinutes() + " minutes");
            }
            Thread.sleep(PAUSE.toMillis());
        }
    }

    /** Every pod is there with its value, and nothing else. */
    private static void compare(EtcdClient client, PodTemplate pods) {
        int found = 0;
        ByteString from = ByteString.copyFromUtf8(PREFIX);
        ByteString end = ByteString.copyFromUtf8(PREFIX.substring(0, PREFIX.length() - 1) + "0");
        boolean more = true;
        while (more) {
            RangeResponse page = client.ask(
                    KVGrpc.getRangeMethod(),
                    RangeRequest.newBuilder()
                            .setKey(from)
                            .setRangeEnd(end)
                            .setLimit(PAGE)
                            .build());
            for (var pair : page.getKvsList()) {
                int pod = PodTemplate.pod(pair.getKey().toStringUtf8().substring(PREFIX.length()));
                if (pod >= pods.count() || !pair.getValue().toStringUtf8().equals(PodTemplate.value(pod))) {
                    throw new LoadException("a wrong value: " + pair, null);
                }
                from = pair.getKey().concat(ByteString.copyFrom(new byte[1]));
                found++;
            }
            more = page.getMore();
        }
        if (found != pods.count()) {
            throw new LoadException(found + " endpoints are there instead of " + pods.count(), null);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
