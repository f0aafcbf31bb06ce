package io.meshkeep.store;

import static io.meshkeep.store.Requests.op;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.proto.TxnRequest;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers too large to be built: they are refused, and a command that is refused has changed nothing. */
class AnswerSizeTest {
    private static final long MAX_ANSWER = 100_000;

    private final MemoryDisk disk = new MemoryDisk();
    private final StateMachine machine = disk.stateMachine(MAX_ANSWER);

    /** Forty keys with values that stay on disk: 60,000 bytes for the first ten of them, 240,000 for all. */
    @BeforeEach
    void fill() {
        for (int i = 10; i < 50; i++) {
            machine.apply(new Command.Put(Requests.put("k" + i, Requests.longValue(6_000, i))));
        }
        disk.write(machine.cut());
    }

    private void assertRefusedWithoutATrace(Command command) {
        assertThatThrownBy(() -> machine.apply(command))
                .isInstanceOfSatisfying(
                        EtcdException.class, e -> assertThat(e.error()).isEqualTo(EtcdError.ANSWER_TOO_LARGE));
        StateMachine.Cut cut = machine.cut();
        assertThat(cut.writes()).isEmpty();
        assertThat(cut.events()).isNull();
        assertThat(cut.snapshot().revision()).isEqualTo(41);
    }

    private static Command txn(TxnRequest.Builder txn) {
        return new Command.Txn(txn.build());
    }

    @Test
    void aTransactionWhoseRangeIsTooLargeHasNotWritten() {
        assertRefusedWithoutATrace(txn(Requests.txn()
                .addSuccess(op(Requests.put("new", "v")))
                .addSuccess(op(Requests.delete("k10", "", false)))
                .addSuccess(op(Requests.all()))));
    }

    @Test
    void nestedTransactionsNeither() {
        assertRefusedWithoutATrace(txn(Requests.txn()
                .addSuccess(op(Requests.put("new", "v")))
                .addSuccess(op(Requests.txn().addSuccess(op(Requests.delete("k10", "k11", true)))))
                .addSuccess(op(Requests.txn().addSuccess(op(Requests.all()))))));
    }

    @Test
    void theRangesOfATransactionAreOneAnswer() {
        TxnRequest.Builder txn = Requests.txn().addSuccess(op(Requests.range("k10", "k20")));
        assertThat(machine.apply(txn(txn))).isInstanceOf(Result.Txn.class);
        assertRefusedWithoutATrace(txn(txn.addSuccess(op(Requests.range("k20", "k30")))));
    }

    @Test
    void thePairsBeforeADeleteAreAnAnswerToo() {
        assertRefusedWithoutATrace(new Command.DeleteRange(Requests.delete("k", "l", true)));
        assertRefusedWithoutATrace(txn(Requests.txn()
                .addSuccess(op(Requests.delete("k10", "k20", true)))
                .addSuccess(op(Requests.delete("k20", "k30", true)))));
        Result.DeleteRange deleted =
                (Result.DeleteRange) machine.apply(new Command.DeleteRange(Requests.delete("k", "l", false)));
        assertThat(deleted.deleted()).isEqualTo(40);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void refusedCommandsLeaveEverythingAsItWas(long seed) {
        MemoryDisk fewBytes = new MemoryDisk();
        StateMachine tight = fewBytes.stateMachine(9_000);
        MvccModel model = new MvccModel();
        RandomCommands commands = new RandomCommands(new SplittableRandom(seed));
        int tooLarge = 0;
        for (int i = 0; i < 1_000; i++) {
            Command command = commands.next(model.revision());
            try {
                MvccModel.Answer answer = Answers.of(tight.apply(command), null);
                assertThat(answer).isEqualTo(model.apply(command));
            } catch (EtcdException refused) {
                // what the model, which has no limit, would have changed must not have happened
                if (refused.error() == EtcdError.ANSWER_TOO_LARGE) {
                    tooLarge++;
                } else {
                    assertThat(model.apply(command)).isEqualTo(new MvccModel.Answer.Refused(refused.error()));
                }
            }
            if (i % 5 == 0) {
                fewBytes.write(tight.cut());
            }
        }
        assertThat(tooLarge).isGreaterThan(10);
        Snapshot snapshot = tight.cut().snapshot();
        assertThat(snapshot.keys().records().stream()
                        .map(KeyValueRecord::modRevision)
                        .toList())
                .isEqualTo(model.at(model.revision()).values().stream()
                        .map(kv -> kv.getModRevision())
                        .toList());
        for (long lease : model.leases()) {
            assertThat(snapshot.leaseKeys(lease)).hasSameSizeAs(model.leaseKeys(lease));
        }
    }
}
