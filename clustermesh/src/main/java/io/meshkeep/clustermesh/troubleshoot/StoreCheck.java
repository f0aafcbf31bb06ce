package io.meshkeep.clustermesh.troubleshoot;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.certs.Issued;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.server.ListenUrl;
import io.meshkeep.server.ListenUrl.Scheme;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What a store says to this client: what its user may read, and whether a cluster is alive behind it. */
final class StoreCheck {
    private static final String HEARTBEAT = "cilium/.heartbeat";
    private static final String CONFIGS = "cilium/cluster-config/";
    private static final String SYNCED = "cilium/synced/";
    private static final String STATE = "cilium/state/";
    private static final String CACHE = "cilium/cache/";

    /** Cilium's clients give a connection up when they have heard nothing for this long. */
    private static final Duration HEARTBEAT_LIMIT = Duration.ofMinutes(2);

    /** Connections that are made to see whether one store is behind all of them. */
    private static final int CONNECTIONS = 4;

    private static final List<String> KINDS = List.of("identities", "ip", "nodes", "serviceexports", "services");

    private final ListenUrl url;
    private final Credentials credentials;
    private final Duration timeout;
    private final Instant now;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<Long> storeIds = new TreeSet<>();
    private long meshId;

    private StoreCheck(ListenUrl url, Credentials credentials, Duration timeout, Instant now) {
        this.url = url;
        this.credentials = credentials;
        this.timeout = timeout;
        this.now = now;
    }

    /**
     * What was found.
     *
     * @param storeId the cluster id in the answers' headers; 0 if it is not one id
     * @param meshId the number that the cluster has in the mesh; 0 if it is not known
     */
    record Result(List<Finding> findings, long storeId, long meshId) {}

    static Result run(ListenUrl url, Credentials credentials, Optional<String> cluster, Duration timeout, Instant now) {
        StoreCheck check = new StoreCheck(url, credentials, timeout, now);
        ManagedChannel channel = null;
        try {
            channel = check.open();
            check.questions(channel, cluster);
        } catch (IOException e) {
            check.findings.add(Finding.problem(Step.SERVER, e.getMessage(), "see the client's certificates"));
        } catch (StatusRuntimeException e) {
            check.findings.add(failure(e));
        } finally {
            if (channel != null) {
                channel.shutdownNow();
            }
        }
        long storeId = check.storeIds.size() == 1 ? check.storeIds.iterator().next() : 0;
        return new Result(List.copyOf(check.findings), storeId, check.meshId);
    }

    private static Finding failure(StatusRuntimeException e) {
        Status status = e.getStatus();
        String text = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        if (status.getCode() == Status.Code.UNAVAILABLE) {
            Throwable cause = status.getCause();
            return Finding.problem(
                    Step.SERVER,
                    "no call comes through: "
                            + (cause == null || cause.getMessage() == null ? text : cause.getMessage()),
                    "what listens there may not be an etcd; the server's log says what it made of the connection");
        }
        if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
            return Finding.problem(
                    Step.SERVER,
                    "the server takes the connection but does not answer in time",
                    "it is overloaded or its disk hangs: see its log, and etcd_disk_wal_fsync_duration_seconds");
        }
        return Finding.problem(Step.SERVER, "the server answers: " + text, "the server's log says more");
    }

    private ManagedChannel open() throws IOException {
        NettyChannelBuilder builder =
                NettyChannelBuilder.forAddress(url.host(), url.port()).maxInboundMessageSize(16 << 20);
        if (url.scheme() == Scheme.HTTP) {
            return builder.usePlaintext().build();
        }
        SslContextBuilder context = GrpcSslContexts.forClient();
        if (!credentials.trusted().isEmpty()) {
            context.trustManager(credentials.trusted().toArray(X509Certificate[]::new));
        }
        if (credentials.own().isPresent()) {
            Issued own = credentials.own().get();
            context.keyManager(own.key(), own.chain().toArray(X509Certificate[]::new));
        }
        return builder.sslContext(context.build()).build();
    }

    private void questions(ManagedChannel channel, Optional<String> named) {
        KVGrpc.KVBlockingStub kv = KVGrpc.newBlockingStub(channel);
        Answer heartbeat = read(kv, HEARTBEAT, true);
        Answer configs = read(kv, CONFIGS, true);
        Optional<String> cluster = named.or(this::ownCluster).or(() -> onlyCluster(configs));
        Answer config = cluster.isPresent() ? read(kv, CONFIGS + cluster.get(), false) : configs;
        Answer synced = read(kv, SYNCED + cluster.map(name -> name + "/").orElse(""), true);
        roles(kv, cluster.isPresent(), heartbeat, config, synced);
        heartbeat(heartbeat);
        boolean cached = clusterConfig(config, cluster);
        synced(synced, cluster, cached);
        clusterId();
    }

    /** An answer, or that it was denied. */
    private record Answer(boolean denied, List<KeyValue> pairs) {}

    private Answer read(KVGrpc.KVBlockingStub kv, String key, boolean prefix) {
        RangeRequest.Builder request = RangeRequest.newBuilder().setKey(ByteString.copyFromUtf8(key));
        if (prefix) {
            request.setRangeEnd(endOf(key)).setLimit(1000);
        }
        return ask(kv, request.build());
    }

    private Answer mayRead(KVGrpc.KVBlockingStub kv, String prefix) {
        return ask(
                kv,
                RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8(prefix))
                        .setRangeEnd(endOf(prefix))
                        .setCountOnly(true)
                        .build());
    }

    private Answer ask(KVGrpc.KVBlockingStub kv, RangeRequest request) {
        try {
            RangeResponse response = kv.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
                    .range(request);
            storeIds.add(response.getHeader().getClusterId());
            return new Answer(false, response.getKvsList());
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.PERMISSION_DENIED
                    || e.getStatus().getCode() == Status.Code.INVALID_ARGUMENT) {
                // the second is what a server says to a client without a user
                return new Answer(true, List.of());
            }
            throw e;
        }
    }

    private static ByteString endOf(String prefix) {
        int last = prefix.length() - 1;
        return ByteString.copyFromUtf8(prefix.substring(0, last) + (char) (prefix.charAt(last) + 1));
    }

    /** The cluster whose store it is, if the user is one that is called after it. */
    private Optional<String> ownCluster() {
        String user = credentials.user();
        return user.startsWith("admin-") || user.startsWith("local-")
                ? Optional.of(user.substring("admin-".length()))
                : Optional.empty();
    }

    /** The cluster of a store that has one configuration only. */
    private static Optional<String> onlyCluster(Answer configs) {
        return configs.pairs().size() == 1
                ? Optional.of(configs.pairs().get(0).getKey().toStringUtf8().substring(CONFIGS.length()))
                : Optional.empty();
    }

    private void roles(KVGrpc.KVBlockingStub kv, boolean clusterKnown, Answer heartbeat, Answer config, Answer synced) {
        boolean state = !mayRead(kv, STATE).denied();
        boolean cache = !mayRead(kv, CACHE).denied();
        List<String> may = new ArrayList<>();
        List<String> mayNot = new ArrayList<>();
        (heartbeat.denied() ? mayNot : may).add(HEARTBEAT);
        (config.denied() ? mayNot : may).add(CONFIGS);
        (synced.denied() ? mayNot : may).add(SYNCED);
        (state ? may : mayNot).add(STATE);
        (cache ? may : mayNot).add(CACHE);
        String who = credentials.user().isEmpty() ? "a client without a certificate" : "user " + credentials.user();
        String says = who + " may read " + (may.isEmpty() ? "nothing" : String.join(", ", may))
                + (mayNot.isEmpty() || may.isEmpty() ? "" : ", not " + String.join(", ", mayNot));
        if (!clusterKnown && !heartbeat.denied() && state) {
            // other clusters may read one cluster's configuration, not list them
            findings.add(Finding.warning(
                    Step.ROLES, says + "; which cluster's it should read is not known", "name it: --cluster-name"));
        } else if (!heartbeat.denied() && !config.denied() && !synced.denied() && (state || cache)) {
            findings.add(Finding.ok(Step.ROLES, says));
        } else {
            findings.add(Finding.problem(Step.ROLES, says, mendRoles(may.isEmpty())));
        }
    }

    private String mendRoles(boolean nothing) {
        String user = credentials.user();
        if (user.isEmpty()) {
            return "authentication is on: show a certificate whose common name is a user, such as remote";
        }
        if (user.startsWith("remote-") && nothing) {
            return "the server has no user " + user + ": list this cluster in the server's Cilium values"
                    + " (clustermesh.config.clusters), which puts it into the"
                    + " ConfigMap clustermesh-remote-users, or use authMode legacy on"
                    + " both sides";
        }
        if ((user.startsWith("admin-") || user.startsWith("local-")) && nothing) {
            return "the server has no user " + user + ": the certificate is another cluster's, or the store was"
                    + " initialised with another cluster name";
        }
        if (nothing) {
            return "the server has no user " + user + ", or it has no role: etcdctl user get " + user;
        }
        return "the role of " + user + " lacks these keys: meshkeep auth explain --user " + user
                + " --key KEY says why; meshkeep init makes Cilium's roles";
    }

    private void heartbeat(Answer answer) {
        if (answer.denied()) {
            return;
        }
        String mend = "the part that writes it each minute is not running or cannot write: see the log of the container"
                + " apiserver (or of meshkeep clustermesh), and kubectl -n kube-system get pods -l"
                + " k8s-app=clustermesh-apiserver";
        Optional<KeyValue> pair = answer.pairs().stream()
                .filter(kv -> kv.getKey().toStringUtf8().equals(HEARTBEAT))
                .findFirst();
        if (pair.isEmpty()) {
            findings.add(Finding.problem(Step.HEARTBEAT, "there is none", mend));
            return;
        }
        String text = pair.get().getValue().toStringUtf8();
        Instant written;
        try {
            written = OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            findings.add(Finding.warning(
                    Step.HEARTBEAT,
                    "it is no time, but " + quoted(text),
                    "something else than Cilium or Meshkeep writes it"));
            return;
        }
        Duration age = Duration.between(written, now);
        if (age.compareTo(HEARTBEAT_LIMIT) > 0) {
            findings.add(Finding.problem(
                    Step.HEARTBEAT,
                    "the last one was " + age.toSeconds() + " s ago; clients give up after "
                            + HEARTBEAT_LIMIT.toSeconds() + " s",
                    mend + "; or the clocks of the two machines differ"));
        } else if (age.toSeconds() < -60) {
            findings.add(Finding.warning(
                    Step.HEARTBEAT,
                    "the last one is " + -age.toSeconds() + " s in the future",
                    "the clocks of the two machines differ; certificates are judged by them too"));
        } else {
            findings.add(Finding.ok(Step.HEARTBEAT, Math.max(0, age.toSeconds()) + " s old"));
        }
    }

    /** Gives whether the cluster's keys are a mirror's. */
    private boolean clusterConfig(Answer answer, Optional<String> cluster) {
        if (answer.denied()) {
            return false;
        }
        if (cluster.isEmpty()) {
            String names = answer.pairs().stream()
                    .map(kv -> kv.getKey().toStringUtf8().substring(CONFIGS.length()))
                    .collect(Collectors.joining(", "));
            findings.add(
                    answer.pairs().isEmpty()
                            ? noConfig("there is none of any cluster")
                            : Finding.ok(Step.CLUSTER_CONFIG, "there are those of " + names));
            return false;
        }
        if (answer.pairs().isEmpty()) {
            findings.add(noConfig("there is none of cluster " + cluster.get()));
            return false;
        }
        String text = answer.pairs().get(0).getValue().toStringUtf8();
        Optional<ClusterConfig> config = ClusterConfig.parse(text);
        if (config.isEmpty()) {
            findings.add(Finding.problem(
                    Step.CLUSTER_CONFIG,
                    "it cannot be read: " + quoted(text),
                    "clustermesh-apiserver writes it anew within 5 minutes; if not, something else writes there"));
            return false;
        }
        meshId = config.get().id();
        if (meshId == 0) {
            findings.add(Finding.problem(
                    Step.CLUSTER_CONFIG,
                    "cluster " + cluster.get()
                            + " has no id (0), so that others cannot tell its identities from theirs",
                    "give each cluster of the mesh an id of its own from 1 to 255: cluster.id in Cilium's values"));
        } else {
            findings.add(Finding.ok(
                    Step.CLUSTER_CONFIG,
                    "cluster " + cluster.get() + " has id " + meshId
                            + (config.get().cached() ? ", mirrored by KVStoreMesh" : "")));
        }
        return config.get().cached();
    }

    private static Finding noConfig(String says) {
        return Finding.problem(
                Step.CLUSTER_CONFIG,
                says,
                "the name may be another (cluster.name in its Cilium values must be the name used here), or its"
                        + " clustermesh-apiserver (for a mirror: KVStoreMesh) has not written it yet: see its log");
    }

    private void synced(Answer answer, Optional<String> cluster, boolean cached) {
        if (answer.denied() || cluster.isEmpty()) {
            return;
        }
        String prefix = SYNCED + cluster.get() + "/";
        String form = cached ? CACHE : STATE;
        Set<String> there = answer.pairs().stream()
                .map(kv -> kv.getKey().toStringUtf8().substring(prefix.length()))
                .collect(Collectors.toSet());
        List<String> missing = KINDS.stream()
                .filter(kind -> !there.contains(form + kind + "/v1"))
                .toList();
        if (missing.isEmpty()) {
            findings.add(Finding.ok(Step.SYNCED, "all of " + String.join(", ", KINDS)));
        } else if (missing.equals(List.of("serviceexports"))) {
            findings.add(Finding.ok(Step.SYNCED, "all but serviceexports, which older clusters do not have"));
        } else {
            findings.add(Finding.problem(
                    Step.SYNCED,
                    "not yet complete: " + String.join(", ", missing),
                    "clients wait for these. If it stays so, the synchroniser cannot read all it needs from Kubernetes"
                            + " (see its log and its ClusterRole), or KVStoreMesh is not connected to that cluster"));
        }
    }

    /** Connects a few times more: each must lead to the same data. */
    private void clusterId() {
        for (int i = 1; i < CONNECTIONS && storeIds.size() == 1; i++) {
            ManagedChannel another = null;
            try {
                another = open();
                read(KVGrpc.newBlockingStub(another), HEARTBEAT, true);
            } catch (IOException | StatusRuntimeException e) {
                findings.add(Finding.warning(
                        Step.CLUSTER_ID,
                        "a second connection failed: " + e.getMessage(),
                        "one of several pods behind the address may be broken"));
                return;
            } finally {
                if (another != null) {
                    another.shutdownNow();
                }
            }
        }
        String ids = storeIds.stream().map(HexFormat.of()::toHexDigits).collect(Collectors.joining(", "));
        if (storeIds.contains(0L)) {
            findings.add(Finding.warning(
                    Step.CLUSTER_ID,
                    "answers carry no cluster id",
                    "clients cannot notice that they come to another store; a proxy may have taken it away"));
        } else if (storeIds.size() > 1) {
            findings.add(Finding.problem(
                    Step.CLUSTER_ID,
                    "connections lead to different stores: " + ids,
                    "several pods are behind the address. That works only if a client stays with one: set the Service's"
                            + " sessionAffinity to ClientIP, or run one replica"));
        } else if (storeIds.size() == 1) {
            findings.add(Finding.ok(Step.CLUSTER_ID, ids));
        }
    }

    private static String quoted(String text) {
        String printable = text.replaceAll("[^ -~]", "?");
        return "\"" + (printable.length() > 60 ? printable.substring(0, 60) + "..." : printable) + "\"";
    }
}
