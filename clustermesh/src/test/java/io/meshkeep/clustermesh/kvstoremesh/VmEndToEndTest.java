package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.Pem;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.sync.FakeKubernetes;
import io.meshkeep.clustermesh.vm.VmCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * The pod as we deploy it, one process that is store, synchronisation, mirror and external workloads, with a Kubernetes
 * behind it; a VM that comes over a network with mutual TLS; and another cluster, which mirrors this one and is mirrored.
 */
@Timeout(300)
class VmEndToEndTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    @RegisterExtension
    final CloseAfterEach close = new CloseAfterEach();

    private FakeKubernetes kubernetes;
    private Path kubeconfig;
    private Proxy network;
    private Path clusters;
    private int pods;
    private int port;
    private CommandProcess process;
    private Kvstore admin;

    @BeforeEach
    void prepare() throws Exception {
        kubernetes = close.later(new FakeKubernetes());
        network = close.later(new Proxy());
        clusters = Files.createDirectory(directory.resolve("clusters"));
        kubeconfig = directory.resolve("kubeconfig");
        Files.writeString(kubeconfig, """
                apiVersion: v1
                kind: Config
                clusters: [{name: a, cluster: {server: '%s'}}]
                contexts: [{name: a, context: {cluster: a}}]
                current-context: a
                """.formatted(kubernetes.url()));
        kubernetes.put(Map.of(
                "apiVersion", "v1", "kind", "Namespace", "metadata", Map.of("name", "default"), "spec", Map.of()));
        kubernetes.put(Map.of(
                "apiVersion",
                "v1",
                "kind",
                "Service",
                "metadata",
                Map.of("name", "clustermesh-apiserver", "namespace", "kube-system"),
                "spec",
                Map.of("type", "LoadBalancer", "ports", List.of(Map.of("port", 2379, "protocol", "TCP"))),
                "status",
                Map.of("loadBalancer", Map.of("ingress", List.of(Map.of("ip", "192.0.2.7"))))));
        kubernetes.put(node("worker", "172.18.0.2"));
        writeCertificates();
    }

    private static void until(Callable<Boolean> condition) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).until(condition);
    }

    private static void eventually(ThrowingRunnable assertion) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(50)).untilAsserted(assertion);
    }

    private static Map<?, ?> node(String name, String ip) {
        return Map.of(
                "apiVersion",
                "cilium.io/v2",
                "kind",
                "CiliumNode",
                "metadata",
                Map.of("name", name),
                "spec",
                Map.of("addresses", List.of(Map.of("type", "InternalIP", "ip", ip))));
    }

    /** By a new authority. */
    private void writeCertificates() throws IOException {
        CertificateAuthority authority =
                CertificateAuthority.create("Cilium CA", KeyAlgorithm.EC_P256, Duration.ofDays(9), Instant::now);
        Pod.issue(
                directory,
                authority,
                "server",
                CertificateRequest.server("clustermesh-apiserver.cilium.io", List.of("127.0.0.1")));
        for (String user : List.of("admin-a", "remote", "externalworkload")) {
            Pod.issue(directory, authority, user, CertificateRequest.client(user));
        }
        Pod.replace(directory.resolve("ca.crt"), Pem.of(authority.certificate()));
    }

    private Path config(String user, int at) throws IOException {
        return Pod.configuration(directory, user, user, "https://127.0.0.1:" + at);
    }

    /** A pod with an empty store. */
    private void startPod() throws Exception {
        pods++;
        process = close.later(CommandProcess.start(
                "io.meshkeep.clustermesh.cli.Main",
                "clustermesh",
                "--cluster-name=a",
                "--cluster-id=1",
                "--enable-external-workloads=true",
                "--clustermesh-config=" + clusters,
                "--k8s-api-server=" + kubernetes.url(),
                "--health-port=0",
                "--data-dir=" + directory.resolve("data-" + pods),
                "--initial-cluster-token=" + pods,
                "--client-cert-auth",
                "--trusted-ca-file=" + directory.resolve("ca.crt"),
                "--cert-file=" + directory.resolve("server.crt"),
                "--key-file=" + directory.resolve("server.key"),
                "--listen-client-urls=https://127.0.0.1:0"));
        port = Integer.parseInt(process.await("serves clients on https://127\\.0\\.0\\.1:(\\d+)"));
        network.target(port);
        connectAdmin();
    }

    private void connectAdmin() throws IOException {
        if (admin != null) {
            admin.close();
        }
        admin = close.later(ChannelKvstore.connect(EtcdConfig.read(config("admin-a", port))));
    }

    private Map<String, String> pairs(String prefix) {
        Map<String, String> pairs = new TreeMap<>();
        Pod.get(admin.list(prefix))
                .pairs()
                .forEach(pair -> pairs.put(pair.key(), pair.value().toStringUtf8()));
        return pairs;
    }

    /** {@code meshkeep vm}, of which nothing is to fail. */
    private String vm(String... line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        List<String> arguments = new ArrayList<>(List.of(line));
        arguments.addAll(List.of("--kubeconfig", kubeconfig.toString()));
        int status = new VmCommand(print, print).run(arguments);
        String text = out.toString(StandardCharsets.UTF_8);
        assertThat(status).as(text).isZero();
        return text;
    }

    private String status() {
        return vm(
                "status",
                "--endpoints=https://127.0.0.1:" + port,
                "--cacert=" + directory.resolve("ca.crt"),
                "--cert=" + directory.resolve("externalworkload.crt"),
                "--key=" + directory.resolve("externalworkload.key"));
    }

    private void untilAlive(String ip) {
        eventually(() -> assertThat(status())
                .containsPattern("runtime +IP: " + ip.replace(".", "\\.")
                        + ", Labels: io.kubernetes.pod.namespace=default, Alive: yes \\(heartbeat \\d+s ago\\)\n"));
    }

    /** Both mirrors are what the other cluster has. */
    private void untilConverged(Pod other) {
        eventually(() -> {
            for (Resource resource : Resource.values()) {
                String there = resource.remotePrefix("a", false);
                String here = resource.cachePrefix("a");
                Map<String, String> mirrored = new TreeMap<>();
                pairs(there).forEach((key, value) -> mirrored.put(here + key.substring(there.length()), value));
                assertThat(other.pairs(here)).isEqualTo(mirrored);
                String back = resource.remotePrefix("b", false);
                String cached = resource.cachePrefix("b");
                Map<String, String> ours = new TreeMap<>();
                other.pairs(back).forEach((key, value) -> ours.put(cached + key.substring(back.length()), value));
                assertThat(pairs(cached)).isEqualTo(ours);
            }
        });
    }

    @Test
    void aVmStaysInItsClusterThroughAllThatHappensToThePod() throws Exception {
        Pod other = close.later(new Pod(directory.resolve("b"), "b", 2));
        other.announce();
        other.put("cilium/state/nodes/v1/b/n", "{}");
        Pod.replace(clusters.resolve("b"), Files.readString(other.configOf("remote")));
        startPod();
        Path mirrored = Files.createDirectory(directory.resolve("mirrored-by-b"));
        Pod.replace(mirrored.resolve("a"), Files.readString(config("remote", network.port())));
        close.later(KvstoreMesh.start(
                new KvstoreMeshConfig(
                        "b",
                        2,
                        255,
                        mirrored,
                        Duration.ofSeconds(60),
                        Duration.ofMinutes(5),
                        true,
                        KvstoreMeshConfig.LocalLimits.NONE,
                        KvstoreMeshConfig.Timing.DEFAULT),
                other.store()));

        // The guide's steps: allow it, look, have it join, look.
        vm("create", "runtime", "-n", "default", "--ipv4-alloc-cidr", "10.192.1.0/30");
        assertThat(status()).contains("192.0.2.7:2379", "IP: N/A").contains("Alive: N/A");
        ScriptedVm vm =
                close.later(new ScriptedVm(config("externalworkload", network.port()), "runtime", "192.168.0.9"));
        assertThat(vm.join())
                .matches("etcd: 1/1 connected, leases=1, lock leases=1, has-quorum=true:"
                        + " https://127\\.0\\.0\\.1:\\d+ - 3\\.5\\.\\d+ \\(Leader\\)");
        long identity = vm.identity();
        untilAlive("192.168.0.9");
        // What was published of it in Kubernetes comes back as keys, which it sees, and the other cluster too.
        until(() -> vm.nodes().containsKey("cilium/state/nodes/v1/a/runtime"));
        eventually(() -> assertThat(pairs("cilium/state/ip/v1/default/192.168.0.9"))
                .hasSize(1)
                .allSatisfy((key, value) -> assertThat(value).contains("\"ID\":" + identity + ",")));
        assertThat(pairs("cilium/state/identities/v1/id/" + identity).values())
                .allMatch(labels -> labels.contains("k8s:io.kubernetes.pod.name=runtime;"))
                .hasSize(1);
        untilConverged(other);
        assertThat(other.pairs("cilium/cache/ip/v1/a/")).containsKey("cilium/cache/ip/v1/a/192.168.0.9");

        // The pod is replaced by another, whose store knows nothing of the VM.
        process.kill();
        network.cutConnections();
        until(vm::isBroken);
        startPod();
        vm.reconnect();
        vm.startOver();
        untilAlive("192.168.0.9");
        eventually(() -> assertThat(vm.identity()).isEqualTo(identity));
        untilConverged(other);

        // Certificates of another authority, which the pod takes up by itself.
        writeCertificates();
        network.cutConnections();
        until(vm::isBroken);
        vm.reconnect();
        connectAdmin();
        untilAlive("192.168.0.9");
        untilConverged(other);

        // The network to the VM and the other cluster is cut, and mended; nothing of what happened meanwhile is missed.
        network.cut();
        until(vm::isBroken);
        kubernetes.put(node("during-the-cut", "172.18.0.3"));
        kubernetes.delete(node("worker", "172.18.0.2"));
        until(() -> pairs("cilium/state/nodes/v1/a/")
                .keySet()
                .equals(Set.of("cilium/state/nodes/v1/a/during-the-cut", "cilium/state/nodes/v1/a/runtime")));
        other.put("cilium/state/nodes/v1/b/m", "{}");
        network.mend();
        vm.reconnect();
        eventually(() -> assertThat(vm.nodes()).isEqualTo(pairs("cilium/state/nodes/v1/")));
        untilAlive("192.168.0.9");
        untilConverged(other);

        vm("delete", "runtime");
        assertThat(process.terminate()).isZero();
    }
}
