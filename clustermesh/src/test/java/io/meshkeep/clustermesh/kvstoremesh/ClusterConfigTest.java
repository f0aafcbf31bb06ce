package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The values are those that Go's encoder writes for Cilium's type. */
class ClusterConfigTest {
    private static ClusterConfig parse(String json) {
        return ClusterConfig.parse(ByteString.copyFromUtf8(json));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"capabilities\":{}}",
                "{\"id\":7,\"capabilities\":{}}",
                "{\"id\":7,\"capabilities\":{\"syncedCanaries\":true}}",
                "{\"id\":7,\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":511}}",
                "{\"id\":511,\"capabilities\":{\"syncedCanaries\":true,\"cached\":true,\"maxConnectedClusters\":511,"
                        + "\"serviceExportsEnabled\":false}}",
            })
    void whatIsReadIsWrittenTheSame(String json) {
        assertThat(parse(json).toJson().toStringUtf8()).isEqualTo(json);
    }

    @Test
    void aMirrorSaysThatItIsOneAndTheRestAsTheClusterDoes() {
        assertThat(parse("{\"id\":3,\"capabilities\":{\"serviceExportsEnabled\":true}}")
                        .mirrored())
                .isEqualTo(new ClusterConfig(3, true, true, 0, Optional.of(true)));
    }

    @Test
    void whatIsUnknownOrNullIsPassedOver() {
        assertThat(parse(" {\"id\":null,\"new\":[1,{}],\"capabilities\":{\"newer\":1,\"cached\":null}} "))
                .isEqualTo(new ClusterConfig(0, false, false, 0, Optional.empty()));
        assertThat(parse("{\"id\":1}")).isEqualTo(new ClusterConfig(1, false, false, 0, Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "7",
                "{",
                "{}{}",
                "{\"id\":\"7\"}",
                "{\"id\":-1}",
                "{\"id\":1.5}",
                "{\"id\":1e99}",
                "{\"id\":99999999999}",
                "{\"id\":true}",
                "{'id':1}",
                "{\"capabilities\":{\"cached\":1}}"
            })
    void whatCannotBeMeantIsRefused(String json) {
        assertThatThrownBy(() -> parse(json)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void nestingWithoutEndIsRefused() {
        assertThatThrownBy(() -> parse("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
    }
}
