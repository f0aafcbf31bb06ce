package io.meshkeep.clustermesh.troubleshoot;

import io.meshkeep.server.ListenUrl;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was found about one target.
 *
 * @param common about the client's files
 * @param endpoints about each endpoint
 */
record TargetReport(Target target, List<Finding> common, List<EndpointReport> endpoints) {
    /**
     * What was found about one endpoint.
     *
     * @param storeId the cluster id of its answers, 0 if unknown
     * @param meshId the cluster's number in the mesh, 0 if unknown
     */
    record EndpointReport(String url, List<Finding> findings, long storeId, long meshId) {
        boolean isGood() {
            return findings.stream().noneMatch(Finding::isProblem);
        }
    }

    static TargetReport of(Target target, Duration timeout, Instant now) {
        List<Finding> common = new ArrayList<>();
        Optional<Credentials> credentials = Credentials.read(target, now, common);
        List<EndpointReport> endpoints = new ArrayList<>();
        if (target.endpoints().isEmpty()) {
            common.add(Finding.problem(Step.CONFIG, "there is no endpoint", "add one under endpoints:"));
        }
        // Without its files a client cannot even try.
        if (credentials.isPresent()) {
            for (String text : target.endpoints()) {
                endpoints.add(endpoint(text, target, credentials.get(), timeout, now));
            }
        }
        return new TargetReport(target, common, endpoints);
    }

    private static EndpointReport endpoint(
            String text, Target target, Credentials credentials, Duration timeout, Instant now) {
        ListenUrl url;
        try {
            url = ListenUrl.parse(text);
        } catch (IllegalArgumentException e) {
            Finding malformed = Finding.problem(
                    Step.CONFIG,
                    e.getMessage(),
                    "write it as https://host:port, such as" + " https://east.mesh.cilium.io:2379");
            return new EndpointReport(text, List.of(malformed), 0, 0);
        }
        List<Finding> findings = new ArrayList<>(EndpointCheck.run(url, credentials, timeout, now));
        if (findings.stream().anyMatch(Finding::isProblem)) {
            return new EndpointReport(text, findings, 0, 0);
        }
        StoreCheck.Result store = StoreCheck.run(url, credentials, target.cluster(), timeout, now);
        findings.addAll(store.findings());
        return new EndpointReport(text, findings, store.storeId(), store.meshId());
    }

    boolean isGood() {
        return common.stream().noneMatch(Finding::isProblem)
                && endpoints.stream().allMatch(EndpointReport::isGood);
    }
}
