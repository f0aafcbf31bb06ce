package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.TxnRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers beside a writer who always writes the same long value to two keys, and compacts each revision at once: what
 * a reader's snapshot points to on disk is deleted under its hands.
 */
class ReadsDuringCompactionTest {
    private static final int REVISIONS = 400;

    @TempDir
    Path directory;

    private final AtomicBoolean writing = new AtomicBoolean(true);
    private Store store;

    private static ByteString value(int number) {
        return Requests.longValue(KeyValueRecord.MAX_RESIDENT_VALUE + 1 + number % 7, number);
    }

    @Test
    @Timeout(60)
    void readersSeeBothKeysOrLearnThatTheyAreTooLate() throws InterruptedException, ExecutionException {
        StoreOptions options = StoreOptions.builder()
                .unsafeNoSync(true)
                .recentEventBytes(1)
                .retainedSnapshotBytes(1)
                .build();
        ExecutorService readers = Executors.newFixedThreadPool(4);
        try (Store opened = Store.open(directory, options)) {
            store = opened;
            write(0);
            List<Future<Integer>> reads = new ArrayList<>();
            List<Callable<Boolean>> kinds =
                    List.of(this::readNewest, this::readInTransaction, this::readNewestByNumber, this::readOld);
            for (Callable<Boolean> kind : kinds) {
                reads.add(readers.submit(() -> repeat(kind)));
            }
            for (int i = 1; i < REVISIONS && reads.stream().noneMatch(Future::isDone); i++) {
                write(i);
                TestStore.compact(store, store.snapshot().revision());
            }
            write(REVISIONS);
            writing.set(false);
            for (Future<Integer> read : reads) {
                assertThat(read.get()).as("reads that were answered").isPositive();
            }
        } finally {
            writing.set(false);
            readers.shutdown();
        }
    }

    private int repeat(Callable<Boolean> read) throws Exception {
        int answered = 0;
        while (writing.get()) {
            try {
                answered += read.call() ? 1 : 0;
            } catch (EtcdException e) {
                assertThat(e.error()).isEqualTo(EtcdError.COMPACTED);
            }
        }
        // undisturbed it must go well
        return answered + (read.call() ? 1 : 0);
    }

    private void write(int number) {
        TestStore.write(
                store,
                new Command.Txn(Requests.txn()
                        .addSuccess(Requests.op(Requests.put("a", value(number))))
                        .addSuccess(Requests.op(Requests.put("b", value(number))))
                        .build()));
    }

    private static boolean assertBoth(List<KeyValue> kvs) {
        assertThat(kvs).hasSize(2);
        assertThat(kvs.get(0).getModRevision()).isEqualTo(kvs.get(1).getModRevision());
        assertThat(kvs.get(0).getValue()).isEqualTo(kvs.get(1).getValue());
        return true;
    }

    private boolean assertBoth(RangeRequest request) {
        return assertBoth(
                store.range(request).records().stream().map(Answers::keyValue).toList());
    }

    private boolean readNewest() {
        return assertBoth(Requests.all().build());
    }

    private boolean readNewestByNumber() {
        return assertBoth(
                Requests.all().setRevision(store.snapshot().revision()).build());
    }

    private boolean readOld() {
        return assertBoth(Requests.all()
                .setRevision(Math.max(2, store.snapshot().revision() - 1))
                .build());
    }

    /** A transaction reads the disk for its comparison and for each range, and all of it is one state. */
    private boolean readInTransaction() {
        TxnRequest txn = Requests.txn()
                .addCompare(Compare.newBuilder()
                        .setKey(Requests.bytes("a"))
                        .setTarget(Compare.CompareTarget.VALUE)
                        .setResult(Compare.CompareResult.NOT_EQUAL)
                        .setValue(Requests.bytes("x")))
                .addSuccess(Requests.op(Requests.range("a", "")))
                .addSuccess(Requests.op(Requests.range("b", "")))
                .build();
        Result.Txn result = store.read(txn);
        assertThat(result.succeeded()).isTrue();
        return assertBoth(result.responses().stream()
                .flatMap(response -> ((Result.Range) response).records().stream())
                .map(Answers::keyValue)
                .toList());
    }
}
