package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StatusOutputTest {
    private static final Instant FAILED = Instant.parse("2026-03-04T05:06:07.089Z");

    /** What Cilium 1.16.19's kvstoremesh answered for a cluster that it mirrored from one of our stores. */
    private static final String CILIUMS = "[{\"config\":{\"cluster-id\":1,\"required\":true,\"retrieved\":true,"
            + "\"sync-canaries\":true},\"connected\":true,\"last-failure\":\"0001-01-01T00:00:00.000Z\",\"name\":\"a\","
            + "\"num-endpoints\":4,\"num-identities\":3,\"num-nodes\":4,\"num-shared-services\":3,\"ready\":true,"
            + "\"status\":\"etcd: 1/1 connected, leases=0, lock leases=1, has-quorum=true: endpoint status checks are"
            + " disabled, ID: 476cad3e2eef9237\",\"synced\":{\"endpoints\":true,\"identities\":true,\"nodes\":true,"
            + "\"services\":true}}]";

    private static Map<Resource, RemoteStatus.Followed> followed(long nodes, long services, long ids, long endpoints) {
        Map<Resource, RemoteStatus.Followed> followed = new EnumMap<>(Resource.class);
        followed.put(Resource.NODES, new RemoteStatus.Followed(nodes, true));
        followed.put(Resource.SERVICES, new RemoteStatus.Followed(services, true));
        followed.put(Resource.IDENTITIES, new RemoteStatus.Followed(ids, true));
        followed.put(Resource.ENDPOINTS, new RemoteStatus.Followed(endpoints, true));
        followed.put(Resource.SERVICE_EXPORTS, new RemoteStatus.Followed(0, false));
        return followed;
    }

    private static String json(RemoteStatus... clusters) {
        return new String(StatusOutput.json(List.of(clusters)), StandardCharsets.UTF_8);
    }

    @Test
    void theJsonIsCiliums() {
        RemoteStatus cluster = new RemoteStatus(
                "a",
                true,
                true,
                "etcd: 1/1 connected, leases=0, lock leases=1, has-quorum=true: endpoint status checks are disabled,"
                        + " ID: 476cad3e2eef9237",
                Optional.of(
                        new RemoteStatus.Config(Optional.of(new ClusterConfig(1, true, false, 255, Optional.empty())))),
                0,
                Optional.empty(),
                followed(4, 3, 3, 4));
        assertThat(json(cluster)).isEqualTo(CILIUMS);
        assertThat(json()).isEqualTo("[]");
    }

    @Test
    void theTableSaysMoreOfWhatIsNotReady() {
        Map<Resource, RemoteStatus.Followed> some = followed(1, 2, 3, 4);
        some.put(Resource.SERVICE_EXPORTS, new RemoteStatus.Followed(9, true));
        some.put(Resource.NODES, new RemoteStatus.Followed(1, false));
        RemoteStatus syncing = new RemoteStatus(
                "b",
                true,
                false,
                "connected",
                Optional.of(
                        new RemoteStatus.Config(Optional.of(new ClusterConfig(2, true, true, 255, Optional.of(true))))),
                3,
                Optional.of(FAILED),
                some);
        RemoteStatus away = new RemoteStatus(
                "c", false, false, "Waiting", Optional.empty(), 0, Optional.empty(), followed(0, 0, 0, 0));
        String text = StatusOutput.text(
                StatusOutput.parse(
                        CILIUMS.replace("]", ",") + json(syncing, away).substring(1)),
                FAILED.plusSeconds(3723),
                false);
        assertThat(text).isEqualTo("""
                        KVStoreMesh:   1/3 remote clusters ready
                           a: ready, 4 nodes, 4 endpoints, 3 identities, 3 services, 0 reconnections (last: never)
                           b: not-ready, 1 nodes, 4 endpoints, 3 identities, 2 services, 3 reconnections (last: 1h2m3s ago)
                           └  connected
                           └  remote configuration: expected=true, retrieved=true, cluster-id=2, kvstoremesh=true, sync-canaries=true, service-exports=enabled
                           └  synchronization status: nodes=false, endpoints=true, identities=true, services=true, service-exports=true
                           c: not-ready, 0 nodes, 0 endpoints, 0 identities, 0 services, 0 reconnections (last: never)
                           └  Waiting
                           └  remote configuration: expected=unknown, retrieved=unknown
                           └  synchronization status: nodes=true, endpoints=true, identities=true, services=true
                        """);
        assertThat(StatusOutput.text(StatusOutput.parse(CILIUMS), FAILED, true))
                .contains("   └  etcd: 1/1 connected, leases=0, lock leases=1");
        assertThat(StatusOutput.text(StatusOutput.parse("null"), FAILED, true))
                .isEqualTo("KVStoreMesh:   0/0 remote clusters ready\n");
    }

    @Test
    void anythingElseIsRefused() {
        for (String other : List.of("", "{}", "[1]", "<html>", "[{}]]")) {
            assertThatThrownBy(() -> StatusOutput.parse(other)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(StatusOutput.text(StatusOutput.parse("[{\"name\":{},\"config\":1,\"synced\":[]}]"), FAILED, true))
                .contains("not-ready");
    }
}
