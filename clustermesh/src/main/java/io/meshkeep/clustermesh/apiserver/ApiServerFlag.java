package io.meshkeep.clustermesh.apiserver;

import java.util.Locale;

/** The flags of {@code meshkeep clustermesh} that are not the store's: those of Cilium's {@code clustermesh}, and ours. */
enum ApiServerFlag {
    CLUSTER_NAME("cluster-name", "default", "Name of the cluster."),
    CLUSTER_ID("cluster-id", "0", "Number of the cluster in its mesh; 0 if it is in none."),
    MAX_CONNECTED_CLUSTERS("max-connected-clusters", "255", "Most clusters of the mesh: 255 or 511."),
    ETCD_CONFIG(
            "etcd-config",
            "",
            "A file that says how an etcd elsewhere is reached. Without it the store is in this process."),
    KVSTORE_OPT(
            "kvstore-opt",
            "",
            "key=value, more than once. etcd.config is --etcd-config; etcd.qps (20), etcd.bootstrapQps (10000) and"
                    + " etcd.maxInflight (512) limit the writes to an etcd elsewhere, 0 for no limit."),
    KVSTORE("kvstore", "etcd", "Only etcd."),
    KVSTORE_LEASE_TTL("kvstore-lease-ttl", "15m", "How long keys outlive this process: between 25s and 24h."),
    ENABLE_EXTERNAL_WORKLOADS(
            "enable-external-workloads", "false", true, "Let VMs in; all services are synchronised then."),
    CLUSTER_USERS_ENABLED("cluster-users-enabled", "false", true, "Keep users in line with a file."),
    CLUSTER_USERS_CONFIG_PATH(
            "cluster-users-config-path", "/var/lib/cilium/etcd-config/users.yaml", "The file that lists users."),
    ENABLE_MCS_API("clustermesh-enable-mcs-api", "false", true, "Synchronise service exports."),
    ENABLE_ENDPOINT_SLICE(
            "enable-cilium-endpoint-slice", "false", true, "Read CiliumEndpointSlices instead of CiliumEndpoints."),
    SERVICE_PROXY_NAME(
            "k8s-service-proxy-name",
            "",
            "Which services count, by their label service.kubernetes.io/service-proxy-name; those without it if empty."),
    HEALTH_PORT("health-port", "9880", "Port of /readyz; 0 for none."),
    PROMETHEUS_SERVE_ADDR("prometheus-serve-addr", "", "Address of /metrics, such as :9962; empty for none."),
    KUBECONFIG(
            "k8s-kubeconfig-path",
            "",
            "How Kubernetes is reached. Without it KUBECONFIG says it, or the pod's account."),
    API_SERVER("k8s-api-server", "", "URL of the Kubernetes API, instead of the one found."),
    CLUSTERMESH_CONFIG(
            "clustermesh-config", "", "A directory of other clusters' configurations, which are mirrored too."),
    API_SERVE_ADDR(
            "api-serve-addr",
            "localhost:9889",
            "Address of GET /v1/cluster, from which the status of other clusters is read; empty for none."),
    DEBUG("debug", "false", true, "Log more."),

    CONTROLLER_GROUP_METRICS("controller-group-metrics", ""),
    METRICS("metrics", ""),
    KVSTORE_CONNECTIVITY_TIMEOUT("kvstore-connectivity-timeout", ""),
    CRD_WAIT_TIMEOUT("crd-wait-timeout", ""),
    ENABLE_K8S("enable-k8s", ""),
    K8S_CLIENT_QPS("k8s-client-qps", ""),
    K8S_CLIENT_BURST("k8s-client-burst", ""),
    K8S_CLIENT_CONNECTION_TIMEOUT("k8s-client-connection-timeout", ""),
    K8S_CLIENT_CONNECTION_KEEP_ALIVE("k8s-client-connection-keep-alive", ""),
    K8S_HEARTBEAT_TIMEOUT("k8s-heartbeat-timeout", ""),
    ENABLE_K8S_API_DISCOVERY("enable-k8s-api-discovery", ""),
    ENABLE_K8S_ENDPOINT_SLICE("enable-k8s-endpoint-slice", ""),
    ENABLE_SERVICE_TOPOLOGY("enable-service-topology", ""),
    K8S_SYNC_TIMEOUT("k8s-sync-timeout", ""),
    GOPS_PORT("gops-port", ""),
    PPROF("pprof", ""),
    PPROF_ADDRESS("pprof-address", ""),
    PPROF_PORT("pprof-port", ""),
    CONFIG_DIR("config-dir", "");

    private final String flag;
    private final String initial;
    private final boolean isSwitch;
    private final String meaning;

    ApiServerFlag(String flag, String initial, String meaning) {
        this(flag, initial, false, meaning);
    }

    ApiServerFlag(String flag, String initial, boolean isSwitch, String meaning) {
        this.flag = flag;
        this.initial = initial;
        this.isSwitch = isSwitch;
        this.meaning = meaning;
    }

    /** One of Cilium's that is taken and changes nothing. */
    ApiServerFlag(String flag, String initial) {
        this(
                flag,
                initial,
                flag.startsWith("enable-") || flag.equals("pprof"),
                "Accepted without effect, for Cilium's chart.");
    }

    /** Without its dashes. */
    String flag() {
        return flag;
    }

    String initial() {
        return initial;
    }

    /** Whether its presence alone means true. */
    boolean isSwitch() {
        return isSwitch;
    }

    String meaning() {
        return meaning;
    }

    /** The environment variable that sets it, as with Cilium's programs. */
    String variable() {
        return "CILIUM_" + flag.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Null if there is none of that name. */
    static ApiServerFlag named(String name) {
        String wanted = name.equals("D") ? "debug" : name;
        for (ApiServerFlag candidate : values()) {
            if (candidate.flag.equals(wanted)) {
                return candidate;
            }
        }
        return null;
    }
}
