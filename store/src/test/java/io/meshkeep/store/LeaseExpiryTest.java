package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An expiry that was proposed for one lease does not hit the next one of the same id. */
class LeaseExpiryTest {
    private static long grant(StateMachine machine) {
        return ((Result.LeaseGrant) machine.apply(new Command.LeaseGrant(7, 100))).granted();
    }

    @Test
    void aLeaseThatWasRevokedAndGrantedAgainDoesNotExpireForTheFirst() {
        StateMachine machine = new MemoryDisk().stateMachine();
        long first = grant(machine);
        machine.apply(new Command.LeaseRevoke(7));
        long second = grant(machine);
        machine.apply(new Command.Put(Requests.put("k", "v", 7)));

        assertThatThrownBy(() -> machine.apply(new Command.LeaseExpire(7, first)))
                .isSameAs(EtcdError.LEASE_NOT_FOUND.exception());
        assertThat(machine.apply(new Command.LeaseExpire(7, second)).revision()).isEqualTo(3);
        assertThat(machine.cut().snapshot().hasLease(7)).isFalse();
    }

    @Test
    void alsoWhenABatchEndsInBetween() {
        StateMachine machine = new MemoryDisk().stateMachine();
        long first = grant(machine);
        machine.cut();
        machine.apply(new Command.LeaseRevoke(7));
        machine.cut();
        grant(machine);
        machine.cut();
        assertThatThrownBy(() -> machine.apply(new Command.LeaseExpire(7, first)))
                .isSameAs(EtcdError.LEASE_NOT_FOUND.exception());
    }

    @Test
    void aLeaseKeepsItsGrantOverARestart(@TempDir Path directory) {
        long granted;
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            TestStore.put(store, "k", "v");
            TestStore.write(store, new Command.LeaseGrant(7, 100));
            granted = store.snapshot().lease(7).granted();
            assertThat(granted).isEqualTo(2);
        }
        try (Store store = Store.open(directory, StoreOptions.defaults())) {
            assertThat(store.snapshot().lease(7).granted()).isEqualTo(granted);
            assertThat(TestStore.write(store, new Command.LeaseExpire(7, granted + 1)))
                    .isEqualTo(new MvccModel.Answer.Refused(EtcdError.LEASE_NOT_FOUND));
            TestStore.write(store, new Command.LeaseExpire(7, granted));
            assertThat(store.snapshot().hasLease(7)).isFalse();
        }
    }

    @Test
    void aLeaseThatWasStoredWithoutItsGrantCanExpire() {
        byte[] key = StoredLease.grant(7, 100, 5).key();
        byte[] old = java.util.Arrays.copyOf(StoredLease.grant(7, 100, 5).value(), Long.BYTES);
        assertThat(StoredLease.decode(key, old)).isEqualTo(new StoredLease(7, 100, 0));
    }
}
