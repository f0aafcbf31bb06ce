package io.meshkeep.clustermesh.sync;

import io.meshkeep.clustermesh.kvstore.SyncStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Identities: a number, and the labels that it stands for. */
final class IdentitySync implements ObjectSync<CiliumIdentity> {
    private static final Logger log = LoggerFactory.getLogger(IdentitySync.class);

    private final SyncStore store;

    IdentitySync(SyncStore store) {
        this.store = store;
    }

    @Override
    public void put(String name, CiliumIdentity identity) {
        if (identity.securityLabels == null || identity.securityLabels.isEmpty()) {
            log.warn("CiliumIdentity {} has no security labels and is left out", name);
            return;
        }
        store.upsert(name, Values.identity(identity.securityLabels));
    }

    @Override
    public void delete(String name) {
        store.delete(name);
    }

    @Override
    public void listed() {
        store.synced();
    }
}
