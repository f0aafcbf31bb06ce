package io.meshkeep.store.mesh;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;

/**
 * An address with its identity: what Cilium calls an IP pair. There are by far the most of them, so the address is kept
 * in three fields, the pod's name as bytes, and what endpoints have in common is shared between them.
 */
public final class Endpoint implements MeshEntry {
    /** By address, then prefix length, scope and revision. */
    static final Comparator<Endpoint> BY_IP = (a, b) -> {
        int c = comparePlaces(a, b);
        return c != 0 ? c : Long.compare(a.revision, b.revision);
    };

    // The other orders leave the revision out: an endpoint that stays where it is takes the place of its predecessor.

    static final Comparator<Endpoint> BY_IDENTITY = (a, b) -> {
        int c = a.scope.compareTo(b.scope);
        if (c == 0) {
            c = Integer.compareUnsigned(a.identity, b.identity);
        }
        return c != 0 ? c : comparePlaces(a, b);
    };

    static final Comparator<Endpoint> BY_NODE = (a, b) -> {
        int c = a.scope.compareTo(b.scope);
        if (c == 0) {
            c = a.hostIp.compareTo(b.hostIp);
        }
        return c != 0 ? c : comparePlaces(a, b);
    };

    static final Comparator<Endpoint> BY_NAMESPACE = (a, b) -> {
        int c = a.namespace.compareTo(b.namespace);
        return c != 0 ? c : comparePlaces(a, b);
    };

    private static final byte[] NO_POD = {};

    private final Scope scope;
    private final long high;
    private final long low;
    private final boolean v6;
    private final short prefixLength;
    private final int identity;
    private final byte encryptionKey;
    private final Name hostIp;
    private final Name namespace;
    private final byte[] pod;
    private final long revision;

    Endpoint(
            Scope scope,
            IpPrefix ip,
            long identity,
            int encryptionKey,
            Name hostIp,
            Name namespace,
            String pod,
            long revision) {
        this.scope = scope;
        this.high = ip.high();
        this.low = ip.low();
        this.v6 = ip.v6();
        this.prefixLength = (short) ip.length();
        this.identity = (int) identity;
        this.encryptionKey = (byte) encryptionKey;
        this.hostIp = hostIp;
        this.namespace = namespace;
        this.pod = pod.isEmpty() ? NO_POD : pod.getBytes(StandardCharsets.UTF_8);
        this.revision = revision;
    }

    private static int comparePlaces(Endpoint a, Endpoint b) {
        int c = IpPrefix.compareAddress(a.v6, a.high, a.low, b.v6, b.high, b.low);
        if (c == 0) {
            c = a.prefixLength - b.prefixLength;
        }
        return c != 0 ? c : a.scope.compareTo(b.scope);
    }

    /** Compares with an address, leaving the prefix length out. */
    int compareAddress(IpPrefix address) {
        return IpPrefix.compareAddress(v6, high, low, address);
    }

    /** Compares with the place of the endpoints on a node. */
    int compareHost(Scope otherScope, Name otherHost) {
        int c = scope.compareTo(otherScope);
        return c != 0 ? c : hostIp.compareTo(otherHost);
    }

    /** Compares the prefix length with another, none being least. */
    int compareLength(int length) {
        return prefixLength - length;
    }

    /** Compares with the place of any entry of this address, prefix length and scope. */
    int comparePlace(IpPrefix ip, Scope otherScope) {
        int c = compareAddress(ip);
        if (c == 0) {
            c = prefixLength - ip.length();
        }
        return c != 0 ? c : scope.compareTo(otherScope);
    }

    @Override
    public Scope scope() {
        return scope;
    }

    /** The address or prefix that the key names. */
    public IpPrefix ip() {
        return new IpPrefix(v6, high, low, prefixLength);
    }

    /** The number of the identity; it may be unknown. */
    public long identity() {
        return Integer.toUnsignedLong(identity);
    }

    /** Index of the key that traffic to it is encrypted with; 0 is none. */
    public int encryptionKey() {
        return encryptionKey & 0xff;
    }

    /** The address of the node that it is on; may be empty. */
    public String hostIp() {
        return hostIp.text();
    }

    Name hostName() {
        return hostIp;
    }

    /** The pod's namespace; empty if it is not a pod. */
    public String namespace() {
        return namespace.text();
    }

    Name namespaceName() {
        return namespace;
    }

    /** The pod's name; empty if it is not a pod. */
    public String pod() {
        return new String(pod, StandardCharsets.UTF_8);
    }

    @Override
    public long revision() {
        return revision;
    }

    @Override
    public String key() {
        String ip = IpPrefix.text(v6, high, low, prefixLength);
        return scope.cached() ? "cilium/cache/ip/v1/" + scope.cluster() + "/" + ip : "cilium/state/ip/v1/default/" + ip;
    }

    @Override
    public long heapBytes() {
        // the object, the pod's name, and a reference in each of four sets
        return 64L + 17L + (pod.length == 0 ? 0 : (pod.length + 16 + 7) & ~7);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Endpoint that
                && v6 == that.v6
                && high == that.high
                && low == that.low
                && prefixLength == that.prefixLength
                && identity == that.identity
                && encryptionKey == that.encryptionKey
                && revision == that.revision
                && scope.equals(that.scope)
                && hostIp.equals(that.hostIp)
                && namespace.equals(that.namespace)
                && java.util.Arrays.equals(pod, that.pod);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(high * 31 + low) * 31 + Long.hashCode(revision);
    }

    @Override
    public String toString() {
        return key() + " -> " + identity() + " at " + revision;
    }
}
