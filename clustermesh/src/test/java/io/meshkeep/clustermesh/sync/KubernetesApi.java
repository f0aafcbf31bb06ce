package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;

/** A Kubernetes API server, and what tests do to its objects without the client that is tested. */
interface KubernetesApi extends AutoCloseable {
    /** A client as the process itself makes one. */
    KubernetesClient client();

    /** Puts an object there, or in place of the one of its name. */
    void put(Map<?, ?> document);

    /** Removes an object, if it is there. */
    void delete(Map<?, ?> document);

    /** The objects that it takes of those which are {@linkplain Fixture#refused odd}. */
    List<Map<?, ?>> takenThoughOdd();

    /** The keys that come of a test's objects, as they are where no server changes the objects: see the fixture. */
    Map<String, String> asPut(Map<String, String> keys);

    /** Ends all connections. What changes meanwhile may be told or have to be listed by those who come back. */
    void interrupt(Runnable meanwhile);

    /** Waits until all lists show what was put and what was deleted. */
    void settle();

    /** Removes all that was put there. */
    @Override
    void close();
}
