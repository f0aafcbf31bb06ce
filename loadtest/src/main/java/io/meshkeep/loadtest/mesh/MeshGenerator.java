package io.meshkeep.loadtest.mesh;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Makes the keys of a mesh in the bytes that Cilium 1.16 to 1.18 writes: the values are what Go's JSON encoder makes of
 * Cilium's structures, fields in their order, labels sorted. The first cluster can be the store's own, with keys under
 * {@code cilium/state/}; the others are copies under {@code cilium/cache/}. Deterministic: the same shape and seed give
 * the same keys and the same changes. For one thread.
 */
public final class MeshGenerator {
    private static final int NAMESPACES = 20;
    private static final int APPS = 50;
    private static final String[] ENVIRONMENTS = {"prod", "stage", "dev"};

    private final MeshShape shape;
    private final SplittableRandom random;
    private final List<Cluster> clusters = new ArrayList<>();

    /** What is live in a cluster: for each thing the number that it is made from. */
    private static final class Cluster {
        final int id;
        final String name;
        final boolean own;
        final List<Integer> nodes = new ArrayList<>();
        final List<Integer> identities = new ArrayList<>();
        final List<Integer> endpoints = new ArrayList<>();
        int nextNode;
        int nextIdentity;
        int nextEndpoint;

        Cluster(int id, boolean own) {
            this.id = id;
            this.own = own;
            this.name = String.format(Locale.ROOT, "cluster-%03d", id);
        }

        String key(String kind, String stateForm, String cacheForm) {
            return own ? "cilium/state/" + kind + "/v1/" + stateForm : "cilium/cache/" + kind + "/v1/" + cacheForm;
        }
    }

    /** @param ownCluster whether the first cluster is the store's own */
    public MeshGenerator(MeshShape shape, long seed, boolean ownCluster) {
        this.shape = shape;
        this.random = new SplittableRandom(seed);
        for (int i = 1; i <= shape.clusters(); i++) {
            clusters.add(new Cluster(i, ownCluster && i == 1));
        }
    }

    /** The names of the clusters. */
    public List<String> clusterNames() {
        return clusters.stream().map(cluster -> cluster.name).toList();
    }

    /** The prefixes that are deleted when a cluster leaves the mesh. */
    public static List<String> cachePrefixes(String cluster) {
        return List.of("nodes", "services", "serviceexports", "identities", "ip").stream()
                .map(kind -> "cilium/cache/" + kind + "/v1/" + cluster + "/")
                .toList();
    }

    /** Makes all keys of the mesh, cluster by cluster. */
    public void fill(Consumer<MeshChange> target) {
        for (Cluster cluster : clusters) {
            for (int i = 0; i < shape.nodes(); i++) {
                target.accept(addNode(cluster));
            }
            for (int i = 0; i < shape.identities(); i++) {
                target.accept(addIdentity(cluster));
            }
            for (int i = 0; i < shape.endpoints(); i++) {
                target.accept(addEndpoint(cluster));
            }
            for (int i = 0; i < shape.services(); i++) {
                target.accept(service(cluster, i));
                if (i % 2 == 0) {
                    target.accept(serviceExport(cluster, i));
                }
            }
        }
    }

    /**
     * The next change of a mesh that was {@linkplain #fill filled}. Of 13 changes about 10 are of endpoints, 2 of
     * identities and 1 of nodes, as in the nightly test; what is removed is added again, so the size stays.
     */
    public MeshChange churn() {
        Cluster cluster = clusters.get(random.nextInt(clusters.size()));
        int kind = random.nextInt(13);
        if (kind == 0) {
            return cluster.nodes.size() >= shape.nodes() && shape.nodes() > 1
                    ? new MeshChange(nodeKey(cluster, take(cluster.nodes)), null)
                    : addNode(cluster);
        }
        if (kind <= 2) {
            return cluster.identities.size() >= shape.identities() && shape.identities() > 1
                    ? new MeshChange(identityKey(cluster, take(cluster.identities)), null)
                    : addIdentity(cluster);
        }
        if (kind == 3 && !cluster.endpoints.isEmpty()) {
            // an address that goes to another pod
            return endpoint(cluster, cluster.endpoints.get(random.nextInt(cluster.endpoints.size())));
        }
        if (kind == 4 && shape.services() > 0) {
            return service(cluster, random.nextInt(shape.services()));
        }
        return cluster.endpoints.size() >= shape.endpoints() && !cluster.endpoints.isEmpty()
                ? new MeshChange(endpointKey(cluster, take(cluster.endpoints)), null)
                : addEndpoint(cluster);
    }

    private int take(List<Integer> live) {
        int index = random.nextInt(live.size());
        int taken = live.get(index);
        live.set(index, live.get(live.size() - 1));
        live.remove(live.size() - 1);
        return taken;
    }

    // ---- nodes

    private static String nodeKey(Cluster cluster, int node) {
        String name = cluster.name + "/node-" + node;
        return cluster.key("nodes", name, name);
    }

    private static String hostIp(Cluster cluster, int node) {
        return (172 + cluster.id / 256) + "." + cluster.id % 256 + "." + node / 250 + "." + (node % 250 + 1);
    }

    private MeshChange addNode(Cluster cluster) {
        int node = cluster.nextNode++ % 60_000;
        cluster.nodes.add(node);
        String value = "{\"Name\":\"node-" + node + "\",\"Cluster\":\"" + cluster.name
                + "\",\"IPAddresses\":[{\"Type\":\"InternalIP\",\"IP\":\"" + hostIp(cluster, node)
                + "\"},{\"Type\":\"CiliumInternalIP\",\"IP\":\"" + "10." + cluster.id % 256 + "." + node % 256
                + ".1\"}],\"IPv4AllocCIDR\":{\"IP\":\"10." + cluster.id % 256 + "." + node % 256
                + ".0\",\"Mask\":\"////AA==\"},\"IPv4SecondaryAllocCIDRs\":null,\"IPv6AllocCIDR\":null,"
                + "\"IPv6SecondaryAllocCIDRs\":null,\"IPv4HealthIP\":\"\",\"IPv6HealthIP\":\"\",\"IPv4IngressIP\":\"\","
                + "\"IPv6IngressIP\":\"\",\"ClusterID\":" + cluster.id
                + ",\"Source\":\"custom-resource\",\"EncryptionKey\":0,\"Labels\":{\"kubernetes.io/arch\":\"amd64\","
                + "\"kubernetes.io/hostname\":\"node-" + node + "\",\"kubernetes.io/os\":\"linux\"},"
                + "\"Annotations\":null,\"NodeIdentity\":0,\"WireguardPubKey\":\"\",\"BootID\":\"\"}";
        return new MeshChange(nodeKey(cluster, node), value);
    }

    // ---- identities

    /** As Cilium numbers them: the cluster in the high bits. */
    private static long number(Cluster cluster, int identity) {
        return ((long) cluster.id << 16) + 256 + identity;
    }

    private static String identityKey(Cluster cluster, int identity) {
        String number = "id/" + number(cluster, identity);
        return cluster.key("identities", number, cluster.name + "/" + number);
    }

    private MeshChange addIdentity(Cluster cluster) {
        int identity = cluster.nextIdentity++ % 32_000;
        cluster.identities.add(identity);
        String namespace = "ns-" + identity % NAMESPACES;
        String value = "k8s:app=app-" + identity % APPS + ";k8s:env=" + ENVIRONMENTS[identity % ENVIRONMENTS.length]
                + ";k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name=" + namespace
                + ";k8s:io.cilium.k8s.policy.cluster=" + cluster.name
                + ";k8s:io.cilium.k8s.policy.serviceaccount=default;k8s:io.kubernetes.pod.namespace=" + namespace
                + ";k8s:tier=tier-" + identity + ";";
        return new MeshChange(identityKey(cluster, identity), value);
    }

    // ---- endpoints

    private static String ip(Cluster cluster, int endpoint) {
        if (endpoint % 16 == 15) {
            return "fd00:" + Integer.toHexString(cluster.id) + "::" + Integer.toHexString(endpoint + 1);
        }
        return (10 + cluster.id / 256) + "." + cluster.id % 256 + "." + endpoint / 256 + "." + endpoint % 256;
    }

    private static String endpointKey(Cluster cluster, int endpoint) {
        String ip = ip(cluster, endpoint);
        return cluster.key("ip", "default/" + ip, cluster.name + "/" + ip);
    }

    private MeshChange addEndpoint(Cluster cluster) {
        int endpoint = cluster.nextEndpoint++ % 65_000;
        cluster.endpoints.add(endpoint);
        return endpoint(cluster, endpoint);
    }

    private MeshChange endpoint(Cluster cluster, int endpoint) {
        int identity =
                cluster.identities.isEmpty() ? 0 : cluster.identities.get(random.nextInt(cluster.identities.size()));
        int node = cluster.nodes.isEmpty() ? 0 : cluster.nodes.get(random.nextInt(cluster.nodes.size()));
        String value = "{\"IP\":\"" + ip(cluster, endpoint) + "\",\"Mask\":null,\"HostIP\":\"" + hostIp(cluster, node)
                + "\",\"ID\":" + number(cluster, identity) + ",\"Key\":0,\"Metadata\":\"\",\"K8sNamespace\":\"ns-"
                + identity % NAMESPACES + "\",\"K8sPodName\":\"app-" + identity % APPS + "-"
                + Integer.toHexString(0x10000000 | random.nextInt(0x10000000)) + "\"}";
        return new MeshChange(endpointKey(cluster, endpoint), value);
    }

    // ---- services

    private MeshChange service(Cluster cluster, int service) {
        String namespace = "ns-" + service % NAMESPACES;
        StringBuilder backends = new StringBuilder();
        for (int i = random.nextInt(6); i >= 0; i--) {
            backends.append(backends.length() == 0 ? "" : ",")
                    .append('"')
                    .append(ip(cluster, 16 * random.nextInt(1000) + i))
                    .append("\":{\"http\":{\"Protocol\":\"TCP\",\"Port\":8080}}");
        }
        String name = cluster.name + "/" + namespace + "/app-" + service;
        String value = "{\"cluster\":\"" + cluster.name + "\",\"namespace\":\"" + namespace + "\",\"name\":\"app-"
                + service + "\",\"frontends\":{\"10.200." + service / 256 + "." + service % 256
                + "\":{\"http\":{\"Protocol\":\"TCP\",\"Port\":80}}},\"backends\":{" + backends
                + "},\"hostnames\":{},\"labels\":{},\"selector\":{\"app\":\"app-" + service
                + "\"},\"includeExternal\":true,\"shared\":true,\"clusterID\":" + cluster.id + "}";
        return new MeshChange(cluster.key("services", name, name), value);
    }

    private static MeshChange serviceExport(Cluster cluster, int service) {
        String namespace = "ns-" + service % NAMESPACES;
        String name = cluster.name + "/" + namespace + "/app-" + service;
        String value = "{\"cluster\":\"" + cluster.name + "\",\"name\":\"app-" + service + "\",\"namespace\":\""
                + namespace + "\",\"exportCreationTimestamp\":\"2026-01-01T00:00:00Z\",\"ports\":[{\"name\":\"http\","
                + "\"protocol\":\"TCP\",\"port\":80}],\"type\":\"ClusterSetIP\",\"sessionAffinity\":\"None\"}";
        return new MeshChange(cluster.key("serviceexports", name, name), value);
    }
}
