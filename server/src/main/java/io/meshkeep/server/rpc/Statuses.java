package io.meshkeep.server.rpc;

import io.grpc.Status;
import io.meshkeep.server.mesh.MeshRefusal;
import io.meshkeep.store.EtcdError;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.StoreException;
import java.util.EnumMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The gRPC status of each of the store's errors. */
final class Statuses {
    private static final Logger log = LoggerFactory.getLogger(Statuses.class);
    private static final Map<EtcdError, Status> STATUSES = new EnumMap<>(EtcdError.class);

    static {
        for (EtcdError error : EtcdError.values()) {
            STATUSES.put(
                    error,
                    Status.fromCode(Status.Code.valueOf(error.code().name())).withDescription(error.text()));
        }
    }

    private Statuses() {}

    static Status of(EtcdError error) {
        return STATUSES.get(error);
    }

    static Status of(Throwable failure) {
        if (failure instanceof EtcdException refused) {
            return of(refused.error());
        }
        if (failure instanceof MeshRefusal refused) {
            return Status.fromCode(Status.Code.valueOf(refused.code().name()))
                    .withDescription("meshkeep: " + refused.getMessage());
        }
        log.error("a call failed", failure);
        if (failure instanceof StoreException) {
            return Status.UNAVAILABLE.withDescription("etcdserver: " + failure.getMessage());
        }
        return Status.INTERNAL.withDescription("etcdserver: internal error: " + failure);
    }
}
