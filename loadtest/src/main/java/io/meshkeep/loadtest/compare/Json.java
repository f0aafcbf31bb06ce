package io.meshkeep.loadtest.compare;

import static io.meshkeep.loadtest.report.JsonText.number;
import static io.meshkeep.loadtest.report.JsonText.string;

import java.util.List;
import java.util.StringJoiner;

/** Writes results as a JSON list, one object a workload. */
final class Json {
    private Json() {}

    static String of(List<Result> results) {
        StringJoiner list = new StringJoiner(",\n", "[\n", "\n]\n");
        results.forEach(result -> list.add("  " + of(result)));
        return list.toString();
    }

    private static String of(Result result) {
        StringJoiner fields = new StringJoiner(", ", "{", "}");
        fields.add("\"workload\": " + string(result.workload()));
        fields.add("\"unit\": " + string(result.unit().symbol()));
        fields.add("\"ours\": " + number(result.ours().median()));
        fields.add("\"etcd\": " + number(result.etcd().median()));
        fields.add("\"ratio\": " + number(result.ratio().median()));
        fields.add("\"ratio_min\": " + number(result.ratio().least()));
        fields.add("\"ratio_max\": " + number(result.ratio().most()));
        if (result.countsCpu()) {
            fields.add("\"cpu_ratio\": " + number(result.cpuRatio().median()));
            fields.add("\"cpu_us_ours\": " + number(result.oursCpuMicros()));
            fields.add("\"cpu_us_etcd\": " + number(result.etcdCpuMicros()));
        } else {
            fields.add("\"cpu_ratio\": null");
        }
        if (result.hasLatency()) {
            for (String percentile : List.of("50", "99", "99.9")) {
                double value = Double.parseDouble(percentile);
                String name = percentile.replace(".", "");
                fields.add("\"p" + name + "_us_ours\": " + number(result.oursLatencyMicros(value)));
                fields.add("\"p" + name + "_us_etcd\": " + number(result.etcdLatencyMicros(value)));
            }
        }
        return fields.toString();
    }
}
