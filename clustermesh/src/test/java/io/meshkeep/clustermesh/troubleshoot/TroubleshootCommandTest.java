package io.meshkeep.clustermesh.troubleshoot;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.auth.CiliumUsers;
import io.meshkeep.store.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command against servers as a pod has them, whole and broken in each of the ways that are told apart. */
@Timeout(120)
class TroubleshootCommandTest {
    private static final Instant NOW = Instant.now();
    private static final List<String> KINDS = List.of("identities", "ip", "nodes", "services", "serviceexports");

    private static Path directory;
    private static CertificateAuthority authority;
    private static MeshkeepServer east;

    private record Outcome(int status, String out, String err) {
        /** The lines of a step, with what to mend. */
        String of(String step) {
            StringBuilder lines = new StringBuilder();
            boolean inside = false;
            for (String line : out.lines().toList()) {
                inside = line.strip().startsWith("mend:")
                        ? inside
                        : line.matches(" +(ok|WARNING|PROBLEM) +" + step + " .*");
                if (inside) {
                    lines.append(line.strip()).append('\n');
                }
            }
            return lines.toString();
        }
    }

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        directory = temporary;
        authority = CertificateAuthority.create(
                "Cilium CA", KeyAlgorithm.EC_P256, Duration.ofDays(3650), () -> NOW.minus(Duration.ofDays(400)));
        Files.writeString(file("ca.crt"), Pem.of(authority.certificate()));
        write("server", authority.at(() -> NOW).issue(server("127.0.0.1", "localhost"), KeyAlgorithm.EC_P256));
        for (String user : List.of("admin-east", "local-east", "remote", "remote-west")) {
            write(user, authority.at(() -> NOW).issue(CertificateRequest.client(user), KeyAlgorithm.EC_P256));
        }
        east = tls("east", "server");
        fill(east, "east", "{\"id\":1,\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255}}");
        enableUsers(east, "east");
    }

    @AfterAll
    static void stop() {
        east.close();
    }

    private static CertificateRequest server(String... names) {
        return CertificateRequest.server("clustermesh-apiserver.cilium.io", List.of(names));
    }

    private static Path file(String name) {
        return directory.resolve(name);
    }

    private static void write(String name, Issued issued) throws IOException {
        Files.writeString(file(name + ".crt"), Pem.of(issued.chain()));
        Files.writeString(file(name + ".key"), Pem.of(issued.key(), KeyFormat.SEC1));
    }

    private static MeshkeepServer tls(String data, String certificate) throws Exception {
        TlsConfig tls = TlsConfig.mutual(file(certificate + ".crt"), file(certificate + ".key"), file("ca.crt"));
        return MeshkeepServer.builder()
                .dataDir(file(data))
                .configure(config -> config.listenTls("127.0.0.1", 0, tls).unsafeNoFsync(true))
                .build()
                .start();
    }

    private static MeshkeepServer plain(String data) throws Exception {
        return MeshkeepServer.builder()
                .dataDir(file(data))
                .listen("127.0.0.1", 0)
                .configure(config -> config.unsafeNoFsync(true))
                .build()
                .start();
    }

    private static void fill(MeshkeepServer server, String cluster, String config) {
        put(server, "cilium/.heartbeat", NOW.minusSeconds(20).toString());
        put(server, "cilium/cluster-config/" + cluster, config);
        KINDS.forEach(kind -> put(server, "cilium/synced/" + cluster + "/cilium/state/" + kind + "/v1", "x"));
    }

    private static void put(MeshkeepServer server, String key, String value) {
        ManagedChannel channel =
                InProcessChannelBuilder.forName(server.inProcessName()).build();
        try {
            KVGrpc.newBlockingStub(channel)
                    .put(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8(key))
                            .setValue(ByteString.copyFromUtf8(value))
                            .build());
        } finally {
            channel.shutdownNow();
        }
    }

    private static void enableUsers(MeshkeepServer server, String cluster) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        server.store().write(new Command.Auth(CiliumUsers.forCluster(cluster, true)), 4096, (result, error) -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
        done.join();
    }

    private static Outcome run(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = TroubleshootCommand.run(
                List.of(arguments), () -> NOW, new PrintStream(out, true), new PrintStream(err, true));
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static Outcome check(String endpoint, String user, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--endpoints", endpoint, "--cacert", file("ca.crt") + ""));
        if (!user.isEmpty()) {
            arguments.addAll(List.of("--cert", file(user + ".crt") + "", "--key", file(user + ".key") + ""));
        }
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private static String url(MeshkeepServer server) {
        return "https://127.0.0.1:" + server.port();
    }

    @Test
    void aWholeClusterPassesEveryStep() {
        Outcome outcome = check(url(east), "remote", "--cluster-name", "east");
        assertThat(outcome.status()).as(outcome.out() + outcome.err()).isZero();
        assertThat(outcome.out()).doesNotContain("WARNING").doesNotContain("PROBLEM");
        for (Step step : Step.values()) {
            assertThat(outcome.of(step.toString())).as(outcome.out()).startsWith("ok");
        }
        assertThat(outcome.of("config")).contains("user remote");
        assertThat(outcome.of("tls")).contains("TLSv1.3");
        assertThat(outcome.of("server")).contains("etcd 3.5.");
        assertThat(outcome.of("roles"))
                .contains("user remote may read cilium/.heartbeat, cilium/cluster-config/, cilium/synced/,"
                        + " cilium/state/, not cilium/cache/");
        assertThat(outcome.of("heartbeat")).contains("20 s old");
        assertThat(outcome.of("cluster-config")).contains("cluster east has id 1");
    }

    @Test
    void knowsTheOwnClusterByTheUsersName() {
        Outcome outcome = check(url(east), "admin-east");
        assertThat(outcome.status()).as(outcome.out()).isZero();
        assertThat(outcome.of("cluster-config")).contains("cluster east has id 1");
    }

    @Test
    void asksForTheClusterThatItCannotKnow() {
        Outcome outcome = check(url(east), "remote");
        assertThat(outcome.status()).as(outcome.out()).isZero();
        assertThat(outcome.of("roles")).contains("WARNING").contains("--cluster-name");
    }

    @Test
    void aServerOfAnotherAuthority() throws Exception {
        CertificateAuthority other =
                CertificateAuthority.create("Cilium CA", KeyAlgorithm.EC_P256, Duration.ofDays(10), () -> NOW);
        Files.writeString(file("other-ca.crt"), Pem.of(other.certificate()));
        Outcome outcome = run(
                "--endpoints",
                url(east),
                "--cacert",
                file("other-ca.crt") + "",
                "--cert",
                file("remote.crt") + "",
                "--key",
                file("remote.key") + "");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.of("certificate"))
                .contains("PROBLEM")
                .contains("same name, different key")
                .contains("mend: clusters of a mesh trust one authority");
        assertThat(outcome.of("roles"))
                .as("nothing is asked of a server that is not trusted")
                .isEmpty();
    }

    @Test
    void aServersCertificateThatExpiredOrIsForAnotherHost() throws Exception {
        write(
                "expired",
                authority
                        .at(() -> NOW.minus(Duration.ofDays(90)))
                        .issue(server("127.0.0.1").valid(Duration.ofDays(30)), KeyAlgorithm.EC_P256));
        write("elsewhere", authority.at(() -> NOW).issue(server("west.mesh.cilium.io"), KeyAlgorithm.EC_P256));
        try (MeshkeepServer expired = tls("expired-data", "expired");
                MeshkeepServer elsewhere = tls("elsewhere-data", "elsewhere")) {
            Outcome late = check(url(expired), "remote");
            assertThat(late.status()).isEqualTo(1);
            assertThat(late.of("certificate")).contains("expired on").contains("mend: renew it there");

            Outcome wrong = check(url(elsewhere), "remote");
            assertThat(wrong.status()).isEqualTo(1);
            assertThat(wrong.of("certificate"))
                    .contains("is not for 127.0.0.1: it is for west.mesh.cilium.io")
                    .contains("mend: call the server by a name in its certificate");
        }
    }

    @Test
    void aClientsCertificateThatExpired() throws Exception {
        write(
                "late",
                authority
                        .at(() -> NOW.minus(Duration.ofDays(90)))
                        .issue(CertificateRequest.client("remote").valid(Duration.ofDays(30)), KeyAlgorithm.EC_P256));
        Outcome outcome = check(url(east), "late");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.of("config"))
                .contains("PROBLEM")
                .contains("the client's certificate")
                .contains("expired");
        assertThat(outcome.of("server")).contains("refuses this client's certificate of user remote");
    }

    @Test
    void aClientThatTheServerDoesNotTrustOrThatShowsNothing() throws Exception {
        CertificateAuthority other =
                CertificateAuthority.create("West CA", KeyAlgorithm.EC_P256, Duration.ofDays(10), () -> NOW);
        write("stranger", other.issue(CertificateRequest.client("remote"), KeyAlgorithm.EC_P256));
        Outcome stranger = check(url(east), "stranger");
        assertThat(stranger.status()).isEqualTo(1);
        assertThat(stranger.of("certificate")).startsWith("ok");
        assertThat(stranger.of("server"))
                .contains("refuses this client's certificate of user remote")
                .contains("does not trust the authority");

        Outcome naked = check(url(east), "");
        assertThat(naked.status()).isEqualTo(1);
        assertThat(naked.of("server")).contains("wants a client certificate");
    }

    @Test
    void filesThatAreMissingOrDoNotFit() throws Exception {
        assertThat(run("--endpoints", url(east), "--cacert", "/nowhere/ca.crt").of("config"))
                .contains("PROBLEM")
                .contains("/nowhere/ca.crt does not exist");
        Outcome mixed = run(
                "--endpoints",
                url(east),
                "--cacert",
                file("ca.crt") + "",
                "--cert",
                file("remote.crt") + "",
                "--key",
                file("server.key") + "");
        assertThat(mixed.of("config")).contains("the private key does not belong to the certificate");
    }

    @Test
    void plaintextWhereTlsIsWantedAndTheOtherWayRound() throws Exception {
        try (MeshkeepServer open = plain("open")) {
            fill(open, "open", "{\"id\":7,\"capabilities\":{}}");
            Outcome tls = check("https://127.0.0.1:" + open.port(), "remote");
            assertThat(tls.status()).isEqualTo(1);
            assertThat(tls.of("tls")).contains("the server speaks, but not TLS").contains("--cert-file");

            Outcome clear = run("--endpoints", "http://127.0.0.1:" + open.port());
            assertThat(clear.status()).as(clear.out()).isZero();
            assertThat(clear.of("tls")).contains("WARNING").contains("in the clear");
            assertThat(clear.of("cluster-config")).as("the only one there is").contains("cluster open has id 7");
        }
        Outcome clear = run("--endpoints", "http://127.0.0.1:" + east.port(), "--timeout", "2s");
        assertThat(clear.status()).isEqualTo(1);
        assertThat(clear.of("tls")).contains("likely wants TLS").contains("https://");
    }

    @Test
    void aUserThatTheServerDoesNotKnow() {
        Outcome outcome = check(url(east), "remote-west", "--cluster-name", "east");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.of("roles"))
                .contains("user remote-west may read nothing")
                .contains("clustermesh-remote-users");
    }

    @Test
    void aRoleThatDoesNotReachToTheCluster() {
        Outcome outcome = check(url(east), "remote", "--cluster-name", "north");
        assertThat(outcome.status()).isEqualTo(1);
        assertThat(outcome.of("roles"))
                .contains("PROBLEM")
                .contains("not cilium/cluster-config/, cilium/synced/")
                .contains("meshkeep auth explain --user remote");
    }

    @Test
    void aStoreThatNobodyWritesTo() throws Exception {
        try (MeshkeepServer silent = plain("silent")) {
            Outcome empty = run("--endpoints", "http://127.0.0.1:" + silent.port(), "--cluster-name", "east");
            assertThat(empty.status()).isEqualTo(1);
            assertThat(empty.of("heartbeat")).contains("there is none").contains("container apiserver");
            assertThat(empty.of("cluster-config")).contains("there is none of cluster east");
            assertThat(empty.of("synced")).contains("identities, ip, nodes, serviceexports, services");

            put(silent, "cilium/.heartbeat", NOW.minusSeconds(600).toString());
            put(silent, "cilium/cluster-config/east", "{\"capabilities\":{}}");
            put(silent, "cilium/synced/east/cilium/state/nodes/v1", "x");
            Outcome stale = run("--endpoints", "http://127.0.0.1:" + silent.port(), "--cluster-name", "east");
            assertThat(stale.of("heartbeat")).contains("PROBLEM").contains("600 s ago");
            assertThat(stale.of("cluster-config")).contains("has no id (0)");
            assertThat(stale.of("synced")).contains("identities, ip, serviceexports, services");

            put(silent, "cilium/.heartbeat", NOW.plusSeconds(600).toString());
            put(silent, "cilium/cluster-config/east", "{\"id\":");
            Outcome odd = run("--endpoints", "http://127.0.0.1:" + silent.port(), "--cluster-name", "east");
            assertThat(odd.of("heartbeat"))
                    .contains("WARNING")
                    .contains("in the future")
                    .contains("clocks");
            assertThat(odd.of("cluster-config")).contains("cannot be read");
        }
    }

    @Test
    void aMirrorHasSyncedKeysOfItsOwn() throws Exception {
        try (MeshkeepServer mirror = plain("mirror")) {
            fill(mirror, "west", "{\"id\":2,\"capabilities\":{\"cached\":true,\"syncedCanaries\":true}}");
            String url = "http://127.0.0.1:" + mirror.port();
            assertThat(run("--endpoints", url, "--cluster-name", "west").of("synced"))
                    .as("those of cilium/state do not count")
                    .contains("PROBLEM");
            KINDS.forEach(kind -> put(mirror, "cilium/synced/west/cilium/cache/" + kind + "/v1", "x"));
            Outcome outcome = run("--endpoints", url, "--cluster-name", "west");
            assertThat(outcome.status()).as(outcome.out()).isZero();
            assertThat(outcome.of("cluster-config")).contains("mirrored by KVStoreMesh");
        }
    }

    @Test
    void whatCannotBeReached() throws Exception {
        int closed;
        try (ServerSocket socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        Outcome refused = check("https://127.0.0.1:" + closed, "remote");
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.of("tcp")).contains("refuses connections").contains("NodePort");

        Outcome unknown = check("https://nowhere.invalid:2379", "remote");
        assertThat(unknown.status()).isEqualTo(1);
        assertThat(unknown.of("name")).contains("PROBLEM").contains("hostAliases");

        try (ServerSocket mute = new ServerSocket(0)) {
            Outcome silent = check("https://127.0.0.1:" + mute.getLocalPort(), "remote", "--timeout", "200ms");
            assertThat(silent.status()).isEqualTo(1);
            assertThat(silent.of("tls")).contains("does not answer the handshake within 200 ms");
        }
    }

    @Test
    void aDirectoryHoldsOneFileForEachCluster() throws Exception {
        Path mesh = Files.createDirectory(file("mesh"));
        Files.createDirectory(mesh.resolve("..2026_01"));
        Files.copy(file("ca.crt"), mesh.resolve("common-etcd-client-ca.crt"));
        try (MeshkeepServer west = plain("west")) {
            fill(west, "west", "{\"id\":1,\"capabilities\":{}}");
            Files.writeString(
                    mesh.resolve("east"),
                    "endpoints:\n- " + url(east) + "\ntrusted-ca-file: " + file("ca.crt") + "\ncert-file: "
                            + file("remote.crt") + "\nkey-file: " + file("remote.key") + "\n");
            Files.writeString(mesh.resolve("west"), "endpoints:\n- http://127.0.0.1:" + west.port() + "\n");
            Outcome both = run("--clustermesh-config", mesh.toString());
            assertThat(both.status()).isEqualTo(1);
            assertThat(both.out())
                    .contains("clusters east and west both have id 1")
                    .contains("each cluster of a mesh needs an id of its own");

            Outcome one = run("--clustermesh-config=" + mesh, "--cluster-name=east");
            assertThat(one.status()).as(one.out()).isZero();

            Outcome json = run("--clustermesh-config", mesh.toString(), "-o", "json");
            assertThat(json.status()).isEqualTo(1);
            Map<?, ?> report = parse(json.out());
            assertThat(report.get("ok")).isEqualTo(false);
            assertThat((List<?>) report.get("targets")).hasSize(2);
            Map<?, ?> first = (Map<?, ?>) ((List<?>) report.get("targets")).get(0);
            assertThat(first.get("name")).isEqualTo("east");
            assertThat(first.get("ok")).isEqualTo(true);
        }
        assertThat(run("--clustermesh-config", mesh.toString(), "--cluster-name", "south")
                        .err())
                .contains("no cluster is configured in");
    }

    /** JSON is YAML. */
    private static Map<?, ?> parse(String json) {
        return (Map<?, ?>) new org.snakeyaml.engine.v2.api.Load(
                        org.snakeyaml.engine.v2.api.LoadSettings.builder().build())
                .loadFromString(json);
    }

    @Test
    void saysHowItIsCalled() {
        assertThat(run("--help").out()).contains("Usage: meshkeep troubleshoot");
        for (String[] wrong : new String[][] {
            {},
            {"--endpoints"},
            {"--nonsense", "1"},
            {"--endpoints", "a", "--etcd-config", "b"},
            {"--endpoints", "https://a:1", "-o", "xml"},
            {"--endpoints", "https://a:1", "--timeout", "soon"}
        }) {
            Outcome outcome = run(wrong);
            assertThat(outcome.status()).isEqualTo(2);
            assertThat(outcome.err()).startsWith("meshkeep: ");
        }
        assertThat(run("--etcd-config", "/nowhere").err()).isEqualTo("meshkeep: /nowhere does not exist\n");
        assertThat(run("--endpoints", "127.0.0.1:2379").out()).contains("has no scheme");
    }
}
