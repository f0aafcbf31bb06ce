package io.meshkeep.clustermesh.sync;

import org.junit.jupiter.api.Timeout;

/** What is synchronised from an API server of our own, which takes objects that Kubernetes would refuse as well. */
@Timeout(120)
class SynchronisationTest extends SynchronisationContract {
    @Override
    KubernetesApi api() {
        return new FakeKubernetes();
    }
}
