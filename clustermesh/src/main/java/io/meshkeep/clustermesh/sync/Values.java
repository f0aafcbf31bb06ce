package io.meshkeep.clustermesh.sync;

import com.google.protobuf.ByteString;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The values that Cilium writes, field by field in its order: {@code IPIdentityPair} of {@code pkg/identity},
 * {@code Node} of {@code pkg/node/types}, {@code ClusterService} of {@code pkg/service/store}, {@code MCSAPIServiceSpec} of
 * {@code pkg/clustermesh/mcsapi/types} and {@code CiliumClusterConfig} of {@code pkg/clustermesh/types}, of Cilium 1.16
 * to 1.18.
 */
final class Values {
    private static final String WIREGUARD_KEY = "network.cilium.io/wg-pub-key";
    private static final String OLD_WIREGUARD_KEY = "io.cilium.network.wg-pub-key";

    private Values() {}

    /** What a cluster tells of itself under {@code cilium/cluster-config/<cluster>}. */
    static ByteString clusterConfig(Cluster cluster) {
        GoJson json = new GoJson().open();
        if (cluster.id() != 0) {
            json.name("id").value(cluster.id());
        }
        json.name("capabilities").open().name("syncedCanaries").value(true);
        if (cluster.maxConnectedClusters() != 0) {
            json.name("maxConnectedClusters").value(cluster.maxConnectedClusters());
        }
        cluster.serviceExportsEnabled()
                .ifPresent(enabled -> json.name("serviceExportsEnabled").value(enabled));
        return json.close().close().bytes();
    }

    // --- Identities --------------------------------------------------------------------------------------------------

    private record Label(String source, String key, String value) {}

    /** Labels in the order of their keys, each ended by a semicolon. */
    static ByteString identity(Map<String, String> securityLabels) {
        List<Label> labels = new ArrayList<>();
        securityLabels.forEach((name, value) -> labels.add(label(name, value == null ? "" : value)));
        labels.sort(Comparator.comparing(Label::key).thenComparing(Label::source));
        StringBuilder text = new StringBuilder();
        for (Label label : labels) {
            text.append(label.source)
                    .append(':')
                    .append(label.key)
                    .append('=')
                    .append(label.value)
                    .append(';');
        }
        return ByteString.copyFromUtf8(text.toString());
    }

    private static Label label(String name, String value) {
        String source = "";
        String key = name;
        int colon = name.indexOf(':');
        if (name.startsWith("$")) {
            source = "reserved";
            key = name.substring(1);
        } else if (colon >= 0) {
            source = name.substring(0, colon);
            key = name.substring(colon + 1);
        } else if (name.startsWith("reserved.")) {
            source = "reserved";
            key = name.substring("reserved.".length());
        }
        if (source.equals("reserved") && key.isEmpty()) {
            return new Label(source, value, "");
        }
        return new Label(source.isEmpty() ? "unspec" : source, key, value);
    }

    // --- Endpoints ---------------------------------------------------------------------------------------------------

    /**
     * @param ip canonical
     * @param node the node's address; null or not an address if it is not known
     */
    static ByteString endpoint(String ip, String node, long identity, long key, String namespace, String pod) {
        GoJson json = new GoJson()
                .open()
                .name("IP")
                .value(ip)
                .name("Mask")
                .nothing()
                .name("HostIP")
                .value(Ip.canonical(node))
                .name("ID")
                .value(identity & 0xffff_ffffL)
                .name("Key")
                .value(key & 0xff)
                .name("Metadata")
                .value("");
        optional(json, "K8sNamespace", namespace);
        optional(json, "K8sPodName", pod);
        return json.close().bytes();
    }

    private static void optional(GoJson json, String name, String value) {
        if (value != null && !value.isEmpty()) {
            json.name(name).value(value);
        }
    }

    // --- Nodes -------------------------------------------------------------------------------------------------------

    static ByteString node(CiliumNode node, Cluster cluster) {
        CiliumNode.Spec spec =
                node.spec == null ? new CiliumNode.Spec(null, null, null, null, null, 0, null) : node.spec;
        List<Ip.Network> v4 = new ArrayList<>();
        List<Ip.Network> v6 = new ArrayList<>();
        for (Ip.Network network : podNetworks(spec.ipam())) {
            (network.v6() ? v6 : v4).add(network);
        }
        Map<String, String> annotations = orNull(node.getMetadata().getAnnotations());
        GoJson json = new GoJson()
                .open()
                .name("Name")
                .value(node.getMetadata().getName())
                .name("Cluster")
                .value(cluster.name());
        addresses(json.name("IPAddresses"), spec.addresses());
        networks(json, "IPv4", v4);
        networks(json, "IPv6", v6);
        pair(json, "HealthIP", spec.health());
        pair(json, "IngressIP", spec.ingress());
        json.name("ClusterID")
                .value(cluster.id())
                .name("Source")
                .value("custom-resource")
                .name("EncryptionKey")
                .value(spec.encryption() == null ? 0 : spec.encryption().key() & 0xff)
                .name("Labels")
                .value(orNull(node.getMetadata().getLabels()))
                .name("Annotations")
                .value(annotations)
                .name("NodeIdentity")
                .value(spec.nodeidentity() & 0xffff_ffffL)
                .name("WireguardPubKey")
                .value(wireguardKey(annotations))
                .name("BootID")
                .value(spec.bootid());
        return json.close().bytes();
    }

    private static List<Ip.Network> podNetworks(CiliumNode.Ipam ipam) {
        List<String> texts = new ArrayList<>();
        if (ipam != null) {
            addAll(texts, ipam.podCIDRs());
            if (ipam.pools() != null && ipam.pools().allocated() != null) {
                ipam.pools().allocated().forEach(pool -> addAll(texts, pool.cidrs()));
            }
        }
        return texts.stream()
                .map(Ip::network)
                .filter(network -> network != null)
                .toList();
    }

    private static void addAll(List<String> texts, List<String> more) {
        if (more != null) {
            texts.addAll(more);
        }
    }

    private static void addresses(GoJson json, List<CiliumNode.Address> addresses) {
        List<CiliumNode.Address> good = addresses == null
                ? List.of()
                : addresses.stream()
                        .filter(address -> Ip.canonical(address.ip()) != null)
                        .toList();
        if (good.isEmpty()) {
            json.nothing();
            return;
        }
        json.openList();
        for (CiliumNode.Address address : good) {
            json.open()
                    .name("Type")
                    .value(address.type())
                    .name("IP")
                    .value(Ip.canonical(address.ip()))
                    .close();
        }
        json.closeList();
    }

    /** The first is the pool, the others are secondary. */
    private static void networks(GoJson json, String family, List<Ip.Network> networks) {
        json.name(family + "AllocCIDR");
        if (networks.isEmpty()) {
            json.nothing();
        } else {
            network(json, networks.get(0));
        }
        json.name(family + "SecondaryAllocCIDRs");
        if (networks.size() < 2) {
            json.nothing();
        } else {
            json.openList();
            networks.subList(1, networks.size()).forEach(network -> network(json, network));
            json.closeList();
        }
    }

    private static void network(GoJson json, Ip.Network network) {
        json.open()
                .name("IP")
                .value(network.ip())
                .name("Mask")
                .value(network.mask())
                .close();
    }

    private static void pair(GoJson json, String name, CiliumNode.AddressPair pair) {
        json.name("IPv4" + name).value(pair == null ? "" : Ip.canonical(pair.ipv4()));
        json.name("IPv6" + name).value(pair == null ? "" : Ip.canonical(pair.ipv6()));
    }

    private static String wireguardKey(Map<String, String> annotations) {
        if (annotations == null) {
            return "";
        }
        return annotations.getOrDefault(WIREGUARD_KEY, annotations.get(OLD_WIREGUARD_KEY));
    }

    /** Kubernetes leaves out maps that are empty, and Go has nil for them. */
    private static Map<String, String> orNull(Map<String, String> map) {
        return map == null || map.isEmpty() ? null : map;
    }

    // --- Services ----------------------------------------------------------------------------------------------------

    static ByteString service(ServiceView service, Map<String, Backends.Backend> backends, Cluster cluster) {
        GoJson json = new GoJson()
                .open()
                .name("cluster")
                .value(cluster.name())
                .name("namespace")
                .value(service.namespace())
                .name("name")
                .value(service.name());
        json.name("frontends").open();
        for (String ip : service.frontends()) {
            ports(json.name(ip), service.ports());
        }
        json.close().name("backends").open();
        GoJson.inOrder(backends).forEach((ip, backend) -> ports(json.name(ip), backend.ports()));
        json.close().name("hostnames").open();
        GoJson.inOrder(backends).forEach((ip, backend) -> optional(json, ip, backend.hostname()));
        return json.close()
                .name("labels")
                .value(service.labels())
                .name("selector")
                .value(service.selector())
                .name("includeExternal")
                .value(service.global())
                .name("shared")
                .value(service.shared())
                .name("clusterID")
                .value(cluster.id())
                .close()
                .bytes();
    }

    private static void ports(GoJson json, Map<String, Backends.Port> ports) {
        json.open();
        GoJson.inOrder(ports)
                .forEach((name, port) -> json.name(name)
                        .open()
                        .name("Protocol")
                        .value(port.protocol())
                        .name("Port")
                        .value(port.number())
                        .close());
        json.close();
    }

    // --- Service exports ---------------------------------------------------------------------------------------------

    static ByteString export(Service service, ServiceExport export, Cluster cluster) {
        boolean headless = "None".equals(service.getSpec().getClusterIP());
        GoJson json = new GoJson()
                .open()
                .name("cluster")
                .value(cluster.name())
                .name("name")
                .value(service.getMetadata().getName())
                .name("namespace")
                .value(service.getMetadata().getNamespace())
                .name("exportCreationTimestamp");
        String created = export.getMetadata().getCreationTimestamp();
        if (created == null) {
            json.nothing();
        } else {
            json.value(created);
        }
        json.name("ports").openList();
        for (ServicePort port : service.getSpec().getPorts()) {
            json.open();
            optional(json, "name", port.getName());
            optional(json, "protocol", port.getProtocol());
            optional(json, "appProtocol", port.getAppProtocol());
            json.name("port").value(port.getPort() == null ? 0 : port.getPort()).close();
        }
        json.closeList()
                .name("type")
                .value(headless ? "Headless" : "ClusterSetIP")
                .name("sessionAffinity")
                .value(service.getSpec().getSessionAffinity());
        var affinity = service.getSpec().getSessionAffinityConfig();
        if (affinity != null
                && affinity.getClientIP() != null
                && affinity.getClientIP().getTimeoutSeconds() != null) {
            json.name("sessionAffinityConfig")
                    .open()
                    .name("clientIP")
                    .open()
                    .name("timeoutSeconds")
                    .value(affinity.getClientIP().getTimeoutSeconds())
                    .close()
                    .close();
        }
        return json.close().bytes();
    }
}
