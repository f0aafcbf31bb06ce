package io.meshkeep.loadtest.fleet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What is done to a server, in this order. */
enum Phase {
    /** Agents on an empty store: what each takes while nothing happens. */
    IDLE,
    /** All keys of the mesh, each with a lease, through ten writers that wait for their answers. */
    BOOTSTRAP,
    /** All agents come at once and list what they follow. */
    ARRIVE,
    /** The writes of the nightly test, to the agents of each cluster; heartbeats, to all agents. */
    CHURN,
    /** All agents lose their connection, miss some writes, and come back at once. */
    STORM,
    /** Leases with a thousand keys each end at the same time. */
    EXPIRY,
    /** A prefix with many keys is deleted. */
    DELETE;

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException with one line for the user */
    static List<Phase> named(String words) {
        List<Phase> phases = new ArrayList<>();
        for (String word : words.split(",")) {
            phases.add(Arrays.stream(values())
                    .filter(phase -> phase.word().equals(word))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no phase is called " + word + "; there are "
                            + String.join(
                                    ", ",
                                    Arrays.stream(values()).map(Phase::word).toList()))));
        }
        if (phases.contains(CHURN) || phases.contains(STORM)) {
            phases.addAll(List.of(BOOTSTRAP, ARRIVE));
        }
        return phases.stream().distinct().sorted().toList();
    }
}
