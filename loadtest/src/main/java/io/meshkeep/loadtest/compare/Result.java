package io.meshkeep.loadtest.compare;

import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/** The figures of one workload for both servers, round by round. Not thread-safe. */
final class Result {
    private final String workload;
    private final Unit unit;
    private final List<Round> rounds = new ArrayList<>();

    Result(String workload, Unit unit) {
        this.workload = workload;
        this.unit = unit;
    }

    /**
     * What one server did in one round.
     *
     * @param figure in the unit of the result
     * @param cpuMicros processor time of the server per operation, 0 where operations are not counted
     * @param latency in nanoseconds, null where there is none
     */
    record Figure(double figure, double cpuMicros, Histogram latency) {
        static Figure of(double figure) {
            return new Figure(figure, 0, null);
        }
    }

    private record Round(Figure ours, Figure etcd) {}

    void add(Figure ours, Figure etcd) {
        rounds.add(new Round(ours, etcd));
    }

    String workload() {
        return workload;
    }

    Unit unit() {
        return unit;
    }

    Spread ours() {
        return Spread.of(rounds.stream().map(round -> round.ours.figure).toList());
    }

    Spread etcd() {
        return Spread.of(rounds.stream().map(round -> round.etcd.figure).toList());
    }

    /** Ratios are taken within a round, where both met the same machine; more than 1 is better for ours. */
    Spread ratio() {
        return Spread.of(rounds.stream()
                .map(round -> unit.ratio(round.ours.figure, round.etcd.figure))
                .toList());
    }

    boolean countsCpu() {
        return rounds.stream().allMatch(round -> round.ours.cpuMicros > 0 && round.etcd.cpuMicros > 0);
    }

    /** Processor time that our server takes for an operation, as a share of what etcd takes; less than 1 is better. */
    Spread cpuRatio() {
        return Spread.of(rounds.stream()
                .map(round -> round.ours.cpuMicros / round.etcd.cpuMicros)
                .toList());
    }

    double oursCpuMicros() {
        return Spread.of(rounds.stream().map(round -> round.ours.cpuMicros).toList())
                .median();
    }

    double etcdCpuMicros() {
        return Spread.of(rounds.stream().map(round -> round.etcd.cpuMicros).toList())
                .median();
    }

    boolean hasLatency() {
        return rounds.stream().allMatch(round -> round.ours.latency != null && round.etcd.latency != null);
    }

    /** A percentile over all rounds, in microseconds. */
    double oursLatencyMicros(double percentile) {
        return merged(rounds.stream().map(round -> round.ours.latency).toList(), percentile);
    }

    /** A percentile over all rounds, in microseconds. */
    double etcdLatencyMicros(double percentile) {
        return merged(rounds.stream().map(round -> round.etcd.latency).toList(), percentile);
    }

    private static double merged(List<Histogram> histograms, double percentile) {
        Histogram all = histograms.get(0).copy();
        histograms.stream().skip(1).forEach(all::add);
        return all.getValueAtPercentile(percentile) / 1e3;
    }
}
