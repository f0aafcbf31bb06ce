package io.meshkeep.server.compat;

/**
 * A server that a test body runs against. The same bodies run against ours and against an etcd, so that what they
 * expect is proved by the server whose behaviour is the measure.
 */
interface Target extends AutoCloseable {
    /** The servers to run against. */
    enum Kind {
        MESHKEEP {
            @Override
            Target start() {
                return MeshkeepTarget.start();
            }
        },
        ETCD {
            @Override
            Target start() {
                return EtcdTarget.start();
            }
        };

        /** Starts one with an empty store; leaves the test out if it is an etcd and there is none. */
        abstract Target start();
    }

    Kind kind();

    /** Where clients reach it: host and port. */
    String endpoint();

    /** Watches that are open on the server now. */
    int watchers();

    @Override
    void close();
}
