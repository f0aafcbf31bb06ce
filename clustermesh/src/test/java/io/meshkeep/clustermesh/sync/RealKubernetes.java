package io.meshkeep.clustermesh.sync;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonDeletingOperation;
import io.meshkeep.clustermesh.apiserver.Kubernetes;
import io.meshkeep.clustermesh.kvstoremesh.Proxy;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * The Kubernetes of a kubeconfig. The kinds that are synchronised must not be there yet, so that nothing can be touched
 * which is not a test's: they are made, and removed with all of their objects by {@link #remove}. Services and slices get
 * namespaces of their own. The API server gives services their addresses and exports their times; where keys come out,
 * {@link #asPut} puts those of the fixture in their places.
 */
final class RealKubernetes implements KubernetesApi {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Whether the server forgets old versions within seconds: then it does so while connections are cut. */
    private static final boolean COMPACTS = Boolean.getBoolean("meshkeep.kubernetes.compacts");

    private static final String LABEL = "meshkeep.io/test";
    private static final Path SHIPPED = Path.of("..", "deploy", "crds", "ciliumexternalworkloads.yaml");

    /** A kind of object. */
    private record Kind(String apiVersion, String name) {
        static Kind of(Map<?, ?> document) {
            return new Kind((String) document.get("apiVersion"), (String) document.get("kind"));
        }
    }

    private final Config config;
    private final KubernetesClient kubernetes;
    private final String test = "meshkeep-" + UUID.randomUUID().toString().substring(0, 8);
    private final String prefix = test + "-";
    private final List<CustomResourceDefinition> definitions = new ArrayList<>();
    private final Set<String> namespaces = new LinkedHashSet<>();
    private final Set<Kind> kinds = new LinkedHashSet<>();
    private final Map<String, Map<?, ?>> objects = new LinkedHashMap<>();
    /** What the server chose, by what the fixture has: quoted addresses of services, and times by export. */
    private final Map<String, String> addresses = new HashMap<>();

    private final Map<String, List<String>> times = new HashMap<>();
    private Proxy proxy;

    private RealKubernetes(Config config) {
        this.config = config;
        kubernetes = Kubernetes.client(config);
    }

    /**
     * Makes the kinds.
     *
     * @throws RefusedException if there are some already
     */
    static RealKubernetes open(Path kubeconfig) throws IOException, RefusedException {
        RealKubernetes real = new RealKubernetes(Config.fromKubeconfig(kubeconfig.toFile()));
        try {
            real.begin();
        } catch (IOException | RefusedException | RuntimeException e) {
            real.remove();
            throw e;
        }
        return real;
    }

    /** The cluster is in use. */
    static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    private void begin() throws IOException, RefusedException {
        List<CustomResourceDefinition> wanted = new ArrayList<>();
        try (InputStream minimal = RealKubernetes.class.getResourceAsStream("definitions.yaml");
                InputStream shipped = Files.newInputStream(SHIPPED)) {
            kubernetes.load(minimal).items().forEach(item -> wanted.add((CustomResourceDefinition) item));
            kubernetes.load(shipped).items().forEach(item -> wanted.add((CustomResourceDefinition) item));
        }
        var api = kubernetes.apiextensions().v1().customResourceDefinitions();
        List<String> there = new ArrayList<>();
        for (CustomResourceDefinition definition : wanted) {
            CustomResourceDefinition present =
                    api.withName(definition.getMetadata().getName()).get();
            if (present != null) {
                Map<String, String> labels = present.getMetadata().getLabels();
                there.add(definition.getMetadata().getName()
                        + (labels != null && labels.containsKey(LABEL) ? " (left by a test that was killed)" : ""));
            }
        }
        if (!there.isEmpty()) {
            throw new RefusedException(config.getMasterUrl() + " is left alone, since it has " + there
                    + "; what a test left is removed by: kubectl delete crd,namespace -l " + LABEL);
        }
        for (CustomResourceDefinition definition : wanted) {
            definition.getMetadata().setLabels(Map.of(LABEL, test));
            definitions.add(api.resource(definition).create());
        }
        for (CustomResourceDefinition definition : definitions) {
            api.resource(definition)
                    .waitUntilCondition(RealKubernetes::isEstablished, PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        URI url = URI.create(config.getMasterUrl());
        if (InetAddress.getByName(url.getHost()).isLoopbackAddress()) {
            proxy = new Proxy();
            proxy.target(url.getPort());
        }
    }

    private static boolean isEstablished(CustomResourceDefinition definition) {
        return definition.getStatus() != null
                && definition.getStatus().getConditions().stream()
                        .anyMatch(condition -> condition.getType().equals("Established")
                                && condition.getStatus().equals("True"));
    }

    /** As the process itself makes one; through a network that can be cut if the server is on this machine. */
    @Override
    public KubernetesClient client() {
        if (proxy == null) {
            return Kubernetes.client(config);
        }
        URI url = URI.create(config.getMasterUrl());
        return Kubernetes.client(new ConfigBuilder(config)
                .withMasterUrl(url.getScheme() + "://" + url.getHost() + ":" + proxy.port() + "/")
                .build());
    }

    /** For objects that are no part of the fixture. */
    KubernetesClient administrator() {
        return kubernetes;
    }

    @Override
    public void put(Map<?, ?> document) {
        Map<String, Object> ours = ours(document);
        GenericKubernetesResource wanted =
                kubernetes.getKubernetesSerialization().unmarshal(Fixture.json(ours), GenericKubernetesResource.class);
        Kind kind = Kind.of(document);
        String namespace = wanted.getMetadata().getNamespace();
        if (namespace != null && namespaces.add(namespace)) {
            kubernetes
                    .namespaces()
                    .resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .addToLabels(LABEL, test)
                            .endMetadata()
                            .build())
                    .create();
        }
        var all = kubernetes.genericKubernetesResources(kind.apiVersion, kind.name);
        GenericKubernetesResource made = namespace == null
                ? all.resource(wanted).createOr(NonDeletingOperation::update)
                : all.inNamespace(namespace).resource(wanted).createOr(NonDeletingOperation::update);
        kinds.add(kind);
        objects.put(key(kind, made), document);
        if (kind.name.equals("Service")) {
            List<?> chosen = list(made.get("spec", "clusterIPs"));
            Map<?, ?> spec = (Map<?, ?>) document.get("spec");
            Object first = spec.get("clusterIP");
            List<?> fixture = list(spec.get("clusterIPs"));
            if (fixture.isEmpty() && first != null) {
                fixture = List.of(first);
            }
            for (int i = 0; i < fixture.size(); i++) {
                addresses.put(quoted(chosen.get(i)), quoted(fixture.get(i)).toLowerCase(Locale.ROOT));
            }
        } else if (kind.name.equals("ServiceExport")) {
            times.put(
                    made.getMetadata().getNamespace() + "/" + made.getMetadata().getName(),
                    List.of(
                            quoted(made.getMetadata().getCreationTimestamp()),
                            quoted(((Map<?, ?>) document.get("metadata")).get("creationTimestamp"))));
        }
    }

    private static String quoted(Object text) {
        return "\"" + text + "\"";
    }

    private static List<?> list(Object value) {
        return value == null ? List.of() : (List<?>) value;
    }

    private static String key(Kind kind, GenericKubernetesResource object) {
        return kind.name + " " + object.getMetadata().getNamespace() + "/"
                + object.getMetadata().getName();
    }

    /** In a namespace of the test, and without what the server has to choose. */
    private Map<String, Object> ours(Map<?, ?> document) {
        Map<String, Object> ours = copy(document);
        Map<String, Object> metadata = copy(document.get("metadata"));
        metadata.computeIfPresent("namespace", (field, name) -> prefix + name);
        metadata.remove("uid");
        metadata.remove("creationTimestamp");
        ours.put("metadata", metadata);
        ours.computeIfPresent("namespace", (field, name) -> prefix + name);
        if (document.get("kind").equals("Service")) {
            Map<String, Object> spec = copy(document.get("spec"));
            if (!"None".equals(spec.get("clusterIP"))) {
                spec.remove("clusterIP");
                if (list(spec.remove("clusterIPs")).size() > 1) {
                    spec.put("ipFamilyPolicy", "RequireDualStack");
                }
            }
            List<Object> ports = new ArrayList<>();
            for (Object port : list(spec.get("ports"))) {
                Map<String, Object> chosen = copy(port);
                chosen.remove("nodePort");
                ports.add(chosen);
            }
            spec.put("ports", ports);
            ours.put("spec", spec);
        }
        return ours;
    }

    private static Map<String, Object> copy(Object map) {
        Map<String, Object> copy = new LinkedHashMap<>();
        ((Map<?, ?>) map).forEach((key, value) -> copy.put((String) key, value));
        return copy;
    }

    @Override
    public void delete(Map<?, ?> document) {
        Kind kind = Kind.of(document);
        GenericKubernetesResource object = kubernetes
                .getKubernetesSerialization()
                .unmarshal(Fixture.json(ours(document)), GenericKubernetesResource.class);
        var all = kubernetes.genericKubernetesResources(kind.apiVersion, kind.name);
        if (object.getMetadata().getNamespace() == null) {
            all.resource(object).delete();
        } else {
            all.inNamespace(object.getMetadata().getNamespace())
                    .resource(object)
                    .delete();
        }
        objects.remove(key(kind, object));
    }

    @Override
    public List<Map<?, ?>> takenThoughOdd() {
        return List.of();
    }

    @Override
    public Map<String, String> asPut(Map<String, String> keys) {
        Map<String, String> asPut = new TreeMap<>();
        keys.forEach((key, value) -> {
            boolean service = key.startsWith("cilium/state/services/");
            boolean export = key.startsWith("cilium/state/serviceexports/");
            if ((service || export) && !key.contains("/" + prefix)) {
                return;
            }
            String told = value;
            if (service) {
                for (Map.Entry<String, String> address : addresses.entrySet()) {
                    told = told.replace(address.getKey(), address.getValue());
                }
            } else if (export) {
                List<String> time = times.get(key.substring(key.indexOf(prefix)));
                told = told.replace(time.get(0), time.get(1));
            }
            asPut.put(key.replace(prefix, ""), told.replace(prefix, ""));
        });
        return asPut;
    }

    @Override
    public void interrupt(Runnable meanwhile) {
        assumeTrue(proxy != null, "left out: connections to " + config.getMasterUrl() + " cannot be cut");
        var endpoints = kubernetes
                .genericKubernetesResources("cilium.io/v2", "CiliumEndpoint")
                .inAnyNamespace();
        String version = endpoints.list().getMetadata().getResourceVersion();
        proxy.cut();
        meanwhile.run();
        if (COMPACTS) {
            ListOptions then = new ListOptionsBuilder()
                    .withResourceVersion(version)
                    .withResourceVersionMatch("Exact")
                    .build();
            await().atMost(PATIENCE).until(() -> {
                try {
                    endpoints.list(then);
                    return false;
                } catch (KubernetesClientException e) {
                    return e.getCode() == HttpURLConnection.HTTP_GONE;
                }
            });
        }
        proxy.mend();
    }

    /** Lists come from the API server's cache, which follows its store. */
    @Override
    public void settle() {
        for (Kind kind : kinds) {
            await().atMost(PATIENCE).until(() -> {
                Set<String> listed = new TreeSet<>();
                kubernetes
                        .genericKubernetesResources(kind.apiVersion, kind.name)
                        .inAnyNamespace()
                        .list(new ListOptionsBuilder().withResourceVersion("0").build())
                        .getItems()
                        .forEach(object -> listed.add(key(kind, object)));
                if (kind.name.equals("Service") || kind.name.equals("EndpointSlice")) {
                    listed.removeIf(key -> !key.contains(" " + prefix));
                }
                Set<String> wanted = new TreeSet<>(objects.keySet());
                wanted.removeIf(key -> !key.startsWith(kind.name + " "));
                return listed.equals(wanted);
            });
        }
    }

    /** Removes the objects of one test. */
    @Override
    public void close() {
        if (proxy != null) {
            proxy.mend();
        }
        List.copyOf(objects.values()).forEach(this::delete);
        addresses.clear();
        times.clear();
    }

    /** Removes everything. */
    void remove() {
        try (kubernetes) {
            close();
            var api = kubernetes.apiextensions().v1().customResourceDefinitions();
            for (CustomResourceDefinition definition : definitions) {
                api.withName(definition.getMetadata().getName()).delete();
            }
            await().atMost(PATIENCE)
                    .until(() -> definitions.stream()
                            .allMatch(definition ->
                                    api.withName(definition.getMetadata().getName())
                                                    .get()
                                            == null));
            namespaces.forEach(this::removeNamespace);
        } finally {
            if (proxy != null) {
                proxy.close();
            }
        }
    }

    /** An API server alone leaves a namespace that is deleted to a controller manager, which puts its mark into each. */
    private void removeNamespace(String name) {
        var namespace = kubernetes.namespaces().withName(name);
        boolean isControlled = kubernetes
                        .configMaps()
                        .inNamespace(name)
                        .withName("kube-root-ca.crt")
                        .get()
                != null;
        namespace.delete();
        Namespace emptied = namespace.get();
        if (emptied != null && !isControlled) {
            emptied.getSpec().setFinalizers(List.of());
            kubernetes.raw("/api/v1/namespaces/" + name + "/finalize", "PUT", Fixture.json(emptied));
        }
        await().atMost(PATIENCE).until(() -> namespace.get() == null);
    }
}
