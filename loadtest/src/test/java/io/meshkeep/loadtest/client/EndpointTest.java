package io.meshkeep.loadtest.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @Test
    void takesUrlsAndPairs() {
        assertThat(Endpoint.parse("http://127.0.0.1:2379")).isEqualTo(new Endpoint("127.0.0.1", 2379));
        assertThat(Endpoint.parse("localhost:1")).isEqualTo(new Endpoint("localhost", 1));
        assertThat(Endpoint.parse("http://127.0.0.1:2379").url()).isEqualTo("http://127.0.0.1:2379");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "https://localhost:2379", "http://:2379", "http://a b:1", "http://a:0"})
    void refusesTheRest(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not an endpoint");
    }
}
