package io.meshkeep.server.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.MeshkeepServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command against a server, over a socket: what it prints, to the letter, since scripts read it. */
@Timeout(60)
class MeshCommandTest {
    private static MeshkeepServer server;
    private static ManagedChannel channel;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        server = MeshkeepServer.builder()
                .dataDir(directory)
                .listen("127.0.0.1", 0)
                .configure(config -> config.unsafeNoFsync(true))
                .build()
                .start();
        channel = InProcessChannelBuilder.forName(server.inProcessName()).build();
        // revisions 2 to 11
        put("cilium/state/nodes/v1/red/n0", node("n0", "red", "192.168.1.1"));
        put("cilium/cache/nodes/v1/blue/n1", node("n1", "blue", "192.168.2.1"));
        put("cilium/cache/identities/v1/blue/id/70000", "k8s:app=db;k8s:env=prod;");
        put("cilium/cache/ip/v1/blue/10.0.0.1", pair("10.0.0.1", 70000, "192.168.2.1", "db-1"));
        put("cilium/cache/ip/v1/blue/10.0.0.2", pair("10.0.0.2", 71000, "192.168.9.9", "web-\u001b[31m"));
        put("cilium/state/ip/v1/default/10.0.1.1", pair("10.0.1.1", 6, "192.168.1.1", ""));
        put(
                "cilium/cache/services/v1/blue/shop/db",
                "{\"cluster\":\"blue\",\"namespace\":\"shop\",\"name\":\"db\","
                        + "\"frontends\":{\"10.9.0.1\":{}},\"backends\":{\"10.0.0.1\":{},\"10.0.0.2\":{}},\"shared\":true}");
        put("cilium/cache/ip/v1/blue/10.0.0.9", "oops");
        put("cilium/state/identities/v1/id/300", "k8s:app=own;");
        put("cilium/cache/ip/v1/blue/10.0.0.1", pair("10.0.0.1", 70000, "192.168.2.1", "db-2"));
    }

    @AfterAll
    static void stop() {
        channel.shutdownNow();
        server.close();
    }

    private static void put(String key, String value) {
        KVGrpc.newBlockingStub(channel)
                .put(PutRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8(value))
                        .build());
    }

    private static String node(String name, String cluster, String ip) {
        return "{\"Name\":\"" + name + "\",\"Cluster\":\"" + cluster
                + "\",\"IPAddresses\":[{\"Type\":\"InternalIP\",\"IP\":\"" + ip
                + "\"}],\"IPv4AllocCIDR\":{\"IP\":\"10.0.0.0\",\"Mask\":\"////AA==\"},\"ClusterID\":1}";
    }

    private static String pair(String ip, int identity, String host, String pod) {
        return "{\"IP\":\"" + ip + "\",\"Mask\":null,\"HostIP\":\"" + host + "\",\"ID\":" + identity
                + ",\"K8sNamespace\":\"" + (pod.isEmpty() ? "" : "shop") + "\",\"K8sPodName\":\""
                + pod.replace("\u001b", "\\u001b") + "\"}";
    }

    private record Run(int status, String out, String err) {}

    private static Run run(String... line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = MeshCommand.run(
                List.of(line),
                Map.of("ETCDCTL_ENDPOINTS", "http://127.0.0.1:" + server.port()),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Run(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static void assertPrints(String expected, String... line) {
        Run run = run(line);
        assertThat(run.err).isEmpty();
        assertThat(run.out).isEqualTo(expected);
        assertThat(run.status).isZero();
    }

    @Test
    void endpoints() {
        assertPrints("""
                IP         IDENTITY   CLUSTER   NAMESPACE   POD              HOST IP       REVISION
                10.0.0.1   70000      blue      shop        db-2             192.168.2.1   11
                10.0.0.2   71000      blue      shop        web-\\u001b[31m   192.168.9.9   6
                10.0.1.1   6          red       -           -                192.168.1.1   7

                3 endpoints at revision 11
                """, "endpoints");
        assertPrints("""
                IP         IDENTITY   CLUSTER   NAMESPACE   POD    HOST IP       REVISION
                10.0.0.1   70000      blue      shop        db-1   192.168.2.1   5

                1 endpoint at revision 7
                """, "endpoints", "-l", "app in (db,web),!legacy", "--revision=7", "--node", "n1", "-n", "shop");
        assertPrints("""
                IP         IDENTITY   CLUSTER   NAMESPACE   POD    HOST IP       REVISION
                10.0.0.1   70000      blue      shop        db-2   192.168.2.1   11

                1 endpoint at revision 11, and there are more
                """, "endpoints", "--limit", "1", "--cidr", "10.0.0.0/24", "--cluster=blue");
    }

    @Test
    void otherLists() {
        assertPrints("""
                IDENTITY   CLUSTER   REVISION   LABELS
                300        red       10         k8s:app=own
                70000      blue      4          k8s:app=db,k8s:env=prod

                2 identities at revision 11
                """, "identities");
        assertPrints("""
                NAME   CLUSTER   KIND   ADDRESSES     POD CIDR      REVISION
                n0     red       node   192.168.1.1   10.0.0.0/24   2
                n1     blue      node   192.168.2.1   10.0.0.0/24   3

                2 nodes at revision 11
                """, "nodes");
        assertPrints("""
                NAME   NAMESPACE   CLUSTER   KIND      FRONTENDS   BACKENDS   REVISION
                db     shop        blue      service   10.9.0.1    2          8

                1 service at revision 11
                """, "services");
        assertPrints("""
                CLUSTER   KEYS     NODES   IDENTITIES   ENDPOINTS   SERVICES   EXPORTS
                red       own      1       1            1           0          0
                blue      cached   1       1            2           1          0

                2 clusters at revision 11
                """, "clusters");
        assertPrints("""
                PROBLEM            REVISION   KEY                                REASON
                malformed          9          cilium/cache/ip/v1/blue/10.0.0.9   not a JSON object
                unknown identity   6          cilium/cache/ip/v1/blue/10.0.0.2   identity 71000 is not in cluster blue

                2 problems at revision 11
                """, "problems");
    }

    @Test
    void explain() {
        assertPrints("""
                10.0.0.1 at revision 11

                  endpoint  10.0.0.1 (revision 11)
                  key       cilium/cache/ip/v1/blue/10.0.0.1
                  cluster   blue (copy)
                  pod       shop/db-2
                  identity  70000 (revision 4)
                  labels    k8s:app=db
                            k8s:env=prod
                  node      n1 (revision 3), 192.168.2.1
                """, "explain", "10.0.0.1");
        assertPrints("""
                10.0.0.2 at revision 11

                  endpoint  10.0.0.2 (revision 6)
                  key       cilium/cache/ip/v1/blue/10.0.0.2
                  cluster   blue (copy)
                  pod       shop/web-\\u001b[31m
                  identity  71000 (unknown)
                  node      192.168.9.9 (unknown)
                  problem   identity 71000 is not in cluster blue
                """, "explain", "10.0.0.2");
        Run unknown = run("explain", "10.7.7.7");
        assertThat(unknown.out).isEqualTo("Nothing is known of 10.7.7.7 at revision 11.\n");
        assertThat(unknown.status).isEqualTo(1);
    }

    @Test
    void diff() {
        assertPrints("""
                ~ endpoint 10.0.0.1 in blue: identity 70000, pod shop/db-2, on 192.168.2.1 (before: endpoint 10.0.0.1 \
                in blue: identity 70000, pod shop/db-1, on 192.168.2.1)
                + service shop/db in blue: 1 frontends, 2 backends

                2 changes from revision 7 to 11
                """, "diff", "7", "endpoints", "services");
        assertPrints("""
                - node n1 in blue: 192.168.2.1

                1 change from revision 3 to 2
                """, "diff", "3", "2");
    }

    @Test
    void jsonForScripts() {
        assertPrints(
                "{\"revision\":11,\"identities\":[{\"key\":\"cilium/cache/identities/v1/blue/id/70000\",\"cluster\":"
                        + "\"blue\",\"cached\":true,\"number\":70000,\"labels\":[\"k8s:app=db\",\"k8s:env=prod\"],"
                        + "\"revision\":4}],\"more\":false}\n",
                "identities",
                "-l",
                "app=db",
                "-o",
                "json");
        assertPrints(
                "{\"revision\":11,\"endpoints\":[{\"key\":\"cilium/cache/ip/v1/blue/10.0.0.2\",\"cluster\":\"blue\","
                        + "\"cached\":true,\"ip\":\"10.0.0.2\",\"identity\":71000,\"hostIp\":\"192.168.9.9\","
                        + "\"namespace\":\"shop\",\"pod\":\"web-\\u001B[31m\",\"encryptionKey\":0,\"revision\":6}],"
                        + "\"more\":false}\n",
                "endpoints",
                "--cidr=10.0.0.2",
                "-o=json");
        assertThat(run("explain", "10.0.0.1", "-o", "json").out)
                .startsWith("{\"ip\":\"10.0.0.1\",\"revision\":11,\"explanations\":[{\"endpoint\":{\"key\":")
                .endsWith(",\"problems\":[]}],\"more\":false}\n");
        assertThat(run("diff", "10", "-o", "json").out.lines())
                .singleElement()
                .asString()
                .startsWith("{\"key\":\"cilium/cache/ip/v1/blue/10.0.0.1\",\"before\":{\"endpoint\":{");
    }

    @Test
    void watchPrintsTheSetAndThenTheChanges(@TempDir Path other) throws Exception {
        try (MeshkeepServer watched = MeshkeepServer.builder()
                .dataDir(other)
                .listen("127.0.0.1", 0)
                .build()
                .start()) {
            ManagedChannel own =
                    InProcessChannelBuilder.forName(watched.inProcessName()).build();
            KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(own);
            PutRequest first = request("cilium/cache/ip/v1/blue/10.0.0.1", pair("10.0.0.1", 1, "", "a"));
            kv.put(first);
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            Thread command = watch(bytes, watched);
            String set = """
                    # revision 2: 1 in all
                    + endpoint 10.0.0.1 in blue: identity 1, pod shop/a
                    """;
            awaitPrinted(bytes, set);
            kv.put(request("cilium/cache/ip/v1/blue/10.0.0.1", pair("10.0.0.1", 2, "", "a")));
            String change = set + """
                    # revision 3
                    ~ endpoint 10.0.0.1 in blue: identity 2, pod shop/a
                    """;
            awaitPrinted(bytes, change);
            kv.deleteRange(io.meshkeep.proto.DeleteRangeRequest.newBuilder()
                    .setKey(first.getKey())
                    .build());
            awaitPrinted(bytes, change + """
                    # revision 4
                    - endpoint 10.0.0.1 in blue: identity 2, pod shop/a
                    """);
            end(command);

            // what was missed since a revision, and the position to go on from
            ByteArrayOutputStream missed = new ByteArrayOutputStream();
            Thread later = watch(missed, watched, "--revision=3");
            awaitPrinted(missed, """
                    # revision 4
                    - cilium/cache/ip/v1/blue/10.0.0.1
                    """);
            end(later);
            ByteArrayOutputStream json = new ByteArrayOutputStream();
            Thread asJson = watch(json, watched, "--revision=3", "-o", "json");
            long epoch = 2 * watched.store().snapshot().auth().revision() + 1;
            String line = "{\"revision\":4,\"position\":\"4." + epoch + "."
                    + Long.toHexString(watched.store().clusterId())
                    + "\",\"reset\":false,\"resetReason\":\"\",\"upserts\":[],"
                    + "\"removed\":[\"cilium/cache/ip/v1/blue/10.0.0.1\"]}\n";
            awaitPrinted(json, line);
            end(asJson);
            ByteArrayOutputStream elsewhere = new ByteArrayOutputStream();
            Thread wrong = watch(elsewhere, watched, "--revision=3.1.abc");
            awaitPrinted(elsewhere, "# revision 4: 0 in all, from the beginning because this is another store\n");
            end(wrong);
            own.shutdownNow();
        }
    }

    @Test
    void watchTellsThatTheServerIsGoneAndGoesOnWhenItIsBack(@TempDir Path other) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Thread command;
        int port;
        String set = """
                # revision 2: 1 in all
                + endpoint 10.0.0.1 in blue: identity 1, pod shop/a
                """;
        try (MeshkeepServer before = start(other, 0)) {
            port = before.port();
            put(before, 1);
            command = watch(bytes, before);
            awaitPrinted(bytes, set);
        }
        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(bytes.toString(StandardCharsets.UTF_8))
                        .startsWith(set + "meshkeep: the server is gone, trying again: "));
        try (MeshkeepServer after = start(other, port)) {
            put(after, 2);
            await().atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(bytes.toString(StandardCharsets.UTF_8))
                            .containsOnlyOnce("is gone")
                            .endsWith("""
                            meshkeep: connected again
                            # revision 3
                            ~ endpoint 10.0.0.1 in blue: identity 2, pod shop/a
                            """));
            end(command);
        }
    }

    private static MeshkeepServer start(Path directory, int port) throws Exception {
        return MeshkeepServer.builder()
                .dataDir(directory)
                .listen("127.0.0.1", port)
                .build()
                .start();
    }

    private static void put(MeshkeepServer to, int identity) {
        ManagedChannel channel =
                InProcessChannelBuilder.forName(to.inProcessName()).build();
        KVGrpc.newBlockingStub(channel)
                .put(request("cilium/cache/ip/v1/blue/10.0.0.1", pair("10.0.0.1", identity, "", "a")));
        channel.shutdownNow();
    }

    private static Thread watch(ByteArrayOutputStream to, MeshkeepServer server, String... flags) {
        PrintStream out = new PrintStream(to, true, StandardCharsets.UTF_8);
        List<String> line = new ArrayList<>(List.of("watch", "--endpoints=127.0.0.1:" + server.port()));
        line.addAll(List.of(flags));
        Thread command = new Thread(() -> MeshCommand.run(line, Map.of(), out, out));
        command.start();
        return command;
    }

    private static void end(Thread command) throws InterruptedException {
        command.interrupt();
        command.join(20_000);
        assertThat(command.isAlive()).isFalse();
    }

    private static PutRequest request(String key, String value) {
        return PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build();
    }

    private static void awaitPrinted(ByteArrayOutputStream bytes, String expected) {
        await().atMost(20, TimeUnit.SECONDS)
                .pollInterval(5, TimeUnit.MILLISECONDS)
                .untilAsserted(
                        () -> assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo(expected));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sevre                        | 2 | there is no command meshkeep mesh sevre; see meshkeep mesh --help",
                "endpoints --color            | 2 | there is no flag --color; see meshkeep mesh --help",
                "endpoints -l                 | 2 | -l needs a value",
                "endpoints -o yaml            | 2 | -o takes table or json",
                "endpoints x                  | 2 | meshkeep mesh endpoints takes no words, only flags",
                "services --node n            | 2 | meshkeep mesh services has no flag --node",
                "endpoints --identity x       | 2 | --identity: \"x\" is not a whole number",
                "endpoints --identity -3      | 2 | --identity: -3 is not between 0 and 4294967295",
                "endpoints -l app=(           | 1 | label selector: at character 5: expected a comma or the end, found \"(\"",
                "endpoints --revision 99      | 1 | etcdserver: mvcc: required revision is a future revision",
                "explain                      | 2 | explain needs one IP address",
                "explain x                    | 1 | \"x\" is not an IP address",
                "diff                         | 2 | diff needs the revision to begin from",
                "diff 1 2 pods                | 2 | \"pods\" is none of endpoints, identities, nodes and services",
                "watch endpoints nodes        | 2 | watch follows one kind",
                "watch --revision 3.x         | 2 | --revision: \"3.x\" is neither a revision nor a position",
                "watch --revision 3.1.xyz     | 2 | --revision: \"3.1.xyz\" is no position that was printed",
                "nodes --endpoints https://x --cert y | 2 | --cert and --key go together",
                "nodes --endpoints https://x --cacert /no/such/file | 1 | --cacert: /no/such/file cannot be read",
                "nodes --command-timeout soon | 2 | --command-timeout: *"
            })
    void mistakesAreOneLine(String line, int status, String message) {
        Run run = run(line.strip().split(" +"));
        assertThat(run.out).isEmpty();
        assertThat(run.err)
                .startsWith("meshkeep: " + message.replace("*", ""))
                .endsWith("\n")
                .hasLineCount(1);
        assertThat(run.status).isEqualTo(status);
    }

    @Test
    void helpNamesEveryCommandAndFlag() {
        Run help = run("--help");
        assertThat(help.out)
                .contains(
                        "endpoints",
                        "identities",
                        "nodes",
                        "services",
                        "clusters",
                        "explain",
                        "diff",
                        "watch",
                        "problems",
                        "--selector",
                        "--cidr",
                        "--namespace",
                        "--node",
                        "--cluster",
                        "--identity",
                        "--revision",
                        "--limit",
                        "--endpoints",
                        "--cacert",
                        "--cert",
                        "--key",
                        "--insecure-skip-tls-verify",
                        "--command-timeout");
        assertThat(help.out.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
        assertThat(help.status).isZero();
    }

    @Test
    void theNextEndpointIsAskedWhenOneCannotBeReached() {
        // nothing listens on a port that was just given back; 1 is reserved
        assertPrints(run("clusters").out, "clusters", "--endpoints", "127.0.0.1:1,[127.0.0.1]:" + server.port());
        Run none = run("clusters", "--endpoints", "127.0.0.1:1");
        assertThat(none.status).isEqualTo(1);
        assertThat(none.err).isEqualTo("meshkeep: the server cannot be reached: Connection refused: 127.0.0.1:1\n");
    }

    @Test
    void aServerThatSpeaksNoTlsIsNamedInOneLine() {
        Run run = run("clusters", "--endpoints", "https://127.0.0.1:" + server.port());
        assertThat(run.status).isEqualTo(1);
        assertThat(run.err.lines()).singleElement().asString().startsWith("meshkeep: the server cannot be reached: ");
        assertThat(run.err).doesNotContain("Pipeline");
    }
}
