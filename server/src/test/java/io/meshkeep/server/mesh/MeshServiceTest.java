package io.meshkeep.server.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.ExplainRequest;
import io.meshkeep.proto.ExplainResponse;
import io.meshkeep.proto.GetIdentityRequest;
import io.meshkeep.proto.ListEndpointsResponse;
import io.meshkeep.proto.ListServicesResponse;
import io.meshkeep.proto.MeshCluster;
import io.meshkeep.proto.MeshDiffRequest;
import io.meshkeep.proto.MeshDiffResponse;
import io.meshkeep.proto.MeshEndpoint;
import io.meshkeep.proto.MeshIdentity;
import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshListRequest;
import io.meshkeep.proto.MeshNode;
import io.meshkeep.proto.MeshProblem;
import io.meshkeep.proto.MeshSelector;
import io.meshkeep.store.Credentials;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Single questions; watches are in {@link MeshWatchTest}. */
@Timeout(60)
class MeshServiceTest {
    @TempDir
    private Path directory;

    private MeshFixture server;
    private final Policy policy = new Policy();

    /** Lets callers read what begins with certain prefixes. */
    static final class Policy implements MeshAccess {
        volatile List<String> prefixes = List.of("");
        volatile long epoch = 1;

        @Override
        public Permit permit(Credentials credentials) {
            List<String> now = prefixes;
            return (start, end) -> {
                String first = new String(start, java.nio.charset.StandardCharsets.UTF_8);
                String last = new String(end, java.nio.charset.StandardCharsets.UTF_8);
                return now.stream()
                        .anyMatch(prefix -> prefix.isEmpty()
                                || first.startsWith(prefix)
                                        && last.compareTo(prefix.substring(0, prefix.length() - 1)
                                                        + (char) (prefix.charAt(prefix.length() - 1) + 1))
                                                <= 0);
            };
        }

        @Override
        public long epoch() {
            return epoch;
        }
    }

    @BeforeEach
    void start() throws Exception {
        server = new MeshFixture(directory, true, policy);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static MeshListRequest all() {
        return MeshListRequest.getDefaultInstance();
    }

    private static MeshListRequest select(Function<MeshSelector.Builder, MeshSelector.Builder> conditions) {
        return MeshListRequest.newBuilder()
                .setSelector(conditions.apply(MeshSelector.newBuilder()))
                .build();
    }

    private List<String> ips(MeshListRequest request) {
        return server.mesh.listEndpoints(request).getEndpointsList().stream()
                .map(MeshEndpoint::getIp)
                .toList();
    }

    @Test
    void pagesOfAListAreOfOneRevision() {
        for (int i = 0; i < 25; i++) {
            server.endpoint("blue", "10.0.0." + i, 1, "");
        }
        long revision = server.store.snapshot().revision();
        List<String> found = new ArrayList<>();
        String token = "";
        do {
            ListEndpointsResponse page = server.mesh.listEndpoints(MeshListRequest.newBuilder()
                    .setLimit(7)
                    .setContinueToken(token)
                    .build());
            assertThat(page.getHeader().getRevision()).isEqualTo(revision);
            assertThat(page.getEndpointsCount()).isBetween(1, 7);
            page.getEndpointsList().forEach(endpoint -> found.add(endpoint.getIp()));
            token = page.getContinueToken();
            server.delete(MeshFixture.endpointKey("blue", "10.0.0." + found.size()));
            server.endpoint("blue", "10.0.1." + found.size(), 1, "");
        } while (!token.isEmpty());
        assertThat(found).hasSize(25).allMatch(ip -> ip.startsWith("10.0.0."));
        assertThat(ips(all())).contains("10.0.1.7").doesNotContain("10.0.0.7");
    }

    @Test
    void anAnswerIsBoundedInBytesToo() {
        StringBuilder backends = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            backends.append(i == 0 ? "" : ",")
                    .append("\"10.")
                    .append(i / 256)
                    .append('.')
                    .append(i % 256)
                    .append(".200\":{}");
        }
        for (int i = 0; i < 300; i++) {
            server.put(
                    "cilium/cache/services/v1/blue/shop/s" + i,
                    "{\"cluster\":\"blue\",\"namespace\":\"shop\",\"name\":\"s" + i + "\",\"backends\":{" + backends
                            + "}}");
        }
        int found = 0;
        int pages = 0;
        String token = "";
        do {
            ListServicesResponse page = server.mesh.listServices(
                    MeshListRequest.newBuilder().setContinueToken(token).build());
            assertThat(page.getSerializedSize()).isLessThan(2 << 20);
            found += page.getServicesCount();
            pages++;
            token = page.getContinueToken();
        } while (!token.isEmpty());
        assertThat(found).isEqualTo(300);
        assertThat(pages).isGreaterThan(2);
    }

    @Test
    void anAddressIsExplainedDownToItsNodeAndCluster() {
        long node = server.node("cache", "blue", "n1", "192.168.0.1");
        long identity = server.identity("blue", 70_000, "k8s:app=db;k8s:env=prod;");
        long endpoint = server.endpoint("blue", "10.0.0.7", 70_000, "192.168.0.1");
        long lost = server.endpoint("green", "10.0.0.7", 99_999, "192.168.9.9");
        server.put(
                "cilium/state/ip/v1/default/10.0.0.0/24",
                "{\"IP\":\"10.0.0.0\",\"Mask\":\"////AA==\",\"HostIP\":\"\",\"ID\":2}");
        ExplainResponse answer = server.mesh.explain(
                ExplainRequest.newBuilder().setIp("10.0.0.7").build());
        assertThat(answer.getHeader().getRevision())
                .isEqualTo(server.store.snapshot().revision());
        assertThat(answer.getExplanationsCount()).isEqualTo(3);
        ExplainResponse.Explanation blue = answer.getExplanations(0);
        assertThat(blue.getEndpoint())
                .isEqualTo(MeshEndpoint.newBuilder()
                        .setKey("cilium/cache/ip/v1/blue/10.0.0.7")
                        .setCluster("blue")
                        .setCached(true)
                        .setIp("10.0.0.7")
                        .setIdentity(70_000)
                        .setHostIp("192.168.0.1")
                        .setNamespace("shop")
                        .setPod("pod-10.0.0.7")
                        .setRevision(endpoint)
                        .build());
        assertThat(blue.getIdentity())
                .isEqualTo(MeshIdentity.newBuilder()
                        .setKey("cilium/cache/identities/v1/blue/id/70000")
                        .setCluster("blue")
                        .setCached(true)
                        .setNumber(70_000)
                        .addLabels("k8s:app=db")
                        .addLabels("k8s:env=prod")
                        .setRevision(identity)
                        .build());
        assertThat(blue.getNode().getName()).isEqualTo("n1");
        assertThat(blue.getNode().getRevision()).isEqualTo(node);
        assertThat(blue.getProblemsCount()).isZero();
        ExplainResponse.Explanation green = answer.getExplanations(1);
        assertThat(green.getEndpoint().getRevision()).isEqualTo(lost);
        assertThat(green.hasIdentity()).isFalse();
        assertThat(green.hasNode()).isFalse();
        assertThat(green.getProblemsList())
                .extracting(MeshProblem::getKind)
                .containsExactly(MeshProblem.Kind.UNKNOWN_IDENTITY);
        ExplainResponse.Explanation prefix = answer.getExplanations(2);
        assertThat(prefix.getEndpoint().getIp()).isEqualTo("10.0.0.0/24");
        assertThat(prefix.getIdentity().getLabelsList()).containsExactly("reserved:world=");
        assertThat(prefix.getIdentity().getKey()).isEmpty();
        assertThat(server.mesh
                        .explain(ExplainRequest.newBuilder().setIp("10.9.9.9").build())
                        .getExplanationsCount())
                .isZero();
        assertThat(server.mesh
                        .explain(ExplainRequest.newBuilder()
                                .setIp("10.0.0.7")
                                .setCluster("green")
                                .build())
                        .getExplanationsList())
                .containsExactly(green);
    }

    @Test
    void anIdentityIsGivenForEachClusterWithItsUse() {
        server.node("state", "red", "n1", "192.168.1.1");
        server.identity("", 300, "k8s:app=own;");
        server.identity("blue", 300, "k8s:app=copy;");
        server.endpoint("blue", "10.0.0.1", 300, "");
        server.endpoint("blue", "10.0.0.2", 300, "");
        var uses = server.mesh
                .getIdentity(GetIdentityRequest.newBuilder().setNumber(300).build())
                .getIdentitiesList();
        assertThat(uses).extracting(use -> use.getIdentity().getCluster()).containsExactly("red", "blue");
        assertThat(uses).extracting(use -> use.getEndpoints()).containsExactly(0L, 2L);
        assertThat(server.mesh
                        .getIdentity(GetIdentityRequest.newBuilder()
                                .setNumber(300)
                                .setCluster("red")
                                .build())
                        .getIdentitiesList())
                .containsExactly(uses.get(0));
    }

    @Test
    void clustersAreSummedUp() {
        server.node("state", "red", "n1", "192.168.1.1");
        server.endpoint("", "10.0.0.1", 1, "");
        server.node("cache", "blue", "n1", "192.168.2.1");
        server.node("cache", "blue", "n2", "192.168.2.2");
        server.identity("blue", 300, "k8s:app=x;");
        assertThat(server.mesh.listClusters(all()).getClustersList())
                .containsExactly(
                        MeshCluster.newBuilder()
                                .setName("red")
                                .setNodes(1)
                                .setEndpoints(1)
                                .build(),
                        MeshCluster.newBuilder()
                                .setName("blue")
                                .setCached(true)
                                .setNodes(2)
                                .setIdentities(1)
                                .build());
    }

    @Test
    void theKeysOfTheOwnClusterAreSelectedByItsName() {
        server.endpoint("", "10.0.0.1", 1, "");
        assertThat(ips(select(selector -> selector.setCluster("red")))).isEmpty();
        server.node("state", "red", "n1", "192.168.1.1");
        assertThat(ips(select(selector -> selector.setCluster("red")))).containsExactly("10.0.0.1");
    }

    @Test
    void aDiffTellsWhatChangedOfEachKind() {
        long start = server.identity("blue", 300, "k8s:app=a;");
        server.endpoint("blue", "10.0.0.1", 300, "");
        server.endpoint("blue", "10.0.0.2", 300, "");
        long from = server.store.snapshot().revision();
        server.identity("blue", 300, "k8s:app=b;");
        server.delete(MeshFixture.endpointKey("blue", "10.0.0.1"));
        server.endpoint("blue", "10.0.0.3", 300, "");
        server.node("cache", "blue", "n1", "192.168.2.1");
        long to = server.store.snapshot().revision();
        MeshDiffResponse diff = server.mesh.diff(
                MeshDiffRequest.newBuilder().setFromRevision(from).build());
        assertThat(diff.getFromRevision()).isEqualTo(from);
        assertThat(diff.getHeader().getRevision()).isEqualTo(to);
        assertThat(diff.getChangesList().stream()
                        .map(change ->
                                (change.hasBefore() ? "-" : "") + (change.hasAfter() ? "+" : "") + change.getKey())
                        .toList())
                .containsExactly(
                        "-cilium/cache/ip/v1/blue/10.0.0.1",
                        "+cilium/cache/ip/v1/blue/10.0.0.3",
                        "-+cilium/cache/identities/v1/blue/id/300",
                        "+cilium/cache/nodes/v1/blue/n1");
        List<MeshDiffResponse.Change> paged = new ArrayList<>();
        String token = "";
        do {
            MeshDiffResponse page = server.mesh.diff(MeshDiffRequest.newBuilder()
                    .setFromRevision(from)
                    .setLimit(1)
                    .setContinueToken(token)
                    .build());
            paged.addAll(page.getChangesList());
            token = page.getContinueToken();
            server.endpoint("blue", "10.0.7." + paged.size(), 300, "");
        } while (!token.isEmpty());
        assertThat(paged).isEqualTo(diff.getChangesList());
        assertThat(server.mesh
                        .diff(MeshDiffRequest.newBuilder()
                                .setFromRevision(to)
                                .setToRevision(from)
                                .addKinds(MeshKind.MESH_KIND_NODE)
                                .build())
                        .getChangesList())
                .hasSize(1)
                .allMatch(change -> change.hasBefore() && !change.hasAfter());
        assertThat(server
                        .mesh
                        .diff(MeshDiffRequest.newBuilder()
                                .setFromRevision(from)
                                .setToRevision(to)
                                .setSelector(MeshSelector.newBuilder().setLabels("app=b"))
                                .build())
                        .getChangesList()
                        .stream()
                        .map(change ->
                                (change.hasBefore() ? "-" : "") + (change.hasAfter() ? "+" : "") + change.getKey())
                        .toList())
                .as("the endpoint that stays comes in with its identity's labels, after those that changed")
                .containsExactly(
                        "+cilium/cache/ip/v1/blue/10.0.0.3",
                        "+cilium/cache/ip/v1/blue/10.0.0.2",
                        "+cilium/cache/identities/v1/blue/id/300");
        server.compact(from + 1);
        assertRefused(
                () -> server.mesh.diff(
                        MeshDiffRequest.newBuilder().setFromRevision(start).build()),
                Status.Code.OUT_OF_RANGE,
                "etcdserver: mvcc: required revision has been compacted");
    }

    // ---- refusals

    private static void assertRefused(Runnable call, Status.Code code, String text) {
        assertThatExceptionOfType(StatusRuntimeException.class)
                .isThrownBy(call::run)
                .satisfies(e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(code);
                    assertThat(e.getStatus().getDescription()).isEqualTo(text);
                });
    }

    @Test
    void whatCannotBeAnsweredIsRefusedWithTheReason() {
        assertRefused(
                () -> server.mesh.listEndpoints(select(selector -> selector.setLabels("app in db"))),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: label selector: at character 8: expected ( and values, found \"d\"");
        assertRefused(
                () -> server.mesh.listEndpoints(select(selector -> selector.setCidr("10.0.0.0/33"))),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: \"10.0.0.0/33\" is neither an IP address nor a CIDR prefix");
        assertRefused(
                () -> server.mesh.listServices(select(selector -> selector.setNode("n1"))),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: services cannot be selected by node");
        assertRefused(
                () -> server.mesh.listProblems(select(selector -> selector.setCluster("blue"))),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: problems cannot be selected by cluster");
        assertRefused(
                () -> server.mesh.listEndpoints(
                        MeshListRequest.newBuilder().setRevision(99).build()),
                Status.Code.OUT_OF_RANGE,
                "etcdserver: mvcc: required revision is a future revision");
        assertRefused(
                () -> server.mesh.listEndpoints(
                        MeshListRequest.newBuilder().setLimit(-1).build()),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: a limit is not negative");
        for (String token : List.of("x", "%%%", "AAAAAAAAAAAA", "AAAAAAAAAAEA", "____________")) {
            assertThatExceptionOfType(StatusRuntimeException.class)
                    .isThrownBy(() -> server.mesh.listEndpoints(
                            MeshListRequest.newBuilder().setContinueToken(token).build()))
                    .withMessageContaining("INVALID_ARGUMENT: meshkeep: the continue token is not");
        }
        assertRefused(
                () -> server.mesh.explain(
                        ExplainRequest.newBuilder().setIp("localhost").build()),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: \"localhost\" is not an IP address");
        assertRefused(
                () -> server.mesh.getIdentity(GetIdentityRequest.getDefaultInstance()),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: 0 is not the number of an identity");
        assertRefused(
                () -> server.mesh.diff(MeshDiffRequest.getDefaultInstance()),
                Status.Code.INVALID_ARGUMENT,
                "meshkeep: the revision before is missing");
    }

    @Test
    void withoutTheIndexEverythingIsRefused(@TempDir Path other) throws Exception {
        try (MeshFixture without = new MeshFixture(other, false, MeshAccess.ALL)) {
            without.endpoint("blue", "10.0.0.1", 1, "");
            assertRefused(
                    () -> without.mesh.listEndpoints(all()),
                    Status.Code.FAILED_PRECONDITION,
                    "meshkeep: the server keeps no index of the mesh (--mesh-index=false, or see its log)");
            assertRefused(
                    () -> without.mesh
                            .watch(io.meshkeep.proto.MeshWatchRequest.getDefaultInstance())
                            .forEachRemaining(response -> {}),
                    Status.Code.FAILED_PRECONDITION,
                    "meshkeep: the server keeps no index of the mesh (--mesh-index=false, or see its log)");
        }
    }

    // ---- permissions

    @Test
    void aCallerSeesWhatItsPermissionsAllow() {
        server.node("state", "red", "own", "192.168.1.1");
        server.node("cache", "blue", "n1", "192.168.2.1");
        server.identity("blue", 300, "k8s:app=db;");
        server.identity("blue", 301, "k8s:app=web;");
        server.identity("green", 300, "k8s:app=db;");
        server.endpoint("blue", "10.0.0.1", 300, "192.168.2.1");
        server.endpoint("blue", "10.0.0.2", 301, "192.168.2.1");
        server.endpoint("blue", "10.0.0.3", 999, "192.168.2.1");
        server.endpoint("green", "10.0.0.4", 300, "");
        server.endpoint("", "10.0.0.5", 1, "");
        server.put(MeshFixture.endpointKey("green", "10.0.0.6"), "oops");
        assertThat(ips(all())).hasSize(5);

        policy.prefixes = List.of("cilium/cache/ip/v1/blue/", "cilium/cache/identities/v1/blue/id/300");
        assertThat(ips(all())).containsExactly("10.0.0.1", "10.0.0.2", "10.0.0.3");
        assertThat(ips(select(selector -> selector.setCluster("red")))).isEmpty();
        assertThat(ips(select(selector -> selector.setLabels("app")))).containsExactly("10.0.0.1");
        assertThat(ips(select(selector -> selector.setLabels("app!=db"))))
                .as("labels that may not be read select nothing")
                .isEmpty();
        assertThat(ips(select(selector -> selector.setNode("n1"))))
                .as("nor nodes")
                .isEmpty();
        assertThat(server.mesh.listNodes(all()).getNodesCount()).isZero();
        assertThat(server.mesh.listIdentities(all()).getIdentitiesList())
                .extracting(MeshIdentity::getNumber)
                .containsExactly(300);
        assertThat(server.mesh.listProblems(all()).getProblemsCount())
                .as("that identity 999 is missing may not be known, nor that a key of another cluster is malformed")
                .isZero();
        assertThat(server.mesh.listClusters(all()).getClustersList())
                .containsExactly(MeshCluster.newBuilder()
                        .setName("blue")
                        .setCached(true)
                        .setIdentities(1)
                        .setEndpoints(3)
                        .build());
        ExplainResponse.Explanation explanation = server.mesh
                .explain(ExplainRequest.newBuilder().setIp("10.0.0.2").build())
                .getExplanations(0);
        assertThat(explanation.hasIdentity()).isFalse();
        assertThat(explanation.hasNode()).isFalse();

        policy.prefixes = List.of("cilium/cache/");
        assertThat(ips(all())).hasSize(4);
        assertThat(server.mesh.listNodes(all()).getNodesList())
                .extracting(MeshNode::getName)
                .containsExactly("n1");
        assertThat(server.mesh.listProblems(all()).getProblemsList())
                .extracting(MeshProblem::getKind)
                .containsExactly(MeshProblem.Kind.MALFORMED, MeshProblem.Kind.UNKNOWN_IDENTITY);
        policy.prefixes = List.of();
        assertThat(ips(all())).isEmpty();
        assertThat(server.mesh.listClusters(all()).getClustersCount()).isZero();
    }
}
