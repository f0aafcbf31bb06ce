package io.meshkeep.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The checker must be able to fail. */
class PrometheusTextTest {
    @Test
    void readsWhatEtcdWrites() {
        PrometheusText text = PrometheusText.parse("""
            # HELP a Some words.
            # TYPE a gauge
            a{x="1",y="q\\"\\\\\\n"} 2.147483648e+09
            a{x="2",y=""} NaN
            # HELP h More words.
            # TYPE h histogram
            h_bucket{le="0.5"} 1
            h_bucket{le="+Inf"} 2
            h_sum 3.5
            h_count 2
            """);
        assertThat(text.families()).containsOnlyKeys("a", "h");
        assertThat(text.value("h_sum")).isEqualTo(3.5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a 1",
                "a 1\n",
                "# TYPE a gauge\n",
                "# TYPE a gauge\na one\n",
                "# TYPE a thing\na 1\n",
                "# TYPE a gauge\na{x=1} 1\n",
                "# TYPE a gauge\na{x=\"1\" y=\"2\"} 1\n",
                "# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n",
                "# TYPE a gauge\na 1\na 2\n",
                "# TYPE a counter\na -1\n",
                "# TYPE a counter\na_total 1\n",
                "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\na{x=\"1\"} 1\n",
                "# TYPE a gauge\na 1\n# TYPE a gauge\na{x=\"1\"} 1\n",
                "# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
                "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
                "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
            })
    void refusesWhatBreaksTheFormat(String text) {
        assertThatThrownBy(() -> PrometheusText.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
