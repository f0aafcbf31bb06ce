package io.meshkeep.loadtest.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.loadtest.compare.Result.Figure;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void aResultIsAnObject() {
        Histogram latency = new Histogram(10_000_000, 3);
        latency.recordValue(2_000);
        Result put = new Result("put-100", Unit.PER_SECOND);
        put.add(new Figure(123456.7, 10, latency), new Figure(50000, 40, latency));
        Result start = new Result("start-empty", Unit.MILLISECONDS);
        start.add(Figure.of(800), Figure.of(400));
        assertThat(Json.of(List.of(put, start))).isEqualTo("""
                        [
                          {"workload": "put-100", "unit": "1/s", "ours": 123500, "etcd": 50000, "ratio": 2.469, \
                        "ratio_min": 2.469, "ratio_max": 2.469, "cpu_ratio": 0.25, \
                        "cpu_us_ours": 10, "cpu_us_etcd": 40, \
                        "p50_us_ours": 2, "p50_us_etcd": 2, "p99_us_ours": 2, "p99_us_etcd": 2, \
                        "p999_us_ours": 2, "p999_us_etcd": 2},
                          {"workload": "start-empty", "unit": "ms", "ours": 800, "etcd": 400, "ratio": 0.5, \
                        "ratio_min": 0.5, "ratio_max": 0.5, "cpu_ratio": null}
                        ]
                        """);
    }

    @Test
    void noResultsAreAnEmptyList() {
        assertThat(Json.of(List.of())).isEqualTo("[\n\n]\n");
    }
}
