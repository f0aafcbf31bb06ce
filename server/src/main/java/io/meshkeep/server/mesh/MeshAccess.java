package io.meshkeep.server.mesh;

import io.meshkeep.store.Credentials;

/** Decides which keys a caller may read. Thread-safe. */
public interface MeshAccess {
    /** Everyone may read everything. */
    MeshAccess ALL = new MeshAccess() {
        @Override
        public Permit permit(Credentials credentials) {
            return (start, end) -> true;
        }

        @Override
        public long epoch() {
            return 0;
        }
    };

    /** What one caller may read, as it is decided now. Thread-safe. */
    interface Permit {
        /**
         * Whether every key of an interval may be read.
         *
         * @param start the first key
         * @param end the first key after it
         */
        boolean mayRead(byte[] start, byte[] end);
    }

    /** What the caller who shows this may read, as it is decided now. */
    Permit permit(Credentials credentials);

    /** Another number whenever any permission has changed; 0 only for a policy that never changes. */
    long epoch();
}
