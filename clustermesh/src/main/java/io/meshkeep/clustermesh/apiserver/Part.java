package io.meshkeep.clustermesh.apiserver;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.util.Optional;

/** Something that runs in the process of {@code meshkeep clustermesh} beside the synchronisation. */
public interface Part extends AutoCloseable {
    /** Starts a part if the options ask for it. */
    interface Factory {
        /**
         * @return empty if it is not asked for
         * @throws IOException with one line for the user, if it cannot be started
         */
        Optional<Part> start(Context context) throws IOException;
    }

    /**
     * What a part works with; all of it stays the process's.
     *
     * @param kvstore the store of this cluster, as a user who may do everything
     * @param kubernetes its Kubernetes
     * @param metrics what is registered here is served with the others
     */
    record Context(
            ApiServerOptions options, Kvstore kvstore, KubernetesClient kubernetes, PrometheusRegistry metrics) {}

    /** Whether it does not hold up {@code /readyz}. */
    boolean isReady();

    @Override
    void close();
}
