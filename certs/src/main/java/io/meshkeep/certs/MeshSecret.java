package io.meshkeep.certs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One certificate of a Cilium cluster's mesh: the Kubernetes secret that holds it, and what it says. Names are those of
 * Cilium's Helm chart.
 *
 * @param name the secret's name, and that of its directory
 * @param request what the certificate says
 */
public record MeshSecret(String name, CertificateRequest request) {
    /** The secret of the authority itself. */
    public static final String AUTHORITY = "cilium-ca";

    /** The authority's common name. */
    public static final String AUTHORITY_NAME = "Cilium CA";

    /** The name that every client calls every cluster's server by. */
    private static final String SERVER_NAME = "clustermesh-apiserver.cilium.io";

    private static final String WILDCARD = "*.mesh.cilium.io";

    /**
     * Which name other clusters come under.
     *
     * @see <a href="https://docs.cilium.io/en/stable/network/clustermesh/">Cilium's guide to Cluster Mesh</a>
     */
    public enum RemoteName {
        /** All of them as {@code remote}: Cilium's modes "legacy" and "migration". */
        SHARED,
        /** Each as {@code remote-<cluster>}: Cilium's mode "cluster". */
        PER_CLUSTER
    }

    /**
     * The certificates of a cluster.
     *
     * @param cluster its name, or empty, which drops it from the users' names as Cilium does
     * @param namespace of the Kubernetes service
     * @param serverNames further names and addresses of the server
     */
    public static List<MeshSecret> of(
            String cluster, String namespace, List<String> serverNames, RemoteName remote, Duration validity) {
        List<String> names = new ArrayList<>(
                List.of(SERVER_NAME, WILDCARD, "clustermesh-apiserver." + namespace + ".svc", "127.0.0.1", "::1"));
        serverNames.stream().filter(name -> !names.contains(name)).forEach(names::add);
        String suffix = cluster.isEmpty() ? "" : "-" + cluster;
        String remoteName = remote == RemoteName.SHARED ? "remote" : "remote" + suffix;
        return List.of(
                new MeshSecret(
                        "clustermesh-apiserver-server-cert",
                        CertificateRequest.server(SERVER_NAME, names).valid(validity)),
                client("admin", "admin" + suffix, validity),
                client("remote", remoteName, validity),
                client("local", "local" + suffix, validity),
                client("client", "externalworkload", validity));
    }

    private static MeshSecret client(String secret, String user, Duration validity) {
        return new MeshSecret(
                "clustermesh-apiserver-" + secret + "-cert",
                CertificateRequest.client(user).valid(validity));
    }
}
