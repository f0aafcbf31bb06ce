package io.meshkeep.clustermesh.kvstoremesh;

import io.meshkeep.clustermesh.apiserver.ApiServerOptions;
import io.meshkeep.clustermesh.apiserver.Part;
import io.meshkeep.clustermesh.http.MonitoringPorts;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** KVStoreMesh in the process of {@code meshkeep clustermesh}, when {@code --clustermesh-config} names a directory. */
public final class KvstoreMeshPart implements Part {
    private static final Logger log = LoggerFactory.getLogger(KvstoreMeshPart.class);

    private static final int STATUS_PORT = 9889;

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
        MonitoringPorts ports = new MonitoringPorts();
        try {
            ports.json(
                    new InetSocketAddress("localhost", STATUS_PORT),
                    StatusOutput.PATH,
                    () -> StatusOutput.json(mesh.status()));
        } catch (IOException e) {
            // of use to people alone
            log.warn("the status of remote clusters is not served: {}", e.getMessage());
        }
        return Optional.of(new KvstoreMeshPart(mesh, ports));
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
