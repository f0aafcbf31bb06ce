package io.meshkeep.clustermesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.meshkeep.server.cli.ServeOptions;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies in {@code deploy/}: objects that Kubernetes knows, and flags that the program takes. */
class ManifestsTest {
    private static final Path DEPLOY = Path.of("..", "deploy");
    private static final Path DEFAULTS = DEPLOY.resolve("kustomize/meshkeep.yaml");
    private static final Path EVERYTHING =
            Path.of("src/test/resources/io/meshkeep/clustermesh/pod/meshkeep-everything.yaml");
    private static List<HasMetadata> objects;

    @BeforeAll
    static void read() throws IOException {
        objects = new ArrayList<>();
        for (String document : Files.readString(DEFAULTS).split("\n---\n")) {
            if (document.contains("apiVersion:")) {
                objects.add(Serialization.unmarshal(document));
            }
        }
    }

    private static <T extends HasMetadata> List<T> all(Class<T> type) {
        return objects.stream().filter(type::isInstance).map(type::cast).toList();
    }

    private static PodSpec pod() {
        return all(Deployment.class).get(0).getSpec().getTemplate().getSpec();
    }

    private static Container container() {
        return pod().getContainers().get(0);
    }

    /** The first line names what the file was made from. */
    @Test
    void wereRenderedFromTheChartAsItIs() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (Stream<Path> files = Files.walk(DEPLOY.resolve("helm/meshkeep"))) {
            for (Path file : files.filter(Files::isRegularFile)
                    .sorted(Comparator.comparing(Path::toString))
                    .toList()) {
                all.write(Files.readAllBytes(file));
            }
        }
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all.toByteArray()));
        for (Path rendered : List.of(DEFAULTS, EVERYTHING)) {
            assertThat(Files.readAllLines(rendered).get(0))
                    .as("run deploy/kustomize/render")
                    .contains("digest " + digest);
        }
    }

    @Test
    void areWhatHelmMakesOfIt(@TempDir Path directory) throws Exception {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(path -> Files.isExecutable(Path.of(path, "helm"))),
                "there is no helm: the manifests are not rendered again");
        Process render = new ProcessBuilder(DEPLOY.resolve("kustomize/render").toString(), directory.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(render.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(render.waitFor()).as(said).isZero();
        for (Path rendered : List.of(DEFAULTS, EVERYTHING)) {
            assertThat(directory.resolve(rendered.getFileName())).hasSameTextualContentAs(rendered);
        }
    }

    @Test
    void haveOnlyFieldsThatKubernetesKnows() throws Exception {
        assertThat(objects).extracting(HasMetadata::getKind).contains("Deployment", "ClusterRole", "NetworkPolicy");
        for (HasMetadata object : objects) {
            List<String> unknown = new ArrayList<>();
            collectUnknown(object, object.getKind(), unknown);
            assertThat(unknown).isEmpty();
        }
    }

    /** The typed model puts what it does not know aside. */
    private static void collectUnknown(Object value, String path, List<String> unknown) throws Exception {
        if (value instanceof Collection<?> list) {
            for (Object element : list) {
                collectUnknown(element, path, unknown);
            }
        } else if (value != null && value.getClass().getName().startsWith("io.fabric8.kubernetes.api.model")) {
            for (Method getter : value.getClass().getMethods()) {
                if (!getter.getName().startsWith("get") || getter.getParameterCount() > 0) {
                    continue;
                }
                if (getter.getName().equals("getAdditionalProperties")) {
                    ((Map<?, ?>) getter.invoke(value)).keySet().forEach(key -> unknown.add(path + "." + key));
                } else {
                    collectUnknown(
                            getter.invoke(value), path + "." + getter.getName().substring(3), unknown);
                }
            }
        }
    }

    @Test
    void flagsAreOnesThatTheProgramTakes() throws Exception {
        Map<String, String> values = Map.of("CLUSTER_NAME", "east", "CLUSTER_ID", "1", "POD_IP", "10.0.0.1");
        List<String> arguments = container().getArgs().stream()
                .map(argument -> {
                    String expanded = argument;
                    for (Map.Entry<String, String> value : values.entrySet()) {
                        expanded = expanded.replace("$(" + value.getKey() + ")", value.getValue());
                    }
                    return expanded;
                })
                .toList();
        assertThat(arguments.get(0)).isEqualTo("clustermesh");
        ApiServerOptions options = ApiServerOptions.parse(arguments.subList(1, arguments.size()), Map.of());
        assertThat(options.cluster().name()).isEqualTo("east");
        assertThat(options.etcdConfig()).as("the store is in the same process").isEmpty();
        assertThat(options.remoteClusters()).contains(Path.of("/var/lib/cilium/clustermesh"));
        ServeOptions store = ServeOptions.parse(options.storeArguments(), Map.of(), false);
        assertThat(store.config().tls()).isPresent();
        assertThat(store.config().listensOnTls()).isTrue();
        assertThat(container().getEnv())
                .extracting(variable -> variable.getName())
                .as("what the arguments refer to")
                .containsAll(values.keySet());
    }

    @Test
    void thePodHasNoMoreRightsThanItNeeds() {
        assertThat(pod().getSecurityContext().getRunAsUser()).isEqualTo(65532);
        assertThat(pod().getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod().getAutomountServiceAccountToken()).isFalse();
        assertThat(pod().getContainers()).as("one does it all").hasSize(1);
        assertThat(pod().getInitContainers()).isEmpty();
        assertThat(container().getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        assertThat(container().getSecurityContext().getAllowPrivilegeEscalation())
                .isFalse();
        assertThat(container().getSecurityContext().getCapabilities().getDrop()).containsExactly("ALL");
        assertThat(container().getResources().getLimits()).containsKey("memory");
    }

    @Test
    void namesReferToEachOther() {
        List<String> ports =
                container().getPorts().stream().map(port -> port.getName()).toList();
        for (Service service : all(Service.class)) {
            assertThat(service.getSpec().getSelector()).containsEntry("k8s-app", "clustermesh-apiserver");
            for (ServicePort port : service.getSpec().getPorts()) {
                assertThat(ports).contains(port.getTargetPort().getStrVal());
            }
        }
        assertThat(ports)
                .contains(container().getReadinessProbe().getHttpGet().getPort().getStrVal())
                .contains(
                        container().getLivenessProbe().getTcpSocket().getPort().getStrVal());
        all(NetworkPolicy.class)
                .get(0)
                .getSpec()
                .getIngress()
                .forEach(rule -> rule.getPorts()
                        .forEach(port ->
                                assertThat(ports).contains(port.getPort().getStrVal())));
        assertThat(all(PodDisruptionBudget.class).get(0).getSpec().getSelector().getMatchLabels())
                .isEqualTo(all(Deployment.class).get(0).getSpec().getSelector().getMatchLabels());
        assertThat(container().getVolumeMounts())
                .extracting(VolumeMount::getName)
                .containsExactlyInAnyOrderElementsOf(
                        pod().getVolumes().stream().map(Volume::getName).toList());
    }

    @Test
    void theImageRunsInTheUserThatTheManifestsName() throws IOException {
        assertThat(Files.readString(DEPLOY.resolve("image/build"), StandardCharsets.UTF_8))
                .contains("user=65532");
    }
}
