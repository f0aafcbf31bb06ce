package io.meshkeep.server.compat;

import io.meshkeep.server.TlsConfig;
import java.time.Duration;

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

            @Override
            Target startTellingProgress(Duration interval) {
                return MeshkeepTarget.start(settings -> settings.watchProgressNotifyInterval(interval));
            }

            @Override
            Target startTls(TlsConfig tls) {
                return MeshkeepTarget.startTls(tls, settings -> settings.bcryptCost(4));
            }
        },
        ETCD {
            @Override
            Target start() {
                return EtcdTarget.start();
            }

            @Override
            Target startTellingProgress(Duration interval) {
                return EtcdTarget.startTellingProgress(interval);
            }

            @Override
            Target startTls(TlsConfig tls) {
                return EtcdTarget.startTls(tls, "--bcrypt-cost=4");
            }
        };

        /** Starts one with an empty store; leaves the test out if it is an etcd and there is none. */
        abstract Target start();

        /** The same, with another interval at which idle watches that asked for it are told of progress. */
        abstract Target startTellingProgress(Duration interval);

        /** The same, with mutual TLS, and hashes of passwords that are quickly made. */
        abstract Target startTls(TlsConfig tls);
    }

    Kind kind();

    /** Where clients reach it: host and port. */
    String endpoint();

    /** Watches that are open on the server now. */
    int watchers();

    /** Stops it; the data stays. */
    void stop();

    /** Starts it again after a stop, on the same data and port. */
    void startAgain();

    /** Stops it and clears away its data. */
    @Override
    void close();
}
