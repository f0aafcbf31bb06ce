package io.meshkeep.clustermesh.vm;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.meshkeep.clustermesh.workload.CiliumResources;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** {@code meshkeep vm delete}: what is published of a VM goes with its CiliumExternalWorkload. */
final class DeleteCommand {
    private final KubernetesClient kubernetes;
    private final PrintStream err;

    DeleteCommand(KubernetesClient kubernetes, PrintStream err) {
        this.kubernetes = kubernetes;
        this.err = err;
    }

    void run(VmArguments arguments) throws CommandException {
        var workloads = kubernetes.genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS);
        List<String> names = arguments.words();
        if (names.isEmpty() != arguments.isOn("all")) {
            throw CommandException.misused("meshkeep vm delete needs names, or --all");
        }
        if (arguments.isOn("all")) {
            names = workloads.list().getItems().stream()
                    .map(workload -> workload.getMetadata().getName())
                    .toList();
        }
        List<String> missing = new ArrayList<>();
        for (String name : names) {
            if (workloads.withName(name).delete().isEmpty()) {
                missing.add(name);
            }
        }
        int deleted = names.size() - missing.size();
        err.println(
                deleted == 0
                        ? "No external workload resources to remove."
                        : "Removed " + deleted + " external workload resources.");
        if (!missing.isEmpty()) {
            throw CommandException.failed("there is no external workload " + String.join(", ", missing));
        }
    }
}
