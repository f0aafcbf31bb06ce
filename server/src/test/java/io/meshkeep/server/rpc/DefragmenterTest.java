package io.meshkeep.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** However many ask, one compaction runs at a time, and whoever asks gets one that began afterwards. */
class DefragmenterTest {
    private final BlockingQueue<CountDownLatch> running = new LinkedBlockingQueue<>();
    private final List<String> told = new CopyOnWriteArrayList<>();

    private void compact() {
        CountDownLatch end = new CountDownLatch(1);
        running.add(end);
        try {
            end.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException("stopped", e);
        }
    }

    private CountDownLatch next() throws InterruptedException {
        CountDownLatch end = running.poll(60, TimeUnit.SECONDS);
        assertThat(end).as("a compaction that runs").isNotNull();
        return end;
    }

    @Test
    void thoseWhoComeMeanwhileShareTheNext() throws InterruptedException {
        CountDownLatch all = new CountDownLatch(11);
        try (Defragmenter defragmenter = new Defragmenter("test", this::compact)) {
            ask(defragmenter, "first", all);
            CountDownLatch first = next();
            for (int i = 0; i < 10; i++) {
                ask(defragmenter, "later", all);
            }
            assertThat(running).isEmpty();
            assertThat(told).isEmpty();
            first.countDown();
            CountDownLatch second = next();
            assertThat(told).containsExactly("first");
            second.countDown();
            assertThat(all.await(60, TimeUnit.SECONDS)).isTrue();
            assertThat(told).hasSize(11);
            assertThat(running).isEmpty();
        }
    }

    private void ask(Defragmenter defragmenter, String name, CountDownLatch done) {
        defragmenter.run(
                () -> {
                    told.add(name);
                    done.countDown();
                },
                failure -> told.add(failure.getMessage()));
    }

    @Test
    void aFailureIsToldAndTheNextOneRuns() throws InterruptedException {
        CountDownLatch failed = new CountDownLatch(1);
        BlockingQueue<Boolean> fails = new LinkedBlockingQueue<>(List.of(true, false));
        try (Defragmenter defragmenter = new Defragmenter("test", () -> {
            if (fails.remove()) {
                throw new IllegalStateException("no space");
            }
        })) {
            defragmenter.run(() -> told.add("done"), failure -> {
                told.add(failure.getMessage());
                failed.countDown();
            });
            assertThat(failed.await(60, TimeUnit.SECONDS)).isTrue();
            CountDownLatch done = new CountDownLatch(1);
            ask(defragmenter, "done", done);
            assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(told).containsExactly("no space", "done");
    }
}
