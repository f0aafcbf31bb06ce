package io.meshkeep.store.mesh;

import java.util.Arrays;

/**
 * An inconsistency of the mesh.
 *
 * @param key the key that shows it; need not be text
 * @param reason what is wrong, for people
 * @param revision the revision at which the key was put
 */
public record Problem(Kind kind, byte[] key, String reason, long revision) {
    /** What is wrong; problems are listed in this order. */
    public enum Kind {
        /** The key or value is not what Cilium writes, and nothing of it is in the index. */
        MALFORMED,
        /** The value names another thing than its key does: readers of the mesh drop it. */
        MISMATCH,
        /** The endpoint's identity is neither in its cluster nor reserved. */
        UNKNOWN_IDENTITY
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Problem that
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
