package io.meshkeep.server.cli.mesh;

/** The help texts. */
final class MeshHelp {
    private MeshHelp() {}

    static final String TEXT = """
            Usage: meshkeep mesh COMMAND [flags]

            Asks a Meshkeep server what the keys of its Cilium mesh say. Every answer holds for one
            revision of the store and tells which.

            Commands:
              endpoints            addresses with their identities
              identities           identities with their labels
              nodes                nodes, and external workloads that ask to become one
              services             global services and service exports
              clusters             the clusters, and how much there is of each
              explain IP           what an address is: endpoint, identity, labels, node, cluster
              diff FROM [TO] [KIND...]   what changed between two revisions; TO is the newest if left out
              watch [KIND]         what there is, and then every change; ends with Ctrl-C
              problems             malformed keys, values that contradict their keys, unknown identities
            KIND is endpoints (what watch follows if none is given), identities, nodes or services.

            Selecting (what fits together, is combined):
              -l, --selector SELECTOR   labels of the identity, as in Kubernetes:
                                        app=db,env in (prod,stage),tier!=web,!legacy,k8s:owner
                                        a key may name its source; without one any source will do
              --cidr PREFIX             addresses in a prefix, such as 10.0.0.0/8, or one address
              -n, --namespace NAME      one namespace
              --node NAME               one node, by name or by the address its endpoints have for it
              --cluster NAME            one cluster
              --identity NUMBER         one identity
              --revision N              answer for a past revision, unless it is compacted;
                                        for watch: go on after it, or after the position that
                                        watch -o json has printed
              --limit N                 print no more than so many

            Output:
              -o table | json           table is for people (the default); json is one object,
                                        for watch and diff one object a line

            Connection, as with etcdctl, also from its variables (ETCDCTL_ENDPOINTS and so on):
              --endpoints LIST          comma-separated; the first that answers is asked (127.0.0.1:2379)
              --cacert FILE             certificates of the authorities that may have signed the server's
              --cert FILE --key FILE    the client's certificate and its key
              --insecure-skip-tls-verify   take any certificate
              --command-timeout TIME    how long to wait for an answer (30s)

            The exit status is 0 if all went well, 1 if not, 2 for a wrong command line; explain also
            ends with 1 if nothing is known of the address.
            """;
}
