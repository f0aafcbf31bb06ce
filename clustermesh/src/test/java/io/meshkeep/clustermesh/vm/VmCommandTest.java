package io.meshkeep.clustermesh.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.clustermesh.sync.Cluster;
import io.meshkeep.clustermesh.workload.CiliumResources;
import io.meshkeep.clustermesh.workload.ExternalWorkloads;
import io.meshkeep.clustermesh.workload.ExternalWorkloadsTest;
import io.meshkeep.clustermesh.workload.RegisterNode;
import io.meshkeep.clustermesh.workload.RegisterNodeJson;
import io.meshkeep.clustermesh.workload.Vm;
import io.meshkeep.server.MeshkeepServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@EnableKubernetesMockClient(crud = true, https = false)
class VmCommandTest {
    private static final String PEM = "-----BEGIN X-----\nQUJD\n-----END X-----\n";

    KubernetesClient kubernetes;

    @TempDir
    Path directory;

    private record Outcome(int status, String out, String err) {}

    @BeforeEach
    void prepare() throws Exception {
        ExternalWorkloadsTest.installKinds(kubernetes);
        for (String namespace : List.of("default", "shop")) {
            kubernetes
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .endMetadata()
                            .build())
                    .create();
        }
    }

    private Outcome run(String... line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = new VmCommand(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        arguments -> kept())
                .run(List.of(line));
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The client of the test, which stays open: making one takes longer than what is tested. */
    private KubernetesClient kept() {
        return (KubernetesClient) Proxy.newProxyInstance(
                VmCommandTest.class.getClassLoader(),
                new Class<?>[] {KubernetesClient.class},
                (proxy, method, arguments) -> {
                    try {
                        return method.getName().equals("close") ? null : method.invoke(kubernetes, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private GenericKubernetesResource workload(String name) {
        return kubernetes
                .genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS)
                .withName(name)
                .get();
    }

    private void node(String name, Map<String, Object> spec) {
        GenericKubernetesResource node = new GenericKubernetesResource();
        node.setApiVersion("cilium.io/v2");
        node.setKind("CiliumNode");
        node.setMetadata(new ObjectMetaBuilder().withName(name).build());
        node.setAdditionalProperty("spec", spec);
        kubernetes
                .genericKubernetesResources(CiliumResources.NODES)
                .resource(node)
                .create();
    }

    /** What Cilium installs, with a Service of a type. */
    private void installCilium(String type, String ingressIp) {
        var service = new ServiceBuilder()
                .withNewMetadata()
                .withName("clustermesh-apiserver")
                .withNamespace("kube-system")
                .endMetadata()
                .withNewSpec()
                .withType(type)
                .withClusterIP("10.96.3.4")
                .addNewPort()
                .withPort(2379)
                .withNodePort(32379)
                .endPort()
                .endSpec();
        if (ingressIp != null) {
            service.withNewStatus()
                    .withNewLoadBalancer()
                    .addNewIngress()
                    .withIp(ingressIp)
                    .endIngress()
                    .endLoadBalancer()
                    .endStatus();
        }
        kubernetes.resource(service.build()).create();
        config(Map.of("cluster-name", "east", "cluster-id", "7", "routing-mode", "tunnel"));
        kubernetes
                .resource(new DaemonSetBuilder()
                        .withNewMetadata()
                        .withName("cilium")
                        .withNamespace("kube-system")
                        .endMetadata()
                        .withNewSpec()
                        .withNewTemplate()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("cilium-agent")
                        .withImage("quay.io/cilium/cilium:v1.16.1")
                        .endContainer()
                        .endSpec()
                        .endTemplate()
                        .endSpec()
                        .build())
                .create();
        for (String secret : List.of("cilium-ca", "clustermesh-apiserver-client-cert")) {
            kubernetes
                    .resource(new SecretBuilder()
                            .withNewMetadata()
                            .withName(secret)
                            .withNamespace("kube-system")
                            .endMetadata()
                            .addToData("ca.crt", base64(PEM))
                            .addToData("tls.crt", base64(PEM))
                            .addToData("tls.key", base64(PEM))
                            .build())
                    .create();
        }
    }

    private void config(Map<String, String> data) {
        kubernetes
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withName("cilium-config")
                        .withNamespace("kube-system")
                        .endMetadata()
                        .withData(data)
                        .build())
                .createOr(present -> present.update());
    }

    private static String base64(String text) {
        return java.util.Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void createsWithTheNamespaceThatIsGiven() {
        Outcome outcome = run(
                "create", "runtime", "-n", "shop", "--labels", "app=db,tier=", "--ipv4-alloc-cidr", "10.192.1.2/30");

        assertThat(outcome).isEqualTo(new Outcome(0, "", "Added 1 external workload resources.\n"));
        assertThat(workload("runtime").getMetadata().getLabels())
                .isEqualTo(Map.of("app", "db", "tier", "", "io.kubernetes.pod.namespace", "shop"));
        assertThat(workload("runtime").<Object>get("spec")).isEqualTo(Map.of("ipv4-alloc-cidr", "10.192.1.0/30"));
    }

    @Test
    void refusesWhatIsInTheWayAndNamesIt() {
        node("worker-1", Map.of("ipam", Map.of("podCIDRs", List.of("10.1.0.0/24"))));
        assertThat(run("create", "runtime", "--ipv4-alloc-cidr", "10.192.1.0/30", "--ipv6-alloc-cidr", "fd00:1::/64")
                        .status())
                .isZero();
        Map<List<String>, String> refused = Map.of(
                List.of("create", "two", "--ipv4-alloc-cidr", "10.192.0.0/16"),
                "10.192.0.0/16 overlaps 10.192.1.0/30, the range of external workload runtime",
                List.of("create", "two", "--ipv6-alloc-cidr", "fd00:1::8/126"),
                "overlaps fd00:1::/64, the range of external workload runtime",
                List.of("create", "two", "--ipv4-alloc-cidr", "10.1.0.128/30"),
                "10.1.0.128/30 overlaps 10.1.0.0/24, the range of node worker-1",
                List.of("create", "runtime"),
                "there is an external workload runtime already",
                List.of("create", "worker-1"),
                "there is a node worker-1 in the cluster already",
                List.of("create", "two", "-n", "nowhere"),
                "there is no namespace nowhere");
        refused.forEach((line, reason) -> {
            Outcome outcome = run(line.toArray(new String[0]));
            assertThat(outcome.status()).isEqualTo(1);
            assertThat(outcome.err()).contains(reason);
        });
        assertThat(workload("two")).isNull();
    }

    @Test
    void refusesMisuseBeforeAnythingIsMade() {
        for (List<String> line : List.of(
                List.of("create"),
                List.of("create", "Runtime"),
                List.of("create", "two", "two"),
                List.of("create", "one", "two", "--ipv4-alloc-cidr", "10.192.1.0/30"),
                List.of("create", "two", "--ipv4-alloc-cidr", "10.192.1.0"),
                List.of("create", "two", "--ipv4-alloc-cidr", "fd00::/64"),
                List.of("create", "two", "--ipv6-alloc-cidr", "10.0.0.0/8"),
                List.of("create", "two", "--labels", "=x"),
                List.of("create", "two", "-n", "shop", "--labels", "io.kubernetes.pod.namespace=default"),
                List.of("create", "two", "--wait"),
                List.of("create", "two", "-n"),
                List.of("delete"),
                List.of("delete", "two", "--all"),
                List.of("status", "-o", "yaml"),
                List.of("install", "a", "b"),
                List.of("start"))) {
            Outcome outcome = run(line.toArray(new String[0]));
            assertThat(outcome.err()).as("%s", line).startsWith("meshkeep: ");
            if (!line.get(0).equals("status") && !line.get(0).equals("install")) {
                assertThat(outcome.status()).as("%s", line).isEqualTo(2);
            }
        }
        assertThat(kubernetes
                        .genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS)
                        .list()
                        .getItems())
                .isEmpty();
        assertThat(run("--help").out()).contains("meshkeep vm create");
    }

    @Test
    void deletesByNameAndAll() {
        assertThat(run("create", "one", "two", "three").status()).isZero();
        assertThat(run("delete", "one")).isEqualTo(new Outcome(0, "", "Removed 1 external workload resources.\n"));
        Outcome missing = run("delete", "one", "two");
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err())
                .isEqualTo("Removed 1 external workload resources.\nmeshkeep: there is no external workload one\n");
        assertThat(run("delete", "--all").err()).isEqualTo("Removed 1 external workload resources.\n");
        assertThat(run("delete", "--all")).isEqualTo(new Outcome(0, "", "No external workload resources to remove.\n"));
    }

    /** The guide's steps: allow, look, join, look, and what is seen when the VM is gone. */
    @Test
    void tellsWhoHasJoinedAndWhoIsAlive() throws Exception {
        installCilium("LoadBalancer", "192.0.2.7");
        assertThat(run("status").out()).endsWith("No external workloads found.\n");
        run("create", "runtime", "-n", "default", "--labels", "app=db", "--ipv4-alloc-cidr", "10.192.1.0/30");
        run("create", "a", "-n", "shop", "--ipv4-alloc-cidr", "10.192.1.4/30");
        try (MeshkeepServer etcd = TestServer.start(directory);
                Kvstore store = ChannelKvstore.embedded(etcd);
                ExternalWorkloads admitting = ExternalWorkloads.start(
                        kubernetes, store, Cluster.of("east", 7), ExternalWorkloads.Times.DEFAULT)) {
            String endpoint = "http://127.0.0.1:" + TestServer.port(etcd);
            assertThat(run("status", "--endpoints", endpoint)).isEqualTo(new Outcome(0, """
                            Service "clustermesh-apiserver" of type "LoadBalancer" found
                            Cluster access information is available:
                              - 192.0.2.7:2379
                            External Workloads    a          IP: N/A, Labels: io.kubernetes.pod.namespace=shop, Alive: N/A
                                                  runtime    IP: N/A, Labels: app=db,io.kubernetes.pod.namespace=default, Alive: N/A
                            """, ""));

            Kvstore.Lease lease = TestServer.get(store.grant(Duration.ofMinutes(15)));
            write(store, Vm.announcing("runtime"), lease);
            RegisterNode answer = await().atMost(Duration.ofSeconds(60))
                    .until(
                            () -> RegisterNodeJson.read(TestServer.get(store.get(RegisterNode.PREFIX + "runtime"))
                                    .orElseThrow()
                                    .value()),
                            node -> node.identity() != 0);
            assertThat(run("status", "runtime", "--endpoints", endpoint).out()).contains("Alive: joining (heartbeat ");
            write(store, Vm.at(answer, List.of(new RegisterNode.Address("InternalIP", "192.168.0.9"))), lease);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> run("status", "runtime", "--endpoints", endpoint)
                            .out()
                            .contains("IP: 192.168.0.9, Labels: app=db,io.kubernetes.pod.namespace=default,"
                                    + " Alive: yes (heartbeat "));

            JsonNode json = JsonMapper.shared()
                    .readTree(
                            run("status", "-o", "json", "--endpoints", endpoint).out());
            assertThat(json.at("/service/addresses/0").stringValue()).isEqualTo("192.0.2.7:2379");
            assertThat(json.at("/store/reachable").asBoolean()).isTrue();
            JsonNode vm = json.at("/externalWorkloads/1");
            assertThat(vm.path("name").stringValue()).isEqualTo("runtime");
            assertThat(vm.path("ip").stringValue()).isEqualTo("192.168.0.9");
            assertThat(vm.path("id").asLong()).isEqualTo(answer.identity());
            assertThat(vm.path("alive").booleanValue()).isTrue();
            assertThat(vm.path("lastHeartbeat").stringValue()).endsWith("Z");
            assertThat(json.at("/externalWorkloads/0/alive").booleanValue()).isFalse();

            write(store, Vm.at(answer, List.of(new RegisterNode.Address("InternalIP", "192.168.0.1"))), lease);
            node("worker-1", Map.of("addresses", List.of(Map.of("type", "InternalIP", "ip", "192.168.0.1"))));
            assertThat(run("status", "runtime", "--endpoints", endpoint).out())
                    .contains("Problem: its address 192.168.0.1 is that of node worker-1");
            TestServer.get(store.delete(RegisterNode.PREFIX + "runtime"));
            assertThat(run("status", "runtime", "--endpoints", endpoint).out())
                    .contains("Alive: no (its registration has run out)");
            assertThat(admitting).isNotNull();
        }
        Outcome missing = run("status", "nobody");
        assertThat(missing.status()).isEqualTo(1);
        assertThat(missing.err()).isEqualTo("meshkeep: there is no external workload nobody\n");
    }

    private static void write(Kvstore store, RegisterNode node, Kvstore.Lease lease) {
        TestServer.get(store.put(RegisterNode.PREFIX + node.name(), RegisterNodeJson.write(node), lease.id()));
    }

    @Test
    void saysThatTheStoreCannotBeReached() throws Exception {
        installCilium("LoadBalancer", "192.0.2.7");
        run("create", "runtime", "--ipv4-alloc-cidr", "10.192.1.0/30");
        kubernetes
                .genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS)
                .withName("runtime")
                .editStatus(workload -> {
                    workload.setAdditionalProperty("status", Map.of("id", 459000, "ip", "192.168.0.9"));
                    return workload;
                });

        Outcome pods = run("status");
        assertThat(pods.status()).isZero();
        assertThat(pods.out())
                .contains(
                        "Whether external workloads are alive is not known: no pod of clustermesh-apiserver is ready\n")
                .contains("IP: 192.168.0.9, Labels: , Alive: unknown\n");

        MeshkeepServer closed = TestServer.start(directory);
        String endpoint = "http://127.0.0.1:" + TestServer.port(closed);
        closed.close();
        JsonNode json = JsonMapper.shared()
                .readTree(run("status", "-o", "json", "--endpoints", endpoint, "--timeout", "300ms")
                        .out());
        assertThat(json.at("/store/reachable").asBoolean()).isFalse();
        assertThat(json.at("/store/problem").stringValue()).endsWith("does not answer");
        assertThat(json.at("/externalWorkloads/0/alive").isNull()).isTrue();
    }

    @Test
    void writesTheScriptForALoadBalancer() throws Exception {
        installCilium("LoadBalancer", "192.0.2.7");
        Path file = directory.resolve("install.sh");

        Outcome outcome = run("install", file.toString(), "--config", "debug,--mtu=1400", "--retries", "0");

        assertThat(outcome.status()).as(outcome.err()).isZero();
        assertThat(outcome.err()).contains("quay.io/cilium/cilium:v1.16.1").contains("192.0.2.7:2379");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rwx------");
        assertThat(Files.readString(file))
                .contains("CILIUM_IMAGE=${1:-'quay.io/cilium/cilium:v1.16.1'}")
                .contains("CLUSTER_ADDR=${2:-'192.0.2.7:2379'}")
                .contains("CONFIG_OVERWRITES=${3:-'--debug --mtu=1400'}")
                .contains("CLUSTER_NAME=${CLUSTER_NAME:-'east'}")
                .contains("CLUSTER_ID=${CLUSTER_ID:-'7'}")
                .contains("RETRIES=1\n")
                .contains(PEM);
        assertThat(run("install").out()).startsWith("#!/bin/bash\n");
        Sandbox machine = new Sandbox(directory, Files.readString(file));
        machine.write("/etc/resolv.conf", "");
        assertThat(machine.run().status()).isZero();
    }

    @Test
    void takesSeveralNodesForANodePort() {
        installCilium("NodePort", null);
        for (int i = 1; i <= 3; i++) {
            var node = new NodeBuilder()
                    .withNewMetadata()
                    .withName("worker-" + i)
                    .endMetadata()
                    .withNewStatus()
                    .addNewCondition()
                    .withType("Ready")
                    .withStatus(i == 2 ? "False" : "True")
                    .endCondition()
                    .addNewAddress("192.168.0." + i, "InternalIP");
            if (i == 3) {
                node.addNewAddress("203.0.113.3", "ExternalIP");
            }
            kubernetes.resource(node.endStatus().build()).create();
        }

        assertThat(run("install").out()).contains("CLUSTER_ADDR=${2:-'192.168.0.1:32379,203.0.113.3:32379'}");
        assertThat(run("install", "--address", "10.0.0.1:1,10.0.0.2:1").out())
                .contains("CLUSTER_ADDR=${2:-'10.0.0.1:1,10.0.0.2:1'}");
    }

    @Test
    void saysWhatIsMissing() {
        assertThat(run("install").err()).contains("there is no ConfigMap cilium-config in namespace kube-system");
        installCilium("LoadBalancer", null);
        assertThat(run("install").err()).contains("of type LoadBalancer has no address yet; --wait waits for it");
        assertThat(run("install", "--wait", "--wait-duration", "1ms").status()).isEqualTo(1);
        assertThat(run("status").out()).contains("Cluster access information is not available");
        config(Map.of("cluster-name", "east", "routing-mode", "tunnel", "tunnel-protocol", "geneve"));
        assertThat(run("install").err()).contains("vxlan, not geneve");
        assertThat(run("install", "-n", "elsewhere").err()).contains("in namespace elsewhere");
    }
}
