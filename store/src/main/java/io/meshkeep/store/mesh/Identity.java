package io.meshkeep.store.mesh;

import java.util.Comparator;
import java.util.List;

/**
 * A security identity: a number that stands for a set of labels.
 *
 * @param number 1 to 2<sup>32</sup>-1
 * @param labels in order, without duplicates
 */
public record Identity(Scope scope, long number, List<Label> labels, long revision) implements MeshEntry {
    /** Numbers below this have a fixed meaning in every cluster and no key. */
    public static final int FIRST_ALLOCATED = 256;

    static final Comparator<Identity> ORDER = Identity::compare;

    /** What Cilium reserves; the array's index is the number. */
    private static final String[] RESERVED = {
        null,
        "host",
        "world",
        "unmanaged",
        "health",
        "init",
        "remote-node",
        "kube-apiserver",
        "ingress",
        "world-ipv4",
        "world-ipv6"
    };

    @SuppressWarnings("ReferenceEquality")
    private static int compare(Identity a, Identity b) {
        if (a == b) {
            return 0;
        }
        int byScope = a.scope.compareTo(b.scope);
        if (byScope != 0) {
            return byScope;
        }
        int byNumber = Long.compare(a.number, b.number);
        return byNumber != 0 ? byNumber : Long.compare(a.revision, b.revision);
    }

    /** Whether it stands for a reserved number, and for no key that somebody has put. */
    boolean isBuiltIn() {
        return isReserved(number) && revision == 0;
    }

    /** Whether a number needs no key to be known. */
    public static boolean isReserved(long number) {
        return number > 0 && number < FIRST_ALLOCATED;
    }

    /** The identity that a reserved number stands for; null if it is not reserved, or has no meaning that we know. */
    public static Identity reserved(Scope scope, long number) {
        return number > 0 && number < RESERVED.length
                ? new Identity(scope, number, List.of(new Label("reserved", RESERVED[(int) number], "")), 0)
                : null;
    }

    /** The reserved numbers whose meaning is known are those below this. */
    static int reservedEnd() {
        return RESERVED.length;
    }

    @Override
    public String key() {
        return key(scope, number);
    }

    static String key(Scope scope, long number) {
        return scope.cached()
                ? "cilium/cache/identities/v1/" + scope.cluster() + "/id/" + number
                : "cilium/state/identities/v1/id/" + number;
    }

    @Override
    public long heapBytes() {
        // itself, its list, and for each label a pair in the label index with its reference
        return 80 + 36L * labels.size();
    }
}
