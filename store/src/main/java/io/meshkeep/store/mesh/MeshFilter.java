package io.meshkeep.store.mesh;

import java.util.Objects;

/**
 * Which entries are asked for: those that meet every condition. A condition on something that a kind of entry does not
 * have is not met by any of that kind.
 *
 * @param labels conditions on the labels of the identity; met by endpoints whose identity is known only, unless there
 *     are none
 * @param prefix the addresses, or null for all
 * @param namespace the namespace, or empty for all
 * @param node the node's name, or the address that endpoints have for their node, or empty for all
 * @param cluster the cluster's name, or empty for all
 * @param identity the identity's number, or 0 for all
 */
public record MeshFilter(
        LabelSelector labels, IpPrefix prefix, String namespace, String node, String cluster, long identity) {
    /** Asks for everything. */
    public static final MeshFilter EVERYTHING = new MeshFilter(LabelSelector.EVERYTHING, null, "", "", "", 0);

    public MeshFilter {
        Objects.requireNonNull(labels);
        Objects.requireNonNull(namespace);
        Objects.requireNonNull(node);
        Objects.requireNonNull(cluster);
    }

    /**
     * Reads the conditions, each of which may be empty.
     *
     * @throws SelectorException saying which one is wrong, and where
     */
    public static MeshFilter parse(
            String labels, String prefix, String namespace, String node, String cluster, long identity)
            throws SelectorException {
        IpPrefix ip = null;
        if (!prefix.isEmpty()) {
            ip = IpPrefix.parse(prefix);
            if (ip == null) {
                throw new SelectorException("\"" + prefix + "\" is neither an IP address nor a CIDR prefix");
            }
        }
        if (identity < 0 || identity > 0xffff_ffffL) {
            throw new SelectorException(identity + " is not the number of an identity");
        }
        return new MeshFilter(LabelSelector.parse(labels), ip, namespace, node, cluster, identity);
    }

    boolean hasLabels() {
        return !labels.requirements().isEmpty();
    }
}
