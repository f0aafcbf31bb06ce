package io.meshkeep.clustermesh.vm;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeAddress;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How machines outside reach clustermesh-apiserver: what Kubernetes knows about it. */
final class AccessInformation {
    static final String SERVICE = "clustermesh-apiserver";

    private static final String CONFIG = "cilium-config";

    /** An agent tries one address after the other, and each dead one costs it seconds. */
    private static final int MAX_NODES = 5;

    private final KubernetesClient kubernetes;
    private final String namespace;

    AccessInformation(KubernetesClient kubernetes, String namespace) {
        this.kubernetes = kubernetes;
        this.namespace = namespace;
    }

    /** The Service in front of clustermesh-apiserver. */
    Service service() throws CommandException {
        Service service =
                kubernetes.services().inNamespace(namespace).withName(SERVICE).get();
        if (service == null) {
            throw CommandException.failed("there is no Service " + SERVICE + " in namespace " + namespace
                    + "; is external workload support enabled?");
        }
        return service;
    }

    /** The addresses at which it is reached, as {@code IP:port} or {@code [IPv6]:port}; none if there is none yet. */
    List<String> addresses(Service service) throws CommandException {
        if (service.getSpec().getPorts().isEmpty()) {
            throw CommandException.failed("Service " + SERVICE + " has no port");
        }
        var port = service.getSpec().getPorts().get(0);
        Set<String> ips = new LinkedHashSet<>();
        int number = port.getPort();
        switch (String.valueOf(service.getSpec().getType())) {
            case "LoadBalancer" -> {
                for (LoadBalancerIngress ingress : ingress(service)) {
                    ips.addAll(ingress.getIp() != null ? List.of(ingress.getIp()) : resolve(ingress.getHostname()));
                }
            }
            case "NodePort" -> {
                if (port.getNodePort() == null) {
                    throw CommandException.failed("Service " + SERVICE + " has no node port");
                }
                number = port.getNodePort();
                for (Node node : nodes()) {
                    nodeIp(node).ifPresent(ips::add);
                }
            }
            default ->
                Optional.ofNullable(service.getSpec().getClusterIP())
                        .filter(ip -> !ip.equals("None") && !ip.isEmpty())
                        .ifPresent(ips::add);
        }
        int common = number;
        return ips.stream()
                .map(ip -> (ip.indexOf(':') >= 0 ? "[" + ip + "]" : ip) + ":" + common)
                .toList();
    }

    private static List<LoadBalancerIngress> ingress(Service service) {
        return service.getStatus() == null || service.getStatus().getLoadBalancer() == null
                ? List.of()
                : service.getStatus().getLoadBalancer().getIngress();
    }

    private static List<String> resolve(String host) throws CommandException {
        try {
            List<String> ips = new ArrayList<>();
            for (InetAddress address : InetAddress.getAllByName(host)) {
                ips.add(address.getHostAddress());
            }
            return ips;
        } catch (UnknownHostException e) {
            throw CommandException.failed("the load balancer's name " + host + " cannot be resolved", e);
        }
    }

    /** Several, so that the loss of one does not cut machines off; those that are ready first. */
    private List<Node> nodes() {
        List<Node> ready = new ArrayList<>();
        List<Node> others = new ArrayList<>();
        for (Node node : kubernetes.nodes().list().getItems()) {
            (isReady(node) ? ready : others).add(node);
        }
        List<Node> chosen = ready.isEmpty() ? others : ready;
        return chosen.subList(0, Math.min(MAX_NODES, chosen.size()));
    }

    private static boolean isReady(Node node) {
        for (NodeCondition condition : node.getStatus() == null
                ? List.<NodeCondition>of()
                : node.getStatus().getConditions()) {
            if (condition.getType().equals("Ready")) {
                return condition.getStatus().equals("True");
            }
        }
        return false;
    }

    private static Optional<String> nodeIp(Node node) {
        String internal = null;
        for (NodeAddress address : node.getStatus() == null
                ? List.<NodeAddress>of()
                : node.getStatus().getAddresses()) {
            if (address.getType().equals("ExternalIP")) {
                return Optional.of(address.getAddress());
            }
            if (address.getType().equals("InternalIP") && internal == null) {
                internal = address.getAddress();
            }
        }
        return Optional.ofNullable(internal);
    }

    /** The pods behind the Service. */
    List<Pod> pods() {
        return kubernetes
                .pods()
                .inNamespace(namespace)
                .withLabel("k8s-app", SERVICE)
                .list()
                .getItems();
    }

    /** Cilium's configuration of the cluster. */
    Map<String, String> config() throws CommandException {
        ConfigMap config =
                kubernetes.configMaps().inNamespace(namespace).withName(CONFIG).get();
        if (config == null) {
            throw CommandException.failed(
                    "there is no ConfigMap " + CONFIG + " in namespace " + namespace + "; is Cilium installed there?");
        }
        return config.getData() == null ? Map.of() : config.getData();
    }

    /** The certificates of external workloads, in PEM. */
    record Credentials(String ca, String certificate, String key) {}

    Credentials credentials() throws CommandException {
        Secret client = null;
        // Old versions of Cilium's command wrote them with an s.
        for (String name : List.of("clustermesh-apiserver-client-cert", "clustermesh-apiserver-client-certs")) {
            if (client == null) {
                client = kubernetes
                        .secrets()
                        .inNamespace(namespace)
                        .withName(name)
                        .get();
            }
        }
        if (client == null) {
            throw CommandException.failed("there is no Secret clustermesh-apiserver-client-cert in namespace "
                    + namespace + "; is external workload support enabled?");
        }
        Secret authority = kubernetes
                .secrets()
                .inNamespace(namespace)
                .withName("cilium-ca")
                .get();
        Optional<String> ca =
                authority == null ? Optional.empty() : data(authority, "ca.crt").or(() -> data(authority, "tls.crt"));
        return new Credentials(
                ca.isPresent() ? ca.get() : require(client, "ca.crt"),
                require(client, "tls.crt"),
                require(client, "tls.key"));
    }

    private static String require(Secret secret, String key) throws CommandException {
        return data(secret, key)
                .orElseThrow(() ->
                        CommandException.failed("Secret " + secret.getMetadata().getName() + " has no " + key));
    }

    private static Optional<String> data(Secret secret, String key) {
        String encoded = secret.getData() == null ? null : secret.getData().get(key);
        try {
            return Optional.ofNullable(encoded)
                    .map(text -> new String(Base64.getDecoder().decode(text), java.nio.charset.StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }
}
