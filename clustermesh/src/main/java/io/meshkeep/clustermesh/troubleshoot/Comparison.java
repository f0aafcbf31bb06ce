package io.meshkeep.clustermesh.troubleshoot;

import io.meshkeep.clustermesh.troubleshoot.TargetReport.EndpointReport;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** What can only be seen of several targets together: whether what should be different is. */
final class Comparison {
    private Comparison() {}

    static List<Finding> of(List<TargetReport> reports) {
        Map<Long, TreeSet<String>> byMeshId = new TreeMap<>();
        Map<Long, Map<TreeSet<String>, String>> byStore = new TreeMap<>();
        for (TargetReport report : reports) {
            String label = report.target().cluster().orElse(report.target().label());
            for (EndpointReport endpoint : report.endpoints()) {
                if (endpoint.meshId() != 0) {
                    byMeshId.computeIfAbsent(endpoint.meshId(), id -> new TreeSet<>())
                            .add(label);
                }
            }
            // The same endpoints may lead to several clusters' mirrors, as behind KVStoreMesh.
            TreeSet<String> urls = new TreeSet<>(report.target().endpoints());
            for (EndpointReport endpoint : report.endpoints()) {
                if (endpoint.storeId() != 0) {
                    byStore.computeIfAbsent(endpoint.storeId(), id -> new LinkedHashMap<>())
                            .put(urls, label);
                }
            }
        }
        List<Finding> findings = new ArrayList<>();
        byMeshId.forEach((id, clusters) -> {
            if (clusters.size() > 1) {
                findings.add(Finding.problem(
                        Step.CLUSTER_CONFIG,
                        "clusters " + String.join(" and ", clusters) + " both have id " + id,
                        "each cluster of a mesh needs an id of its own: change cluster.id of one, and restart all of"
                                + " its agents and pods"));
            }
        });
        byStore.forEach((id, clusters) -> {
            if (clusters.size() > 1) {
                findings.add(Finding.warning(
                        Step.CLUSTER_ID,
                        String.join(" and ", clusters.values()) + " have different endpoints and the same store "
                                + HexFormat.of().toHexDigits(id),
                        "if the endpoints are not names of one server, a data directory was copied: empty it, and"
                                + " initialise it again"));
            }
        });
        return findings;
    }
}
