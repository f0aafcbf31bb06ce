package io.meshkeep.clustermesh.kvstoremesh;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The flags of {@code kvstoremesh}: those of Cilium's, so that its Helm chart's command lines work, and a few more. */
enum MeshFlag {
    CLUSTERMESH_CONFIG("", "directory of the remote clusters' configurations; needed"),
    CLUSTER_NAME("", "name of the local cluster; needed"),
    CLUSTER_ID("", "number of the local cluster in the mesh; needed"),
    MAX_CONNECTED_CLUSTERS("255", "how many clusters the mesh may have, 255 or 511; the same in all of them"),
    KVSTORE_OPT(
            "",
            "the local store, as KEY=VALUE,...: etcd.config=FILE or etcd.address=URL,"
                    + " etcd.qps (writes a second; default no limit), etcd.bootstrapQps (the same until ready),"
                    + " etcd.maxInflight (calls without answer; default 1024);"
                    + " etcd.limit and etcd.keepalive* have no effect: pages and pings are fixed"),
    HEALTH_PORT("9881", "port of /readyz, on all addresses; 0 for a free one"),
    API_SERVE_ADDR("localhost:9889", "address of GET /v1/cluster, from which the status is read; empty for none"),
    PROMETHEUS_SERVE_ADDR("", "address of /metrics; empty for none"),
    PER_CLUSTER_READY_TIMEOUT("15s", "a cluster that is not connected to by then does not hold up readiness"),
    GLOBAL_READY_TIMEOUT("10m", "after this time it is ready in any case"),
    DISABLE_DRAIN_ON_DISCONNECTION(
            "false", "keep what was mirrored of a cluster that is removed, until its leases run out after the end"),
    DRAIN_GRACE_PERIOD("3m", "how long agents have to let go of a removed cluster before its entries are deleted"),
    KVSTORE_LEASE_TTL("15m", "how long what was mirrored stays when this process is gone"),
    LOG_LEVEL("info", "debug, info, warn or error"),
    DEBUG("false", "the same as --log-level=debug"),
    KVSTORE("etcd", "no effect: etcd's is the one API that stores have"),
    KVSTORE_CONNECTIVITY_TIMEOUT("2m", "no effect: an operation is tried again after 30 s"),
    KVSTORE_MAX_CONSECUTIVE_QUORUM_ERRORS("2", "no effect: a lost connection is made anew at once"),
    KVSTORE_PERIODIC_SYNC("5m", "no effect: what a lost lease took is written again at once"),
    CONTROLLER_GROUP_METRICS("", "no effect: there are no controllers"),
    ENABLE_HEARTBEAT("false", "no effect: the store's own process writes the heartbeat"),
    ENABLE_GOPS("true", "no effect: for Go programs; use jcmd"),
    GOPS_PORT("9894", "no effect: for Go programs"),
    PPROF("false", "no effect: for Go programs; use jcmd and JFR"),
    PPROF_ADDRESS("localhost", "no effect: for Go programs"),
    PPROF_PORT("6064", "no effect: for Go programs");

    private final String initial;
    private final String meaning;

    MeshFlag(String initial, String meaning) {
        this.initial = initial;
        this.meaning = meaning;
    }

    /** Its name without dashes. */
    String flag() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The variable that it can be given by, as with Cilium. */
    String variable() {
        return "CILIUM_" + name();
    }

    /** What it is when it is not given. */
    String initial() {
        return initial;
    }

    String meaning() {
        return meaning;
    }

    boolean isBoolean() {
        return initial.equals("true") || initial.equals("false");
    }

    static Optional<MeshFlag> named(String flag) {
        return Arrays.stream(values()).filter(each -> each.flag().equals(flag)).findFirst();
    }
}
