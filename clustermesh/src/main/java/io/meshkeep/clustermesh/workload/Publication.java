package io.meshkeep.clustermesh.workload;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Writes what the cluster shall know about a VM: its CiliumNode, its CiliumEndpoint and the status of its
 * CiliumExternalWorkload. Used by one thread. Writes nothing that is there already. All methods throw
 * {@link KubernetesClientException} if the API server refuses or cannot be reached; a conflict is one of those, and
 * trying again reads afresh.
 */
final class Publication {
    private static final Logger log = LoggerFactory.getLogger(Publication.class);

    /** As Cilium numbers the endpoint of a VM, which has no other. */
    private static final int ENDPOINT_ID = 1;

    private final KubernetesClient kubernetes;

    Publication(KubernetesClient kubernetes) {
        this.kubernetes = kubernetes;
    }

    /**
     * Publishes a VM.
     *
     * @param vm the VM as it registered, with what the cluster decides already put in
     * @throws RefusedException if the name belongs to something else in the cluster
     */
    void publish(GenericKubernetesResource workload, RegisterNode vm, long identity) throws RefusedException {
        String namespace = ExternalWorkload.of(workload).namespace();
        GenericKubernetesResource node = publishNode(workload, vm, identity, namespace);
        publishEndpoint(namespace, node, vm, identity);
        setStatus(
                vm.name(), identity, vm.nodeIp(false).or(() -> vm.nodeIp(true)).orElse(""));
    }

    private Resource<GenericKubernetesResource> node(String name) {
        return kubernetes.genericKubernetesResources(CiliumResources.NODES).withName(name);
    }

    private Resource<GenericKubernetesResource> endpoint(String namespace, String name) {
        return kubernetes
                .genericKubernetesResources(CiliumResources.ENDPOINTS)
                .inNamespace(namespace)
                .withName(name);
    }

    private GenericKubernetesResource publishNode(
            GenericKubernetesResource workload, RegisterNode vm, long identity, String namespace)
            throws RefusedException {
        GenericKubernetesResource present = node(vm.name()).get();
        GenericKubernetesResource wanted;
        if (present == null) {
            wanted = resource(
                    "CiliumNode", new ObjectMetaBuilder().withName(vm.name()).build());
        } else if (isOfWorkload(present)) {
            wanted = CiliumResources.copy(present);
            withdrawEndpointElsewhere(present, namespace);
        } else {
            throw new RefusedException("a node of the cluster has that name");
        }
        ObjectMeta metadata = wanted.getMetadata();
        metadata.setLabels(new TreeMap<>(vm.labels()));
        if (vm.annotations() != null) {
            Map<String, String> annotations = new TreeMap<>(RegisterNode.orEmpty(metadata.getAnnotations()));
            annotations.putAll(vm.annotations());
            metadata.setAnnotations(annotations);
        }
        metadata.setOwnerReferences(List.of(CiliumResources.ownedBy(workload)));
        wanted.setAdditionalProperty("spec", nodeSpec(vm, identity));
        var nodes = kubernetes.genericKubernetesResources(CiliumResources.NODES);
        if (present == null) {
            log.info("publishing external workload {} with identity {}", vm.name(), identity);
            return nodes.resource(wanted).create();
        }
        return isSame(present, wanted, "spec")
                ? present
                : nodes.resource(wanted).update();
    }

    /** Whether a CiliumNode is that of a VM and not of a machine of the cluster. */
    static boolean isOfWorkload(GenericKubernetesResource node) {
        return CiliumResources.isOwnedBy(
                node,
                CiliumResources.EXTERNAL_WORKLOADS.getKind(),
                node.getMetadata().getName());
    }

    private static boolean isSame(GenericKubernetesResource present, GenericKubernetesResource wanted, String part) {
        ObjectMeta was = present.getMetadata();
        ObjectMeta is = wanted.getMetadata();
        return RegisterNode.orEmpty(was.getLabels()).equals(RegisterNode.orEmpty(is.getLabels()))
                && RegisterNode.orEmpty(was.getAnnotations()).equals(RegisterNode.orEmpty(is.getAnnotations()))
                && was.getOwnerReferences().equals(is.getOwnerReferences())
                && CiliumResources.part(present, part).equals(CiliumResources.part(wanted, part));
    }

    /** The spec as Cilium derives it from a node; what is empty there is left out. */
    private static Map<String, Object> nodeSpec(RegisterNode vm, long identity) {
        Map<String, Object> spec = new LinkedHashMap<>();
        if (!vm.bootId().isEmpty()) {
            spec.put("bootid", vm.bootId());
        }
        spec.put(
                "addresses",
                vm.addresses().stream()
                        .map(address -> Map.of("type", address.type(), "ip", address.ip()))
                        .toList());
        spec.put("health", ips(vm.ipv4HealthIp(), vm.ipv6HealthIp()));
        spec.put("ingress", ips(vm.ipv4IngressIp(), vm.ipv6IngressIp()));
        spec.put("encryption", vm.encryptionKey() == 0 ? Map.of() : Map.of("key", vm.encryptionKey()));
        List<String> ranges = new ArrayList<>();
        if (vm.ipv4AllocCidr() != null) {
            ranges.add(vm.ipv4AllocCidr().toString());
        }
        if (vm.ipv6AllocCidr() != null) {
            ranges.add(vm.ipv6AllocCidr().toString());
        }
        spec.put("ipam", ranges.isEmpty() ? Map.of() : Map.of("podCIDRs", ranges));
        spec.put("nodeidentity", identity);
        return spec;
    }

    private static Map<String, String> ips(String v4, String v6) {
        Map<String, String> ips = new LinkedHashMap<>();
        if (!v4.isEmpty()) {
            ips.put("ipv4", v4);
        }
        if (!v6.isEmpty()) {
            ips.put("ipv6", v6);
        }
        return ips;
    }

    /** After a workload has moved to another namespace its endpoint must not stay in the old one. */
    private void withdrawEndpointElsewhere(GenericKubernetesResource node, String namespace) {
        String before = RegisterNode.orEmpty(node.getMetadata().getLabels()).get(CiliumResources.POD_NAMESPACE);
        if (before != null && !before.equals(namespace)) {
            withdrawEndpoint(before, node.getMetadata().getName());
        }
    }

    private void withdrawEndpoint(String namespace, String name) {
        GenericKubernetesResource present = endpoint(namespace, name).get();
        if (present == null || !CiliumResources.isOwnedBy(present, "CiliumNode", name)) {
            return;
        }
        try {
            endpoint(namespace, name).delete();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
                throw e;
            }
            // Cilium's own role for clustermesh-apiserver lets us change it, not delete it; without addresses it is
            // nobody's.
            patch(namespace, name, List.of(Map.of("op", "remove", "path", "/status/networking")));
        }
    }

    private void publishEndpoint(String namespace, GenericKubernetesResource node, RegisterNode vm, long identity)
            throws RefusedException {
        OwnerReference owner = CiliumResources.ownedBy(node);
        Map<String, Object> status = endpointStatus(vm, identity);
        GenericKubernetesResource present = endpoint(namespace, vm.name()).get();
        if (present == null) {
            GenericKubernetesResource made = resource(
                    "CiliumEndpoint",
                    new ObjectMetaBuilder()
                            .withName(vm.name())
                            .withNamespace(namespace)
                            .withLabels(Map.of("name", vm.name()))
                            .withOwnerReferences(owner)
                            .build());
            made.setAdditionalProperty("status", status);
            present = kubernetes
                    .genericKubernetesResources(CiliumResources.ENDPOINTS)
                    .inNamespace(namespace)
                    .resource(made)
                    .create();
        } else if (!CiliumResources.isOwnedBy(present, "CiliumNode", vm.name())) {
            throw new RefusedException("namespace " + namespace + " has a pod of that name");
        }
        List<Map<String, Object>> changes = new ArrayList<>();
        if (!CiliumResources.part(present, "status").equals(CiliumResources.json(status))) {
            changes.add(Map.of("op", "add", "path", "/status", "value", status));
        }
        if (!present.getMetadata().getOwnerReferences().equals(List.of(owner))) {
            changes.add(Map.of("op", "add", "path", "/metadata/ownerReferences", "value", List.of(owner)));
        }
        if (!changes.isEmpty()) {
            patch(namespace, vm.name(), changes);
        }
    }

    private void patch(String namespace, String name, List<Map<String, Object>> changes) {
        endpoint(namespace, name).patch(PatchContext.of(PatchType.JSON), Serialization.asJson(changes));
    }

    private static Map<String, Object> endpointStatus(RegisterNode vm, long identity) {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("id", ENDPOINT_ID);
        status.put("identity", Map.of("id", identity, "labels", Identities.listed(vm.labels())));
        Map<String, Object> networking = new LinkedHashMap<>();
        networking.put("addressing", pairs(vm.addresses()));
        networking.put("node", vm.nodeIp(false).or(() -> vm.nodeIp(true)).orElse(""));
        status.put("networking", networking);
        status.put("state", "ready");
        return status;
    }

    /** Addresses in pairs of one IPv4 and one IPv6 address, in order, as Cilium pairs them. */
    private static List<Map<String, String>> pairs(List<RegisterNode.Address> addresses) {
        List<Map<String, String>> pairs = new ArrayList<>();
        for (RegisterNode.Address address : addresses) {
            String family = address.isV6() ? "ipv6" : "ipv4";
            if (pairs.isEmpty() || pairs.get(pairs.size() - 1).containsKey(family)) {
                pairs.add(new TreeMap<>());
            }
            pairs.get(pairs.size() - 1).put(family, address.ip());
        }
        return pairs;
    }

    /** Takes the addresses from a VM that is gone, so that another may have them. */
    void withdraw(GenericKubernetesResource node) {
        String name = node.getMetadata().getName();
        String namespace = RegisterNode.orEmpty(node.getMetadata().getLabels()).get(CiliumResources.POD_NAMESPACE);
        if (namespace != null) {
            withdrawEndpoint(namespace, name);
        }
        GenericKubernetesResource present = node(name).get();
        if (present != null
                && !CiliumResources.part(present, "spec").path("addresses").isEmpty()) {
            GenericKubernetesResource without = CiliumResources.copy(present);
            Map<String, Object> spec = Serialization.clone(without.get("spec"));
            spec.remove("addresses");
            without.setAdditionalProperty("spec", spec);
            kubernetes
                    .genericKubernetesResources(CiliumResources.NODES)
                    .resource(without)
                    .update();
        }
    }

    /** Says in the workload's status that the VM is gone; its identity stays there. */
    void setGone(String name) {
        GenericKubernetesResource workload = workload(name);
        if (workload != null && ExternalWorkload.of(workload).statusIp().isPresent()) {
            log.info("external workload {} is gone: its registration has run out", name);
            setStatus(name, ExternalWorkload.of(workload).statusId(), "");
        }
    }

    private GenericKubernetesResource workload(String name) {
        return kubernetes
                .genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS)
                .withName(name)
                .get();
    }

    private void setStatus(String name, long identity, String ip) {
        GenericKubernetesResource present = workload(name);
        if (present == null) {
            return;
        }
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("id", identity);
        if (!ip.isEmpty()) {
            status.put("ip", ip);
        }
        JsonNode wanted = CiliumResources.json(status);
        if (!CiliumResources.part(present, "status").equals(wanted)) {
            GenericKubernetesResource changed = CiliumResources.copy(present);
            changed.setAdditionalProperty("status", status);
            kubernetes
                    .genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS)
                    .resource(changed)
                    .updateStatus();
        }
    }

    private static GenericKubernetesResource resource(String kind, ObjectMeta metadata) {
        GenericKubernetesResource made = new GenericKubernetesResource();
        made.setApiVersion(CiliumResources.API_VERSION);
        made.setKind(kind);
        made.setMetadata(metadata);
        return made;
    }
}
