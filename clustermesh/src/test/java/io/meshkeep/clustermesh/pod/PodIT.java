package io.meshkeep.clustermesh.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Probe;
import io.grpc.ManagedChannel;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.sync.FakeKubernetes;
import io.meshkeep.clustermesh.troubleshoot.TroubleshootCommand;
import io.meshkeep.clustermesh.workload.RegisterNode;
import io.meshkeep.clustermesh.workload.Vm;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.TlsConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Builds the image and runs it as the pod of Cilium's own chart, where only the image's name is ours, and of our own
 * manifests. It needs root, for file systems and users; what is left out without is said, and in continuous integration it
 * is an error.
 */
@Timeout(600)
class PodIT {
    private static final String DEFAULTS = "../deploy/kustomize/meshkeep.yaml";
    private static final String EVERYTHING = "src/test/resources/io/meshkeep/clustermesh/pod/meshkeep-everything.yaml";
    private static final Duration SLOW = Duration.ofMinutes(2);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    @TempDir
    static Path temporary;

    private static ImageArchive image;
    private static Path root;
    private static CertificateAuthority authority;

    @BeforeAll
    static void buildImage() throws Exception {
        boolean mayRun = mayRunImages();
        String what = "without root and the right to mount the image cannot be run: nothing of the pod is tested";
        if (!mayRun && "true".equals(System.getenv("CI"))) {
            throw new AssertionError(what);
        }
        assumeTrue(mayRun, what);
        Path archive = temporary.resolve("image.tar");
        ProcessBuilder build = new ProcessBuilder(
                        Path.of("..", "deploy", "image", "build").toString(), archive.toString())
                .redirectErrorStream(true)
                .redirectOutput(temporary.resolve("build.log").toFile());
        build.environment().put("JAVA_HOME", System.getProperty("java.home"));
        assertThat(build.start().waitFor())
                .as(() -> text(temporary.resolve("build.log")))
                .isZero();
        image = ImageArchive.open(archive, temporary.resolve("archive"));
        root = image.unpack(temporary.resolve("root"));
        authority = CertificateAuthority.create("Cilium CA", KeyAlgorithm.EC_P256, Duration.ofDays(100));
    }

    private static boolean mayRunImages() throws Exception {
        boolean isRoot = Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        return isRoot
                && new ProcessBuilder("unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt")
                                .inheritIO()
                                .start()
                                .waitFor()
                        == 0;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void theImageIsSmallAndHoldsNoShell() throws IOException {
        assertThat(image.layers()).hasSize(5).isEqualTo(image.dockerLayers());
        assertThat(image.compressedBytes()).isLessThan(90L << 20);
        assertThat(image.runConfig().get("User")).isEqualTo("65532:65532");
        assertThat(image.runConfig().get("Entrypoint")).isEqualTo(List.of("/usr/bin/clustermesh-apiserver"));
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.map(Path::getFileName).map(String::valueOf))
                    .doesNotContain("sh", "bash", "busybox", "dash", "apt", "dpkg")
                    .contains("meshkeep.jsa", "librocksdbjni-linux64.so");
        }
        try (Stream<Path> files = Files.walk(root)) {
            assertThat(files.filter(file -> (mode(file) & 06000) != 0))
                    .as("nothing is set-user-id")
                    .isEmpty();
        }
        for (String program : List.of("etcd", "clustermesh-apiserver", "meshkeep")) {
            assertThat(root.resolve("opt/meshkeep/lib/app").resolve(program + ".cfg"))
                    .as("a container's memory limit counts, and nothing is written to /tmp")
                    .content()
                    .contains("java-options=-XX:MaxRAMPercentage=50")
                    .contains("java-options=-XX:-UsePerfData");
        }
        assertThat(root.resolve("var/lib/cilium/etcd-config.yaml")).content().contains("- https://127.0.0.1:2379");
    }

    private static int mode(Path file) {
        try {
            return (int) Files.getAttribute(file, "unix:mode", java.nio.file.LinkOption.NOFOLLOW_LINKS);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void theChartsOfBothVersionsWithExternalWorkloadsAreAlike() throws IOException {
        assertThat(PodIT.class.getResourceAsStream("cilium-1.16.5.json"))
                .hasSameContentAs(PodIT.class.getResourceAsStream("cilium-1.17.4.json"));
    }

    @Test
    void tellsEtcdsVersion() throws Exception {
        try (ContainerProcess etcd = ContainerProcess.start(
                root, List.of("/usr/bin/etcd", "--version"), Map.of(), List.of(), temporary.resolve("version.log"))) {
            assertThat(etcd.awaitEnd(SLOW)).as(etcd.log()).isZero();
            assertThat(etcd.log()).startsWith("etcd Version: 3.5.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cilium-1.17.4.json", "cilium-1.18.2.json"})
    void runsAsThePodOfCiliumsChart(String chart) throws Exception {
        try (Surroundings surroundings = new Surroundings(chart)) {
            run(surroundings.pod(ChartPod.recorded(chart)), surroundings.kubernetes, surroundings.secrets);
        }
    }

    /** What a pod finds in its cluster: secrets, ConfigMaps, the Kubernetes API, and another cluster. */
    private static final class Surroundings implements AutoCloseable {
        private final Path directory;
        private final Path secrets;
        private final FakeKubernetes kubernetes = new FakeKubernetes();
        private final MeshkeepServer west;

        Surroundings(String name) throws Exception {
            directory = Files.createDirectory(temporary.resolve(name + ".pod"));
            secrets = Files.createDirectory(directory.resolve("secrets"));
            secret(
                    secrets,
                    "clustermesh-apiserver-server-cert",
                    CertificateRequest.server(
                            "clustermesh-apiserver.cilium.io", List.of("*.mesh.cilium.io", "127.0.0.1", "::1")));
            secret(secrets, "clustermesh-apiserver-admin-cert", CertificateRequest.client("admin-east"));
            secret(secrets, "clustermesh-apiserver-remote-cert", CertificateRequest.client("remote-east"));
            secret(secrets, "clustermesh-apiserver-client-cert", CertificateRequest.client("externalworkload"));
            west = west(directory, secrets);
            kubernetes.put(Map.of(
                    "apiVersion",
                    "cilium.io/v2",
                    "kind",
                    "CiliumIdentity",
                    "metadata",
                    Map.of("name", "70001"),
                    "security-labels",
                    Map.of("k8s:app", "web", "k8s:io.kubernetes.pod.namespace", "default")));
            Files.createDirectory(secrets.resolve("cilium-kvstoremesh"));
            Files.writeString(secrets.resolve("cilium-kvstoremesh/west"), """
                endpoints:
                - https://127.0.0.1:%d
                trusted-ca-file: /var/lib/cilium/clustermesh/common-etcd-client-ca.crt
                key-file: /var/lib/cilium/clustermesh/common-etcd-client.key
                cert-file: /var/lib/cilium/clustermesh/common-etcd-client.crt
                """.formatted(west.port()));
        }

        ChartPod pod(PodSpec spec) throws IOException {
            return new ChartPod(
                    spec,
                    root,
                    directory,
                    Map.of(
                            "cilium-config", Map.of("cluster-name", "east", "cluster-id", "1"),
                            "clustermesh-remote-users",
                                    Map.of("users.yaml", "users:\n- name: remote-west\n  role: remote\n"),
                            "kube-root-ca.crt", Map.of("ca.crt", Pem.of(authority.certificate()))),
                    secrets);
        }

        @Override
        public void close() throws Exception {
            west.close();
            kubernetes.close();
        }
    }

    /** With the values as they are, which is what Kustomize starts from, and with all parts switched on. */
    @ParameterizedTest
    @ValueSource(strings = {DEFAULTS, EVERYTHING})
    void runsAsThePodOfOurManifests(String manifests) throws Exception {
        boolean everything = manifests.equals(EVERYTHING);
        try (Surroundings surroundings = new Surroundings(everything ? "everything" : "defaults")) {
            surroundings.kubernetes.put(Map.of(
                    "apiVersion", "v1", "kind", "Namespace", "metadata", Map.of("name", "default"), "spec", Map.of()));
            surroundings.kubernetes.put(Map.of(
                    "apiVersion",
                    "cilium.io/v2",
                    "kind",
                    "CiliumExternalWorkload",
                    "metadata",
                    Map.of("name", "db-1", "uid", "db-1"),
                    "spec",
                    Map.of("ipv4-alloc-cidr", "10.192.1.0/30")));
            ChartPod pod = surroundings.pod(ChartPod.deployed(Files.readString(Path.of(manifests))));
            // the second start is that of a container whose store is there already
            for (int start = 0; start < 2; start++) {
                runAllInOne(pod, surroundings, everything);
            }
        }
    }

    private static void runAllInOne(ChartPod pod, Surroundings surroundings, boolean withMachines) throws Exception {
        Container container = pod.container("etcd");
        int statusPort = ChartPod.freePort();
        try (ContainerProcess all = pod.start(
                container,
                Map.of(
                        "KUBERNETES_MASTER",
                        surroundings.kubernetes.url(),
                        "CILIUM_API_SERVE_ADDR",
                        "localhost:" + statusPort))) {
            awaitProbe(pod, container, container.getStartupProbe(), all);
            awaitProbe(pod, container, container.getReadinessProbe(), all);
            awaitProbe(pod, container, container.getLivenessProbe(), all);
            assertThat(all.status("Uid", "CapEff", "NoNewPrivs"))
                    .containsExactlyInAnyOrder(
                            "Uid:\t65532\t65532\t65532\t65532", "CapEff:\t0000000000000000", "NoNewPrivs:\t1");
            assertThat(get("http://" + ChartPod.POD_IP + ":" + pod.port(9963) + "/metrics"))
                    .contains("etcd_mvcc_db_total_size_in_bytes");
            assertThat(get("http://" + ChartPod.POD_IP + ":" + pod.port(9962) + "/metrics"))
                    .contains("cilium_kvstoremesh_remote_clusters");
            assertThat(get("http://localhost:" + statusPort + "/v1/cluster")).contains("\"west\"");
            for (String cluster : List.of("east", "west")) {
                await().atMost(SLOW)
                        .untilAsserted(() -> assertThat(troubleshoot(
                                        pod.port(2379),
                                        surroundings.secrets.resolve("clustermesh-apiserver-admin-cert"),
                                        cluster))
                                .as(cluster)
                                .startsWith("0 "));
            }
            if (withMachines) {
                joins("db-1", pod, surroundings.secrets);
            }
            terminate("etcd", all);
        }
    }

    /** A machine comes, with the certificate that they have, and is given its identity. */
    private static void joins(String machine, ChartPod pod, Path secrets) throws IOException {
        Path secret = secrets.resolve("clustermesh-apiserver-client-cert");
        try (ChannelKvstore store = ChannelKvstore.connect(new EtcdConfig(
                List.of(new EtcdConfig.Endpoint("127.0.0.1", pod.port(2379), true)),
                Optional.of(secret.resolve("ca.crt")),
                Optional.of(secret.resolve("tls.crt")),
                Optional.of(secret.resolve("tls.key"))))) {
            RegisterNode answer = Vm.announce(store, machine).awaitAnswer();
            assertThat(answer.identity()).isNotZero();
            assertThat(answer.cluster()).isEqualTo("east");
            assertThat(answer.ipv4AllocCidr()).isNotNull();
        }
    }

    private static void run(ChartPod pod, FakeKubernetes kubernetes, Path secrets) throws Exception {
        Map<String, String> elsewhere = Map.of(
                "KUBERNETES_MASTER", kubernetes.url(), "CILIUM_API_SERVE_ADDR", "localhost:" + ChartPod.freePort());
        try (ContainerProcess init = pod.start(pod.container("etcd-init"), Map.of())) {
            assertThat(init.awaitEnd(SLOW)).as(init.log()).isZero();
        }
        try (ContainerProcess etcd = pod.start(pod.container("etcd"), Map.of());
                ContainerProcess apiserver = pod.start(pod.container("apiserver"), elsewhere);
                ContainerProcess kvstoremesh = pod.start(pod.container("kvstoremesh"), elsewhere)) {
            awaitReady(pod, "apiserver", apiserver);
            awaitReady(pod, "kvstoremesh", kvstoremesh);
            assertThat(etcd.status("Uid", "CapEff", "NoNewPrivs"))
                    .containsExactlyInAnyOrder(
                            "Uid:\t65532\t65532\t65532\t65532", "CapEff:\t0000000000000000", "NoNewPrivs:\t1");
            assertThat(get("http://" + ChartPod.POD_IP + ":" + pod.port(9963) + "/metrics"))
                    .contains("etcd_mvcc_db_total_size_in_bytes");
            assertThat(get("http://127.0.0.1:" + pod.port(9962) + "/metrics")).contains("# TYPE ");
            assertThat(get("http://127.0.0.1:" + pod.port(9964) + "/metrics")).contains("# TYPE ");

            Path admin = secrets.resolve("clustermesh-apiserver-admin-cert");
            for (String cluster : List.of("east", "west")) {
                await().atMost(SLOW)
                        .untilAsserted(() -> assertThat(troubleshoot(pod.port(2379), admin, cluster))
                                .as(cluster)
                                .startsWith("0 "));
            }
            terminate("kvstoremesh", kvstoremesh);
            terminate("apiserver", apiserver);
            terminate("etcd", etcd);
        }
    }

    private static void terminate(String name, ContainerProcess process) throws InterruptedException {
        assertThat(process.terminate(SLOW))
                .as(() -> name + ": " + process.log())
                .isZero();
    }

    private static void awaitReady(ChartPod pod, String name, ContainerProcess process) {
        Container container = pod.container(name);
        awaitProbe(pod, container, container.getReadinessProbe(), process);
    }

    /** Waits until a probe, as the chart has it, succeeds. */
    private static void awaitProbe(ChartPod pod, Container container, Probe probe, ContainerProcess process) {
        await().atMost(SLOW).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            assertThat(process.isAlive())
                    .as(() -> container.getName() + ": " + process.log())
                    .isTrue();
            assertThat(succeeds(pod, container, probe))
                    .as(() -> container.getName() + ": " + process.log())
                    .isTrue();
        });
    }

    private static boolean succeeds(ChartPod pod, Container container, Probe probe) throws Exception {
        if (probe.getHttpGet() != null) {
            int port = pod.port(container, probe.getHttpGet().getPort().getStrVal());
            return status("http://" + ChartPod.POD_IP + ":" + port
                            + probe.getHttpGet().getPath())
                    == 200;
        }
        int port = pod.port(container, probe.getTcpSocket().getPort().getStrVal());
        try (Socket socket = new Socket(ChartPod.POD_IP, port)) {
            return socket.isConnected();
        } catch (ConnectException notYet) {
            return false;
        }
    }

    private static int status(String url) throws Exception {
        try {
            return HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException notYet) {
            return 0;
        }
    }

    private static String get(String url) throws Exception {
        return HTTP.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** The exit status and the report of a client with a certificate. */
    private static String troubleshoot(int port, Path secret, String cluster) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int status = TroubleshootCommand.run(
                List.of(
                        "--endpoints=https://127.0.0.1:" + port,
                        "--cacert=" + secret.resolve("ca.crt"),
                        "--cert=" + secret.resolve("tls.crt"),
                        "--key=" + secret.resolve("tls.key"),
                        "--cluster-name=" + cluster),
                new PrintStream(out, true),
                System.err);
        return status + " " + out.toString(StandardCharsets.UTF_8);
    }

    private static void secret(Path secrets, String name, CertificateRequest request) throws IOException {
        Path directory = Files.createDirectory(secrets.resolve(name));
        Issued issued = authority.issue(request, KeyAlgorithm.EC_P256);
        Files.writeString(directory.resolve("tls.crt"), Pem.of(issued.chain()));
        Files.writeString(directory.resolve("tls.key"), Pem.of(issued.key(), KeyFormat.SEC1));
        Files.writeString(directory.resolve("ca.crt"), Pem.of(authority.certificate()));
    }

    /** Another cluster, complete and with nothing in it. */
    private static MeshkeepServer west(Path directory, Path secrets) throws Exception {
        Path server = secrets.resolve("clustermesh-apiserver-server-cert");
        TlsConfig tls =
                TlsConfig.mutual(server.resolve("tls.crt"), server.resolve("tls.key"), server.resolve("ca.crt"));
        MeshkeepServer west = MeshkeepServer.builder()
                .dataDir(directory.resolve("west"))
                .configure(config -> config.listenTls("127.0.0.1", 0, tls).unsafeNoFsync(true))
                .build()
                .start();
        ManagedChannel channel =
                InProcessChannelBuilder.forName(west.inProcessName()).build();
        try {
            KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
            put(kv, "cilium/.heartbeat", Instant.now().toString());
            put(
                    kv,
                    "cilium/cluster-config/west",
                    "{\"id\":2,\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255}}");
            for (String kind : List.of("identities", "ip", "nodes", "services", "serviceexports")) {
                put(
                        kv,
                        "cilium/synced/west/cilium/state/" + kind + "/v1",
                        Instant.now().toString());
            }
        } finally {
            channel.shutdownNow();
        }
        return west;
    }

    private static void put(KVGrpc.KVBlockingStub kv, String key, String value) {
        kv.put(PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8(value))
                .build());
    }
}
