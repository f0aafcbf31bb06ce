package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.TxnRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A transaction that deletes from a key on and then puts a key that it has deleted passes etcd's checks, and a put that
 * is to keep the value or lease then has nothing to keep.
 */
class TxnIgnoreTest {
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void thereIsNothingToKeepOfAKeyThatTheSameTransactionDeleted(boolean value) {
        StateMachine machine = new MemoryDisk().stateMachine();
        machine.apply(new Command.Put(Requests.put("k", "v")));
        machine.apply(new Command.Put(Requests.put("l", "v")));
        PutRequest keep = PutRequest.newBuilder()
                .setKey(Requests.bytes("k"))
                .setIgnoreValue(value)
                .setIgnoreLease(!value)
                .build();
        TxnRequest txn = Requests.txn()
                .addSuccess(Requests.op(Requests.delete("k", "\0", false)))
                .addSuccess(Requests.op(keep))
                .build();
        RequestChecks.check(txn, 128);
        assertThatThrownBy(() -> machine.apply(new Command.Txn(txn))).isSameAs(EtcdError.KEY_NOT_FOUND.exception());
        Snapshot after = machine.cut().snapshot();
        assertThat(after.revision()).isEqualTo(3);
        assertThat(KeyValueRecord.value(after.keys().find("k".getBytes(java.nio.charset.StandardCharsets.UTF_8))))
                .isEqualTo(new byte[] {'v'});
        assertThat(after.keys().find(new byte[] {'l'})).isNotNull();
    }
}
