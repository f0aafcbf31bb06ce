package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.proto.TxnRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What watchers are told a key was before a transaction that changes it twice: what it was before the transaction. */
class ChangedTwiceTest {
    @Test
    void thePairBeforeIsThatBeforeTheTransaction() {
        StateMachine machine = new MemoryDisk().stateMachine();
        machine.apply(new Command.Put(Requests.put("b", "old")));
        TxnRequest txn = Requests.txn()
                .addSuccess(Requests.op(Requests.txn()
                        .addSuccess(Requests.op(Requests.put("c", "new")))
                        .addSuccess(Requests.op(Requests.put("b", "new")))
                        .addSuccess(Requests.op(Requests.put("a", "new")))))
                .addSuccess(Requests.op(Requests.delete("a", "\0", false)))
                .build();
        RequestChecks.check(txn, 128);
        for (int round = 0; round < 2; round++) {
            machine.apply(new Command.Txn(txn));
            machine.apply(new Command.Put(Requests.put("b", "old")));
        }
        List<String> told = machine.cut().events().events().stream()
                .map(ChangedTwiceTest::told)
                .toList();
        List<String> txnTold = List.of(
                "put c, was -",
                "put b, was old",
                "put a, was -",
                "delete a, was -",
                "delete b, was old",
                "delete c, was -");
        assertThat(told).hasSize(15).startsWith("put b, was -").endsWith("put b, was -");
        assertThat(told.subList(1, 7)).isEqualTo(txnTold);
        assertThat(told.subList(8, 14)).isEqualTo(txnTold);
    }

    private static String told(Event event) {
        return (event.delete() ? "delete " : "put ")
                + new String(event.key(), StandardCharsets.US_ASCII)
                + ", was "
                + (event.previous() == null
                        ? "-"
                        : new String(KeyValueRecord.value(event.previous()), StandardCharsets.US_ASCII));
    }
}
