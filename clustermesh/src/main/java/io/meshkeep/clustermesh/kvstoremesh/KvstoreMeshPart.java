package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.clustermesh.apiserver.ApiServerOptions;
import io.meshkeep.clustermesh.apiserver.Part;
import io.meshkeep.clustermesh.http.MonitoringPorts;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** KVStoreMesh in the process of {@code meshkeep clustermesh}, when {@code --clustermesh-config} names a directory. */
public final class KvstoreMeshPart implements Part {
    private static final Logger log = LoggerFactory.getLogger(KvstoreMeshPart.class);

    private final KvstoreMesh mesh;
    private final MonitoringPorts ports;

    private KvstoreMeshPart(KvstoreMesh mesh, MonitoringPorts ports) {
        this.mesh = mesh;
        this.ports = ports;
    }

    /** See {@link Part.Factory#start}. */
    public static Optional<Part> start(Part.Context context) throws IOException {
        ApiServerOptions options = context.options();
        if (options.remoteClusters().isEmpty()) {
            return Optional.empty();
        }
        KvstoreMeshConfig config;
        try {
            config = config(options);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        KvstoreMesh mesh = KvstoreMesh.start(config, context.kvstore());
        MeshMetrics.register(context.metrics(), mesh);
        KvstoreMeshPart part = new KvstoreMeshPart(mesh, new MonitoringPorts());
        try {
            part.serveStatus(options.statusAddress());
        } catch (IOException | RuntimeException e) {
            part.close();
            throw e;
        }
        return Optional.of(part);
    }

    /** Pods that share a network both want the usual address. What is read there is of use to people alone. */
    private void serveStatus(ApiServerOptions.StatusAddress address) throws IOException {
        if (address.text().isEmpty()) {
            return;
        }
        try {
            ports.json(
                    MonitoringPorts.address(address.text()), StatusOutput.PATH, () -> StatusOutput.json(mesh.status()));
        } catch (IOException e) {
            if (address.given()) {
                throw new IOException("--api-serve-addr: " + e.getMessage(), e);
            }
            log.warn(
                    "the status of other clusters is not served, --api-serve-addr gives it another address: {}",
                    e.getMessage());
        }
    }

    private static KvstoreMeshConfig config(ApiServerOptions options) {
        KvstoreMeshConfig.Timing usual = KvstoreMeshConfig.Timing.DEFAULT;
        return new KvstoreMeshConfig(
                options.cluster().name(),
                (int) options.cluster().id(),
                options.cluster().maxConnectedClusters(),
                options.remoteClusters().orElseThrow(),
                KvstoreMeshConfig.PER_CLUSTER_READY_TIMEOUT,
                KvstoreMeshConfig.GLOBAL_READY_TIMEOUT,
                true,
                KvstoreMeshConfig.LocalLimits.NONE,
                usual.withLeaseTtl(options.leaseTtl()));
    }

    @Override
    public boolean isReady() {
        return mesh.isReady();
    }

    @Override
    public void close() {
        ports.close();
        mesh.close();
    }
}
