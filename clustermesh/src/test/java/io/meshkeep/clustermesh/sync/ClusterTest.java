package io.meshkeep.clustermesh.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ClusterTest {
    @Test
    void whatItTellsOfItselfIsWhatCiliumWrites() {
        assertThat(Values.clusterConfig(Fixture.CLUSTER).toStringUtf8())
                .isEqualTo(Fixture.keys("shared.txt").get("cilium/cluster-config/one"));
        assertThat(Values.clusterConfig(Cluster.of("default", 0)).toStringUtf8())
                .isEqualTo("{\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255}}");
    }

    @Test
    void numbersThatAreNotCiliumsAreRefused() {
        assertThatThrownBy(() -> Cluster.of("one", 256)).hasMessageContaining("--cluster-id=256");
        assertThatThrownBy(() -> new Cluster("one", 1, 300, Optional.empty()))
                .hasMessageContaining("--max-connected-clusters=300");
        assertThatThrownBy(() -> Cluster.of("default", 1)).hasMessageContaining("--cluster-name");
        assertThatThrownBy(() -> Cluster.of("a/b", 1)).hasMessageContaining("--cluster-name");
        assertThat(new Cluster("one", 511, 511, Optional.empty()).id()).isEqualTo(511);
    }

    @Test
    void identitiesOfAClusterAreItsOwn() {
        assertThat(Cluster.of("default", 0).firstIdentity()).isEqualTo(256);
        assertThat(Cluster.of("default", 0).lastIdentity()).isEqualTo(65535);
        assertThat(Cluster.of("east", 7).firstIdentity()).isEqualTo(7 << 16);
        assertThat(Cluster.of("east", 7).lastIdentity()).isEqualTo((8 << 16) - 1);
        Cluster last = new Cluster("east", 511, 511, Optional.empty());
        assertThat(last.firstIdentity()).isEqualTo(511 << 15);
        assertThat(last.lastIdentity()).isEqualTo((1 << 24) - 1);
    }
}
