package io.meshkeep.clustermesh.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.clustermesh.sync.Cluster;
import io.meshkeep.clustermesh.workload.ExternalWorkloads.Times;
import io.meshkeep.server.MeshkeepServer;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The hand-shake, against a server in this process and a Kubernetes API that keeps what it is given. */
@EnableKubernetesMockClient(crud = true, https = false)
public class ExternalWorkloadsTest {
    private static final Cluster EAST = Cluster.of("east", 7);
    private static final Duration NEVER = Duration.ofDays(1);
    private static final Times QUICK =
            new Times(Duration.ofMinutes(15), Duration.ZERO, NEVER, Duration.ZERO, Duration.ofMillis(200));

    KubernetesMockServer server;
    KubernetesClient kubernetes;

    @TempDir
    Path directory;

    private MeshkeepServer etcd;
    private Kvstore store;
    private ExternalWorkloads admitting;

    @BeforeEach
    void start() throws Exception {
        etcd = TestServer.start(directory.resolve("data"));
        store = ChannelKvstore.embedded(etcd);
        installKinds(kubernetes);
    }

    @AfterEach
    void stop() {
        if (admitting != null) {
            admitting.close();
        }
        store.close();
        etcd.close();
    }

    private void admit(Times times) {
        admitting = ExternalWorkloads.start(kubernetes, store, EAST, times);
    }

    /** It tells of every request otherwise. Held here, since loggers that nobody holds forget their level. */
    private static final Logger MOCK_SERVER = Logger.getLogger("io.fabric8.mockwebserver");

    /** The kind that is shipped, so that its status is a resource of its own, as in a cluster. */
    public static void installKinds(KubernetesClient kubernetes) throws Exception {
        MOCK_SERVER.setLevel(Level.WARNING);
        try (InputStream yaml = Files.newInputStream(Path.of("../deploy/crds/ciliumexternalworkloads.yaml"))) {
            kubernetes
                    .apiextensions()
                    .v1()
                    .customResourceDefinitions()
                    .load(yaml)
                    .createOr(NonDeletingOperation::update);
        }
    }

    static GenericKubernetesResource create(
            KubernetesClient kubernetes,
            ResourceDefinitionContext kind,
            String name,
            Map<String, String> labels,
            Map<String, Object> spec) {
        GenericKubernetesResource made = new GenericKubernetesResource();
        made.setApiVersion("cilium.io/v2");
        made.setKind(kind.getKind());
        made.setMetadata(
                new ObjectMetaBuilder().withName(name).withLabels(labels).build());
        made.setAdditionalProperty("spec", spec);
        return kubernetes.genericKubernetesResources(kind).resource(made).create();
    }

    private GenericKubernetesResource allow(String name, Map<String, String> labels) {
        return create(
                kubernetes,
                CiliumResources.EXTERNAL_WORKLOADS,
                name,
                labels,
                Map.of("ipv4-alloc-cidr", "10.192." + (name.hashCode() & 0xff) + ".0/30"));
    }

    private Resource<GenericKubernetesResource> resource(ResourceDefinitionContext kind, String name) {
        return kubernetes.genericKubernetesResources(kind).withName(name);
    }

    private GenericKubernetesResource endpoint(String namespace, String name) {
        return kubernetes
                .genericKubernetesResources(CiliumResources.ENDPOINTS)
                .inNamespace(namespace)
                .withName(name)
                .get();
    }

    private JsonNode status(String name) {
        return CiliumResources.part(
                resource(CiliumResources.EXTERNAL_WORKLOADS, name).get(), "status");
    }

    private static void eventually(ThrowingRunnable assertion) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(assertion);
    }

    private void awaitIp(String name, String ip) {
        eventually(() -> assertThat(status(name).path("ip").asString("")).isEqualTo(ip));
    }

    private List<GenericKubernetesResource> identities() {
        return kubernetes
                .genericKubernetesResources(CiliumResources.IDENTITIES)
                .list()
                .getItems();
    }

    @Test
    void joinsInTwoSteps() {
        GenericKubernetesResource workload = create(
                kubernetes,
                CiliumResources.EXTERNAL_WORKLOADS,
                "runtime",
                Map.of("app", "db"),
                Map.of("ipv4-alloc-cidr", "10.192.1.0/30", "ipv6-alloc-cidr", "fd00:1::/126"));
        admit(QUICK);
        Vm vm = Vm.announce(store, "runtime");

        RegisterNode answer = vm.awaitAnswer();
        assertThat(answer.identity()).isBetween(7L << 16, (8L << 16) - 1);
        Map<String, String> labels = Map.of(
                "app", "db",
                "io.kubernetes.pod.namespace", "default",
                "io.kubernetes.pod.name", "runtime",
                "io.cilium.k8s.policy.cluster", "east");
        assertThat(answer.labels()).isEqualTo(labels);
        assertThat(answer)
                .isEqualTo(Vm.announcing("runtime")
                        .under(ExternalWorkload.of(workload), EAST)
                        .answered(answer.identity()));
        assertThat(answer.addresses()).isNull();
        assertThat(answer.ipv4AllocCidr()).hasToString("10.192.1.0/30");
        GenericKubernetesResource identity = resource(CiliumResources.IDENTITIES, Long.toString(answer.identity()))
                .get();
        assertThat(identity.getMetadata().getLabels()).isEqualTo(labels);
        assertThat(CiliumResources.part(identity, "security-labels"))
                .isEqualTo(CiliumResources.json(Map.of(
                        "k8s:app", "db",
                        "k8s:io.kubernetes.pod.namespace", "default",
                        "k8s:io.kubernetes.pod.name", "runtime",
                        "k8s:io.cilium.k8s.policy.cluster", "east")));
        assertThat(resource(CiliumResources.NODES, "runtime").get()).isNull();
        assertThat(status("runtime").path("ip").isMissingNode()).isTrue();

        vm.arrive("192.168.0.9", "2001:db8::9");

        awaitIp("runtime", "192.168.0.9");
        assertThat(status("runtime").path("id").asLong()).isEqualTo(answer.identity());
        GenericKubernetesResource node =
                resource(CiliumResources.NODES, "runtime").get();
        assertThat(node.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
            assertThat(owner.getApiVersion()).isEqualTo("cilium.io/v2");
            assertThat(owner.getKind()).isEqualTo("CiliumExternalWorkload");
            assertThat(owner.getName()).isEqualTo("runtime");
            assertThat(owner.getUid()).isEqualTo(workload.getMetadata().getUid());
        });
        assertThat(node.getMetadata().getLabels()).isEqualTo(labels);
        assertThat(CiliumResources.part(node, "spec"))
                .isEqualTo(CiliumResources.json(Map.of(
                        "addresses",
                        List.of(
                                Map.of("type", "InternalIP", "ip", "192.168.0.9"),
                                Map.of("type", "InternalIP", "ip", "2001:db8::9"),
                                Map.of("type", "CiliumInternalIP", "ip", "10.192.1.1")),
                        "health",
                        Map.of(),
                        "ingress",
                        Map.of(),
                        "encryption",
                        Map.of(),
                        "ipam",
                        Map.of("podCIDRs", List.of("10.192.1.0/30", "fd00:1::/126")),
                        "nodeidentity",
                        answer.identity())));
        GenericKubernetesResource endpoint = endpoint("default", "runtime");
        assertThat(endpoint.getMetadata().getOwnerReferences()).singleElement().satisfies(owner -> {
            assertThat(owner.getKind()).isEqualTo("CiliumNode");
            assertThat(owner.getUid()).isEqualTo(node.getMetadata().getUid());
        });
        assertThat(CiliumResources.part(endpoint, "status"))
                .isEqualTo(CiliumResources.json(Map.of(
                        "id",
                        1,
                        "identity",
                        Map.of(
                                "id",
                                answer.identity(),
                                "labels",
                                List.of(
                                        "k8s:app=db",
                                        "k8s:io.cilium.k8s.policy.cluster=east",
                                        "k8s:io.kubernetes.pod.name=runtime",
                                        "k8s:io.kubernetes.pod.namespace=default")),
                        "networking",
                        Map.of(
                                "addressing",
                                List.of(
                                        Map.of("ipv4", "192.168.0.9", "ipv6", "2001:db8::9"),
                                        Map.of("ipv4", "10.192.1.1")),
                                "node",
                                "192.168.0.9"),
                        "state",
                        "ready")));
    }

    @Test
    void waitsForTheWorkloadAndTakesAnIdentityThatIsThere() {
        GenericKubernetesResource made = new GenericKubernetesResource();
        made.setApiVersion("cilium.io/v2");
        made.setKind("CiliumIdentity");
        Map<String, String> labels = new ExternalWorkload(
                        "runtime",
                        Map.of(),
                        java.util.Optional.empty(),
                        java.util.Optional.empty(),
                        0,
                        java.util.Optional.empty())
                .identityLabels(EAST);
        made.setMetadata(new ObjectMetaBuilder()
                .withName("459000")
                .withLabels(labels)
                .addToAnnotations("io.cilium.heartbeat", "marked by the operator")
                .build());
        made.setAdditionalProperty("security-labels", Identities.securityLabels(labels));
        kubernetes
                .genericKubernetesResources(CiliumResources.IDENTITIES)
                .resource(made)
                .create();
        admit(QUICK);
        Vm vm = Vm.announce(store, "runtime");
        eventually(() -> assertThat(admitting.refusals())
                .containsEntry("runtime", "there is no CiliumExternalWorkload of that name"));
        assertThat(vm.registered().identity()).isZero();

        allow("runtime", Map.of());

        assertThat(vm.awaitAnswer().identity()).isEqualTo(459000);
        assertThat(resource(CiliumResources.IDENTITIES, "459000")
                        .get()
                        .getMetadata()
                        .getAnnotations())
                .doesNotContainKey("io.cilium.heartbeat");
        eventually(() -> assertThat(admitting.refusals()).isEmpty());
    }

    @Test
    void aWorkloadThatIsMadeAnewOwnsWhatIsPublished() {
        allow("runtime", Map.of());
        admit(QUICK);
        Vm.join(store, "runtime", "192.168.0.9");
        awaitIp("runtime", "192.168.0.9");
        long identity = status("runtime").path("id").asLong();

        resource(CiliumResources.EXTERNAL_WORKLOADS, "runtime").delete();
        eventually(() -> assertThat(admitting.refusals()).containsKey("runtime"));
        GenericKubernetesResource anew = allow("runtime", Map.of());

        awaitIp("runtime", "192.168.0.9");
        assertThat(status("runtime").path("id").asLong()).isEqualTo(identity);
        assertThat(resource(CiliumResources.NODES, "runtime")
                        .get()
                        .getMetadata()
                        .getOwnerReferences())
                .singleElement()
                .satisfies(owner ->
                        assertThat(owner.getUid()).isEqualTo(anew.getMetadata().getUid()));
    }

    @Test
    void whatIsDeletedIsMadeAgain() {
        allow("runtime", Map.of());
        admit(QUICK);
        Vm.join(store, "runtime", "192.168.0.9");
        awaitIp("runtime", "192.168.0.9");
        String identity = status("runtime").path("id").asString();

        resource(CiliumResources.IDENTITIES, identity).delete();
        resource(CiliumResources.NODES, "runtime").delete();
        kubernetes
                .genericKubernetesResources(CiliumResources.ENDPOINTS)
                .inNamespace("default")
                .withName("runtime")
                .delete();

        eventually(() -> {
            assertThat(resource(CiliumResources.IDENTITIES, identity).get()).isNotNull();
            assertThat(resource(CiliumResources.NODES, "runtime").get()).isNotNull();
            assertThat(endpoint("default", "runtime")).isNotNull();
        });
        assertThat(identities()).hasSize(1);
    }

    @Test
    void changedLabelsMakeAnotherIdentityAndTheOldOneGoesWhenTheVmHasTheNew() {
        allow("runtime", Map.of("app", "db"));
        admit(QUICK);
        Vm vm = Vm.join(store, "runtime", "192.168.0.9");
        awaitIp("runtime", "192.168.0.9");
        String before = status("runtime").path("id").asString();

        resource(CiliumResources.EXTERNAL_WORKLOADS, "runtime").edit(workload -> {
            workload.getMetadata().setLabels(Map.of("app", "web", "io.kubernetes.pod.namespace", "shop"));
            return workload;
        });

        eventually(() -> {
            assertThat(status("runtime").path("id").asString()).isNotEqualTo(before);
            assertThat(endpoint("shop", "runtime")).isNotNull();
            assertThat(endpoint("default", "runtime")).isNull();
        });
        // The agent marks its packets with the old one until it starts again.
        assertThat(resource(CiliumResources.IDENTITIES, before).get()).isNotNull();
        Vm restarted = Vm.join(store, "runtime", "192.168.0.9");
        eventually(() ->
                assertThat(resource(CiliumResources.IDENTITIES, before).get()).isNull());
        assertThat(restarted.registered().identity())
                .isEqualTo(status("runtime").path("id").asLong());
        assertThat(vm.leaseId()).isNotEqualTo(restarted.leaseId());
    }

    @Test
    void anIdentityGoesWithItsLastWorkloadAndOthersStay() {
        GenericKubernetesResource notOurs = new GenericKubernetesResource();
        notOurs.setApiVersion("cilium.io/v2");
        notOurs.setKind("CiliumIdentity");
        notOurs.setMetadata(new ObjectMetaBuilder()
                .withName("460000")
                .addToLabels(CiliumResources.POD_NAME, "other")
                .build());
        kubernetes
                .genericKubernetesResources(CiliumResources.IDENTITIES)
                .resource(notOurs)
                .create();
        Map<String, String> shared = Map.of("io.kubernetes.pod.name", "pool");
        allow("one", shared);
        allow("two", shared);
        admit(QUICK);
        long identity = Vm.announce(store, "one").awaitAnswer().identity();
        assertThat(Vm.announce(store, "two").awaitAnswer().identity()).isEqualTo(identity);

        resource(CiliumResources.EXTERNAL_WORKLOADS, "one").delete();
        eventually(() -> assertThat(admitting.refusals()).containsKey("one"));
        assertThat(identities()).hasSize(2);
        resource(CiliumResources.EXTERNAL_WORKLOADS, "two").delete();

        eventually(() -> assertThat(identities())
                .singleElement()
                .satisfies(left -> assertThat(left.getMetadata().getName()).isEqualTo("460000")));
    }

    @Test
    void aVmWhoseLeaseRunsOutIsGoneAndComesBack() {
        allow("runtime", Map.of());
        admit(QUICK);
        Vm vm = Vm.join(store, "runtime", "192.168.0.9");
        awaitIp("runtime", "192.168.0.9");
        long identity = status("runtime").path("id").asLong();

        revoke(vm.leaseId());

        awaitIp("runtime", "");
        assertThat(status("runtime").path("id").asLong()).isEqualTo(identity);
        assertThat(resource(CiliumResources.NODES, "runtime").get()).isNotNull();
        Vm.join(store, "runtime", "192.168.0.9");
        awaitIp("runtime", "192.168.0.9");
        assertThat(status("runtime").path("id").asLong()).isEqualTo(identity);
    }

    /** As when its time is over, which takes minutes. */
    private void revoke(long lease) {
        io.grpc.ManagedChannel channel = io.grpc.inprocess.InProcessChannelBuilder.forName(etcd.inProcessName())
                .build();
        try {
            io.meshkeep.proto.LeaseGrpc.newBlockingStub(channel)
                    .leaseRevoke(io.meshkeep.proto.LeaseRevokeRequest.newBuilder()
                            .setID(lease)
                            .build());
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void aVmThatDoesNotRegisterWithANewStoreIsGone() {
        allow("runtime", Map.of());
        resource(CiliumResources.EXTERNAL_WORKLOADS, "runtime").editStatus(workload -> {
            workload.setAdditionalProperty("status", Map.of("id", 459000, "ip", "192.168.0.9"));
            return workload;
        });
        admit(new Times(Duration.ofMinutes(15), Duration.ZERO, Duration.ZERO, NEVER, NEVER));

        awaitIp("runtime", "");
    }

    @Test
    void anAddressOfANodeOrAnotherVmIsRefusedAndNamed() {
        create(
                kubernetes,
                CiliumResources.NODES,
                "worker-1",
                Map.of(),
                Map.of("addresses", List.of(Map.of("type", "InternalIP", "ip", "192.168.0.1"))));
        allow("one", Map.of());
        allow("two", Map.of());
        allow("three", Map.of());
        admit(QUICK);
        Vm.join(store, "one", "192.168.0.1");
        eventually(() -> assertThat(admitting.refusals())
                .containsEntry("one", "its address 192.168.0.1 is that of node worker-1"));
        Vm two = Vm.join(store, "two", "192.168.0.2");
        awaitIp("two", "192.168.0.2");
        Vm.join(store, "three", "192.168.0.2");

        eventually(() -> assertThat(admitting.refusals())
                .containsEntry("three", "its address 192.168.0.2 is that of external workload two"));
        for (String refused : List.of("one", "three")) {
            assertThat(resource(CiliumResources.NODES, refused).get()).isNull();
            assertThat(endpoint("default", refused)).isNull();
            assertThat(status(refused).path("ip").isMissingNode()).isTrue();
        }

        // What is in the way goes: a node that leaves, a VM whose lease runs out.
        resource(CiliumResources.NODES, "worker-1").delete();
        awaitIp("one", "192.168.0.1");
        revoke(two.leaseId());
        awaitIp("three", "192.168.0.2");
        assertThat(endpoint("default", "two")).isNull();
    }

    @Test
    void theNameOfANodeIsRefused() {
        create(kubernetes, CiliumResources.NODES, "worker-1", Map.of(), Map.of("addresses", List.of()));
        allow("worker-1", Map.of());
        admit(QUICK);
        Vm.join(store, "worker-1", "192.168.0.9");

        eventually(() ->
                assertThat(admitting.refusals()).containsEntry("worker-1", "a node of the cluster has that name"));
        assertThat(CiliumResources.part(
                                resource(CiliumResources.NODES, "worker-1").get(), "spec")
                        .path("addresses"))
                .isEmpty();
    }

    @Test
    void ofTwoMachinesWithOneNameTheLastHasItWhole() {
        allow("runtime", Map.of());
        admit(QUICK);
        Vm one = Vm.announce(store, "runtime");
        Vm two = Vm.announce(store, "runtime");
        one.arrive("192.168.0.1");
        two.arrive("192.168.0.2");
        Random random = new Random(11);
        boolean lastIsOne = false;
        for (int i = 0; i < 200; i++) {
            lastIsOne = random.nextBoolean();
            (lastIsOne ? one : two).write();
        }

        String ip = lastIsOne ? "192.168.0.1" : "192.168.0.2";
        awaitIp("runtime", ip);
        eventually(() -> {
            assertThat(CiliumResources.part(
                                    resource(CiliumResources.NODES, "runtime").get(), "spec")
                            .at("/addresses/0/ip")
                            .asString())
                    .isEqualTo(ip);
            assertThat(CiliumResources.part(endpoint("default", "runtime"), "status")
                            .at("/networking/addressing/0/ipv4")
                            .asString())
                    .isEqualTo(ip);
        });
        assertThat(identities()).hasSize(1);
    }

    @Test
    void refusalsOfTheApiServerAreTriedAgain() {
        for (String path : List.of("ciliumidentities", "ciliumnodes", "namespaces/default/ciliumendpoints")) {
            server.expect()
                    .post()
                    .withPath("/apis/cilium.io/v2/" + path)
                    .andReturn(500, "{\"kind\":\"Status\",\"message\":\"out of order\"}")
                    .times(2);
        }
        allow("runtime", Map.of());
        admit(QUICK);

        Vm.join(store, "runtime", "192.168.0.9");

        awaitIp("runtime", "192.168.0.9");
    }

    @Test
    void unreadableRegistrationsDoNoHarm() {
        allow("runtime", Map.of());
        allow("broken", Map.of());
        admit(QUICK);
        Vm.get(store.put(RegisterNode.PREFIX + "broken", com.google.protobuf.ByteString.copyFromUtf8("{"), 0));
        Vm.get(store.put(RegisterNode.PREFIX + "liar", RegisterNodeJson.write(Vm.announcing("runtime")), 0));

        Vm.join(store, "runtime", "192.168.0.9");

        awaitIp("runtime", "192.168.0.9");
        eventually(() -> assertThat(admitting.refusals())
                .containsEntry("broken", "its registration cannot be read: the value is not JSON"));
    }

    /** Once all is as it should be, nothing is written, neither to the store nor to Kubernetes. */
    @Test
    void anotherLookChangesNothing() {
        allow("runtime", Map.of());
        admit(QUICK);
        Vm.join(store, "runtime", "192.168.0.9");
        awaitIp("runtime", "192.168.0.9");
        List<String> versions = versions();
        long revision = Vm.get(store.list(RegisterNode.PREFIX)).revision();

        admitting.close();
        admit(QUICK);
        // That a later VM has joined shows that the earlier one has been looked at.
        allow("later", Map.of());
        Vm.join(store, "later", "192.168.0.10");
        awaitIp("later", "192.168.0.10");

        assertThat(versions()).isEqualTo(versions);
        assertThat(Vm.get(store.get(RegisterNode.PREFIX + "runtime"))
                        .orElseThrow()
                        .modRevision())
                .isLessThanOrEqualTo(revision);
    }

    private List<String> versions() {
        return List.of(
                resource(CiliumResources.EXTERNAL_WORKLOADS, "runtime")
                        .get()
                        .getMetadata()
                        .getResourceVersion(),
                resource(CiliumResources.NODES, "runtime").get().getMetadata().getResourceVersion(),
                endpoint("default", "runtime").getMetadata().getResourceVersion(),
                resource(
                                CiliumResources.IDENTITIES,
                                status("runtime").path("id").asString())
                        .get()
                        .getMetadata()
                        .getResourceVersion());
    }
}
