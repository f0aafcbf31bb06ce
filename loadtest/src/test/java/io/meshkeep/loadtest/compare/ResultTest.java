package io.meshkeep.loadtest.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.meshkeep.loadtest.compare.Result.Figure;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ResultTest {
    @Test
    void ratiosAreTakenWithinARound() {
        Result result = new Result("put", Unit.PER_SECOND);
        result.add(Figure.of(100), Figure.of(50));
        result.add(Figure.of(10), Figure.of(10));
        result.add(Figure.of(900), Figure.of(300));
        assertThat(result.ratio()).isEqualTo(new Spread(2, 1, 3));
        assertThat(result.ours()).isEqualTo(new Spread(100, 10, 900));
    }

    @Test
    void moreThanOneIsBetterAlsoWhereLessIsBetter() {
        Result result = new Result("put-1", Unit.MICROSECONDS);
        result.add(Figure.of(100), Figure.of(150));
        assertThat(result.ratio().median()).isEqualTo(1.5);
    }

    @Test
    void processorTimeIsAShareOfEtcds() {
        Result result = new Result("put", Unit.PER_SECOND);
        result.add(new Figure(1, 10, null), new Figure(1, 40, null));
        assertThat(result.cpuRatio().median()).isEqualTo(0.25);
        result.add(Figure.of(1), Figure.of(1));
        assertThat(result.countsCpu()).isFalse();
    }

    @Test
    void latenciesOfAllRoundsCountAlike() {
        Result result = new Result("put", Unit.PER_SECOND);
        result.add(new Figure(1, 1, latencies(1_000, 900)), new Figure(1, 1, latencies(5_000, 1)));
        result.add(new Figure(1, 1, latencies(2_000_000, 100)), new Figure(1, 1, latencies(5_000, 1)));
        assertThat(result.oursLatencyMicros(50)).isCloseTo(1, within(0.01));
        assertThat(result.oursLatencyMicros(90)).isCloseTo(1, within(0.01));
        assertThat(result.oursLatencyMicros(90.1)).isCloseTo(2000, within(2.0));
        assertThat(result.etcdLatencyMicros(50)).isCloseTo(5, within(0.01));
    }

    private static Histogram latencies(long nanos, long count) {
        Histogram histogram = new Histogram(10_000_000, 3);
        histogram.recordValueWithCount(nanos, count);
        return histogram;
    }

    @Test
    void theMedianOfAnEvenNumberLiesBetween() {
        assertThat(Spread.of(List.of(4.0, 1.0, 2.0, 100.0))).isEqualTo(new Spread(3, 1, 100));
        assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }
}
