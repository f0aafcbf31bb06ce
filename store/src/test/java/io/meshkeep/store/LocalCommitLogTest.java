package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.proto.RequestOp;
import io.meshkeep.store.StateMachine.Cut;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Group commit, and above all its end: whatever fails, each command is answered once, and nothing waits for ever. The
 * commit is made to fail where the log hands its result on, which is the last moment at which it can.
 */
@Timeout(60)
class LocalCommitLogTest {
    private static final StoreException BROKEN = new StoreException("the disk is broken");

    @TempDir
    Path directory;

    private Storage storage;
    private LocalCommitLog commitLog;
    private final TestPublisher publisher = new TestPublisher();

    /** Lets each commit pass, wait or fail, by its number. */
    private static final class TestPublisher implements LocalCommitLog.Publisher {
        final AtomicInteger commits = new AtomicInteger();
        final Queue<StoreException> failures = new ConcurrentLinkedQueue<>();
        volatile int failAt = Integer.MAX_VALUE;
        volatile int holdAt = Integer.MAX_VALUE;
        final CountDownLatch held = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        volatile Runnable onFailure = () -> {};
        volatile Snapshot published;

        @Override
        public void publish(Cut cut) {
            published = cut.snapshot();
            if (cut.writes().isEmpty()) {
                return;
            }
            int commit = commits.incrementAndGet();
            if (commit == holdAt) {
                held.countDown();
                await(release);
            }
            if (commit >= failAt) {
                throw BROKEN;
            }
        }

        @Override
        public void announce() {}

        @Override
        public void synced(long nanos) {}

        @Override
        public void failed(StoreException cause) {
            failures.add(cause);
            onFailure.run();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody let it go on");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @BeforeEach
    void open() {
        open(StoreOptions.builder().unsafeNoSync(true).build());
    }

    private void open(StoreOptions options) {
        storage = Storage.open(directory, options);
        commitLog = new LocalCommitLog(
                "test",
                storage.recover(Runnable::run),
                storage,
                new HistoryReader(storage, 1 << 20),
                options,
                publisher);
    }

    @AfterEach
    void close() {
        commitLog.close();
        storage.close();
    }

    private TestStore.Pending submit(Command command) {
        TestStore.Pending pending = new TestStore.Pending();
        assertThat(commitLog.submit(command, 100, pending)).isTrue();
        return pending;
    }

    /** @param answered gets the number when the answer is there */
    private TestStore.Pending submit(Command command, int number, List<Integer> answered) {
        TestStore.Pending pending = new TestStore.Pending();
        assertThat(commitLog.submit(command, 100, (result, error) -> {
                    answered.add(number);
                    pending.complete(result, error);
                }))
                .isTrue();
        return pending;
    }

    private TestStore.Pending put(String key) {
        return submit(new Command.Put(Requests.put(key, "v")));
    }

    /** What no check lets through, so that the state machine takes it for a fault of the program. */
    private static Command poison() {
        return new Command.Txn(
                Requests.txn().addSuccess(RequestOp.getDefaultInstance()).build());
    }

    /** Keeps the apply thread busy in an answer until it is let go, so that what is queued becomes one batch. */
    private CountDownLatch holdApplyThread() {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        commitLog.submit(new Command.Put(Requests.put("hold", "v")), 100, (result, error) -> {
            busy.countDown();
            await(release);
        });
        await(busy);
        return release;
    }

    private List<TestStore.Pending> putAsOneBatch(int count) {
        CountDownLatch release = holdApplyThread();
        List<TestStore.Pending> puts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            puts.add(put("k" + i));
        }
        release.countDown();
        return puts;
    }

    private static void assertStopped(List<TestStore.Pending> pending) {
        for (TestStore.Pending each : pending) {
            assertThat(each.get()).isEqualTo(new MvccModel.Answer.Refused(EtcdError.STOPPED));
        }
    }

    private static void assertDone(List<TestStore.Pending> pending) {
        for (TestStore.Pending each : pending) {
            assertThat(each.get()).isInstanceOf(MvccModel.Answer.Ok.class);
        }
    }

    private void assertStoppedForGood() {
        assertThatThrownBy(() -> put("later"))
                .isInstanceOfSatisfying(
                        EtcdException.class, e -> assertThat(e.error()).isEqualTo(EtcdError.STOPPED));
    }

    // ---- success

    @Test
    void answersInOrder() {
        List<Integer> answered = new ArrayList<>();
        CountDownLatch release = holdApplyThread();
        List<TestStore.Pending> all = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            all.add(submit(new Command.Put(Requests.put("k", "v")), i, answered));
        }
        release.countDown();
        assertDone(all);
        assertThat(answered).isSorted().hasSize(100);
    }

    /** Who comes back while it is being answered is one caller all the same, and not one more to wait for. */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, 20})
    void noGroupWaitsForMoreCallersThanThereAre(int callers) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(callers);
        AtomicInteger mostExpected = new AtomicInteger();
        for (int i = 0; i < callers; i++) {
            comeBack(100, done, mostExpected);
        }
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(mostExpected).hasPositiveValue().hasValueLessThanOrEqualTo(callers);
    }

    private void comeBack(int times, CountDownLatch done, AtomicInteger mostExpected) {
        assertThat(commitLog.submit(new Command.Put(Requests.put("k", "v")), 100, (result, error) -> {
                    mostExpected.accumulateAndGet(commitLog.expected(), Math::max);
                    if (times == 0) {
                        done.countDown();
                    } else {
                        comeBack(times - 1, done, mostExpected);
                    }
                }))
                .isTrue();
    }

    @Test
    void takesOnlySoManyCommands() {
        CountDownLatch release = holdApplyThread();
        List<TestStore.Pending> taken = new ArrayList<>();
        TestStore.Pending refused = new TestStore.Pending();
        for (int i = 0; i < LocalCommitLog.MAX_QUEUED; i++) {
            taken.add(put("k"));
        }
        assertThat(commitLog.submit(poison(), 100, refused)).isFalse();
        assertThat(commitLog.queueLength()).isEqualTo(LocalCommitLog.MAX_QUEUED);
        release.countDown();
        assertDone(taken);
        assertThat(refused.isDone()).isFalse();
        assertThat(commitLog.queueLength()).isZero();
    }

    @Test
    void takesOnlySoManyBytes() {
        CountDownLatch release = holdApplyThread();
        long half = Math.max(16 << 20, Runtime.getRuntime().maxMemory() / 8) / 2 + 1;
        Command put = new Command.Put(Requests.put("k", "v"));
        TestStore.Pending first = new TestStore.Pending();
        assertThat(commitLog.submit(put, half, first)).isTrue();
        assertThat(commitLog.submit(put, half, new TestStore.Pending())).isFalse();
        release.countDown();
        assertDone(List.of(first));
        assertDone(List.of(put("k")));
    }

    @Test
    void aRefusedCommandWaitsForTheBatchThatItRestsOn() {
        publisher.holdAt = 2;
        CountDownLatch release = holdApplyThread();
        List<TestStore.Pending> puts = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            puts.add(put("k" + i));
        }
        // it fails because of what the batch holds, so its answer would tell of writes that are not on disk yet
        TestStore.Pending refused = submit(new Command.Compact(Requests.compaction(1_000)));
        release.countDown();
        await(publisher.held);
        assertThat(refused.isDone()).isFalse();
        publisher.release.countDown();
        assertThat(refused.get()).isEqualTo(new MvccModel.Answer.Refused(EtcdError.FUTURE_REVISION));
        assertDone(puts);
    }

    @Test
    void aGroupThatEndsWithRefusedCommandsIsFoundWholeAtTheNextStart() {
        close();
        StoreOptions options = StoreOptions.builder().build();
        open(options);
        publisher.holdAt = 2;
        // the first commit is the apply thread's own, the next the sync thread's, which is held there
        List<TestStore.Pending> all = new ArrayList<>(putAsOneBatch(10));
        await(publisher.held);
        for (int i = 0; i < 100; i++) {
            all.add(put("ahead" + i));
        }
        // revision 2 and ten more came before
        byte[] ahead = "ahead0".getBytes(StandardCharsets.US_ASCII);
        Await.until(
                "a batch is written ahead", () -> commitLog.queueLength() == 0 && storage.record(ahead, 13) != null);
        List<TestStore.Pending> refused = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            refused.add(submit(new Command.Compact(Requests.compaction(1_000))));
        }
        Await.until("all is applied", () -> commitLog.queueLength() == 0);
        publisher.release.countDown();
        assertDone(all);
        for (TestStore.Pending each : refused) {
            assertThat(each.get()).isEqualTo(new MvccModel.Answer.Refused(EtcdError.FUTURE_REVISION));
        }
        close();
        open(options);
        assertDone(List.of(put("later")));
        assertThat(publisher.published.revision()).isEqualTo(113);
    }

    /** Ranges at revisions within a batch go through its events, so they must not meet a large one again and again. */
    @ParameterizedTest
    @CsvSource({"55, 1", "56, 2"})
    void aRangeAtARevisionOfALargeBatchEndsTheBatch(int puts, int batches) {
        MvccModel model = new MvccModel();
        model.apply(new Command.Put(Requests.put("hold", "v")));
        CountDownLatch release = holdApplyThread();
        int commits = publisher.commits.get();
        List<Command> commands = new ArrayList<>();
        for (int i = 0; i < puts; i++) {
            commands.add(new Command.Put(Requests.put("k", "v" + i)));
        }
        for (int i = 0; i < 10; i++) {
            commands.add(new Command.Txn(Requests.txn()
                    .addSuccess(Requests.op(Requests.put("t" + i, "v")))
                    .addSuccess(Requests.op(Requests.range("k", "").setRevision(puts - i)))
                    .addSuccess(Requests.op(Requests.all().setRevision(puts + i)))
                    .build()));
        }
        List<TestStore.Pending> answers = commands.stream().map(this::submit).toList();
        release.countDown();
        for (int i = 0; i < commands.size(); i++) {
            assertThat(answers.get(i).get()).isEqualTo(model.apply(commands.get(i)));
        }
        assertThat(publisher.commits.get() - commits).isEqualTo(batches);
    }

    @Test
    void whatClientsAskForPassesLeasesThatEnd() {
        int keys = LocalCommitLog.MAX_EXPIRED_KEYS / 2;
        int leases = 6;
        List<TestStore.Pending> before = new ArrayList<>();
        for (int lease = 1; lease <= leases; lease++) {
            before.add(submit(new Command.LeaseGrant(lease, 60)));
            for (int i = 0; i < keys; i++) {
                before.add(submit(new Command.Put(Requests.put(lease + "/" + i, "v", lease))));
            }
        }
        assertDone(before);
        CountDownLatch release = holdApplyThread();
        int commits = publisher.commits.get();
        List<Integer> answered = new ArrayList<>();
        List<TestStore.Pending> ends = new ArrayList<>();
        for (int lease = 1; lease <= leases; lease++) {
            long granted = publisher.published.lease(lease).granted();
            ends.add(submit(new Command.LeaseExpire(lease, granted), lease, answered));
        }
        TestStore.Pending put = submit(new Command.Put(Requests.put("client", "v")), 0, answered);

        release.countDown();

        assertDone(List.of(put));
        assertDone(ends);
        // the client's first, and two leases a batch, as many as fit
        assertThat(answered).containsExactly(0, 1, 2, 3, 4, 5, 6);
        assertThat(publisher.commits.get() - commits).isEqualTo(leases / 2);
    }

    @Test
    void closingFinishesWhatWasTaken() {
        List<TestStore.Pending> puts = putAsOneBatch(50);
        commitLog.close();
        puts.forEach(put -> assertThat(put.isDone()).isTrue());
        assertDone(puts);
        assertStoppedForGood();
    }

    // ---- failure

    /** The observer is told by the thread that failed, the callers by the apply thread: in no order. */
    private void assertFailedOnce() {
        Await.until("the failure is known", () -> !publisher.failures.isEmpty());
        assertThat(publisher.failures).containsExactly(BROKEN);
    }

    @Test
    void aLoneCallerHearsOfTheFailure() {
        publisher.failAt = 1;
        TestStore.Pending put = put("k");
        assertStopped(List.of(put));
        assertStoppedForGood();
        assertFailedOnce();
    }

    @Test
    void aBatchHearsOfTheFailure() {
        publisher.failAt = 2;
        assertStopped(putAsOneBatch(50));
        assertStoppedForGood();
        assertFailedOnce();
    }

    @Test
    void whatWaitsForTheNextBatchHearsOfTheFailure() {
        publisher.failAt = 2;
        publisher.holdAt = 2;
        List<TestStore.Pending> first = putAsOneBatch(50);
        await(publisher.held);
        List<TestStore.Pending> second = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            second.add(put("next"));
        }
        publisher.release.countDown();
        assertStopped(first);
        assertStopped(second);
        assertFailedOnce();
    }

    @Test
    void aFaultInTheStateMachineIsAFailure() {
        CountDownLatch release = holdApplyThread();
        List<TestStore.Pending> all = new ArrayList<>();
        all.add(put("a"));
        all.add(submit(poison()));
        all.add(put("b"));
        release.countDown();
        assertStopped(all);
        assertStoppedForGood();
        Await.until("the failure is known", () -> publisher.failures.size() == 1);
    }

    @Test
    void aFaultInTheStateMachineDoesNotLoseTheBatchOnItsWayToTheDisk() {
        publisher.holdAt = 2;
        List<TestStore.Pending> first = putAsOneBatch(50);
        await(publisher.held);
        TestStore.Pending poison = submit(poison());
        Await.until("the fault is known", () -> !publisher.failures.isEmpty());
        publisher.release.countDown();
        assertDone(first);
        assertStopped(List.of(poison));
    }

    @Test
    void awaitingTheBatchBeforeEndsWhenItFails() {
        publisher.failAt = 2;
        publisher.holdAt = 2;
        List<TestStore.Pending> first = putAsOneBatch(50);
        await(publisher.held);
        // a range at an old revision in a transaction reads the disk, so it waits for the batch
        TestStore.Pending reader = submit(new Command.Txn(Requests.txn()
                .addSuccess(Requests.op(Requests.put("x", "v")))
                .addSuccess(Requests.op(Requests.all().setRevision(2)))
                .build()));
        publisher.release.countDown();
        assertStopped(first);
        assertStopped(List.of(reader));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 50})
    void aFailureHandlerThatFailsHoldsNobodyUp(int count) {
        publisher.onFailure = () -> {
            throw new IllegalStateException("the handler is broken, too");
        };
        publisher.failAt = 2;
        assertStopped(putAsOneBatch(count));
        assertStoppedForGood();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 50})
    void aFailureHandlerMayClose(int count) {
        CountDownLatch closed = new CountDownLatch(1);
        publisher.onFailure = () -> {
            commitLog.close();
            closed.countDown();
        };
        publisher.failAt = 2;
        assertStopped(putAsOneBatch(count));
        await(closed);
    }

    @Test
    void aCallerThatCannotTakeItsAnswerHarmsNobodyElse() {
        CountDownLatch release = holdApplyThread();
        List<TestStore.Pending> puts = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            puts.add(put("k" + i));
            boolean error = i % 2 == 0;
            commitLog.submit(new Command.Put(Requests.put("k", "v")), 100, (r, e) -> {
                if (error) {
                    throw new OutOfMemoryError("no memory for the answer");
                }
                throw new IllegalStateException("the connection is gone");
            });
        }
        release.countDown();
        assertDone(puts);
        assertDone(List.of(put("more")));
        assertThat(publisher.failures).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyCommandIsAnsweredOnceWhereverItFails(long seed) throws InterruptedException {
        SplittableRandom random = new SplittableRandom(seed);
        publisher.failAt = random.nextBoolean() ? 2 + random.nextInt(8) : Integer.MAX_VALUE;
        int poisonAt = publisher.failAt == Integer.MAX_VALUE ? 50 + random.nextInt(1_000) : -1;
        Queue<TestStore.Pending> taken = new ConcurrentLinkedQueue<>();
        AtomicInteger number = new AtomicInteger();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread caller = new Thread(() -> {
                while (true) {
                    TestStore.Pending pending = new TestStore.Pending();
                    Command command = number.incrementAndGet() == poisonAt
                            ? poison()
                            : new Command.Put(Requests.put("k" + number, "v"));
                    boolean mustBeTaken = command instanceof Command.Txn;
                    try {
                        boolean accepted;
                        do {
                            accepted = commitLog.submit(command, 100, pending);
                            // the others may have filled the queue since, and nothing but the poison ends this
                        } while (!accepted && mustBeTaken);
                        if (accepted) {
                            taken.add(pending);
                        }
                    } catch (EtcdException stopped) {
                        return;
                    }
                }
            });
            callers.add(caller);
            caller.start();
        }
        for (Thread caller : callers) {
            caller.join();
        }
        commitLog.close();
        Await.until("the failure is known", () -> publisher.failures.size() == 1);
        assertThat(taken).isNotEmpty().allMatch(TestStore.Pending::isDone);
        int refused = 0;
        for (TestStore.Pending pending : taken) {
            boolean stopped = pending.get() instanceof MvccModel.Answer.Refused;
            refused += stopped ? 1 : 0;
        }
        assertThat(refused).isPositive();
    }
}
