package io.meshkeep.store.mesh;

import java.util.Arrays;
import java.util.Comparator;

/**
 * A key of the mesh whose value cannot be used, or contradicts the key.
 *
 * @param key whole; need not be text
 * @param reason what is wrong, for people; of bounded length
 */
public record Fault(Kind kind, byte[] key, String reason, long revision) {
    /** What may be wrong with one key by itself. */
    public enum Kind {
        /** The key or value is not what Cilium writes; nothing else of it is in the index. */
        MALFORMED,
        /** The value names another thing than the key does. It is in the index under what the key says. */
        MISMATCH
    }

    static final Comparator<Fault> ORDER = (a, b) -> {
        int c = a.comparePlace(b.kind, b.key);
        return c != 0 ? c : Long.compare(a.revision, b.revision);
    };

    int comparePlace(Kind otherKind, byte[] otherKey) {
        return kind != otherKind ? kind.compareTo(otherKind) : Arrays.compareUnsigned(key, otherKey);
    }

    long heapBytes() {
        return 120L + key.length + reason.length();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Fault that
                && kind == that.kind
                && revision == that.revision
                && Arrays.equals(key, that.key)
                && reason.equals(that.reason);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(key);
    }
}
