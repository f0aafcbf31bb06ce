package io.meshkeep.store.mesh;

import java.nio.charset.StandardCharsets;

/** What a caller may see: an entry, if the caller may read its key. */
public interface Visibility {
    /** Everything may be seen. */
    Visibility ALL = new Visibility() {
        @Override
        public boolean seesAll(MeshKind kind, Scope scope) {
            return true;
        }

        @Override
        public boolean seesKey(byte[] key) {
            return true;
        }
    };

    /** Whether the caller may read every key of a kind and scope. Asked very often: it should not take long. */
    boolean seesAll(MeshKind kind, Scope scope);

    /** Whether the caller may read a key. */
    boolean seesKey(byte[] key);

    /** Whether the caller may read the key of an entry. */
    default boolean sees(MeshEntry entry) {
        return seesAll(MeshKind.of(entry), entry.scope())
                || entry instanceof Identity identity && identity.isBuiltIn()
                || seesKey(entry.key().getBytes(StandardCharsets.UTF_8));
    }

    /** Whether the caller may know of an identity, and of its absence. */
    default boolean seesIdentity(Scope scope, long number) {
        return seesAll(MeshKind.IDENTITY, scope)
                || seesKey(Identity.key(scope, number).getBytes(StandardCharsets.UTF_8));
    }
}
