package io.meshkeep.clustermesh.workload;

import io.meshkeep.clustermesh.apiserver.Part;
import java.util.Optional;

/** Lets external workloads in beside the synchronisation, with {@code --enable-external-workloads}. */
public final class ExternalWorkloadsPart implements Part {
    private final ExternalWorkloads admitting;

    private ExternalWorkloadsPart(ExternalWorkloads admitting) {
        this.admitting = admitting;
    }

    /** The {@link Part.Factory}. */
    public static Optional<Part> start(Context context) {
        if (!context.options().externalWorkloads()) {
            return Optional.empty();
        }
        return Optional.of(new ExternalWorkloadsPart(ExternalWorkloads.start(
                context.kubernetes(),
                context.kvstore(),
                context.options().cluster(),
                ExternalWorkloads.Times.DEFAULT)));
    }

    /** VMs wait for their answer by themselves. */
    @Override
    public boolean isReady() {
        return true;
    }

    @Override
    public void close() {
        admitting.close();
    }
}
