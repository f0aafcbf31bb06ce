package io.meshkeep.loadtest.compare;

import static io.meshkeep.loadtest.report.Numbers.figure;
import static io.meshkeep.loadtest.report.Numbers.ratio;

import java.util.List;
import java.util.Locale;

/** Results as a Markdown table, which is also readable as it is. */
final class Table {
    private Table() {}

    static String of(List<Result> results) {
        StringBuilder table = new StringBuilder();
        table.append(row(
                "workload",
                "unit",
                "ours",
                "etcd",
                "ratio",
                "(spread)",
                "cpu ours",
                "cpu etcd",
                "cpu r.",
                "p99 ms ours/etcd"));
        table.append(row("---", "---", "--:", "--:", "--:", "--:", "--:", "--:", "--:", "--:"));
        for (Result result : results) {
            boolean cpu = result.countsCpu();
            table.append(row(
                    result.workload(),
                    result.unit().symbol(),
                    figure(result.ours().median()),
                    figure(result.etcd().median()),
                    ratio(result.ratio().median()),
                    ratio(result.ratio().least()) + "-" + ratio(result.ratio().most()),
                    cpu ? figure(result.oursCpuMicros()) : "",
                    cpu ? figure(result.etcdCpuMicros()) : "",
                    cpu ? ratio(result.cpuRatio().median()) : "",
                    result.hasLatency()
                            ? figure(result.oursLatencyMicros(99) / 1e3) + "/"
                                    + figure(result.etcdLatencyMicros(99) / 1e3)
                            : ""));
        }
        return table.toString();
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, "| %-20s | %4s | %9s | %9s | %5s | %11s | %8s | %8s | %6s | %16s |%n", cells);
    }
}
