package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedScrapeTest {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final AtomicInteger runs = new AtomicInteger();

    @Test
    void whoAsksBeforeItBeginsSharesTheRun() throws Exception {
        SharedScrape scrape = new SharedScrape(() -> new byte[] {(byte) runs.incrementAndGet()}, tasks::add);
        CompletableFuture<byte[]> first = scrape.result();
        CompletableFuture<byte[]> second = scrape.result();
        assertThat(tasks).hasSize(1);

        tasks.remove().run();

        assertThat(first.get()).containsExactly(1);
        assertThat(second.get()).containsExactly(1);
        assertThat(tasks).isEmpty();
    }

    @Test
    void whoAsksWhileItRunsGetsTheNextRun() throws Exception {
        SharedScrape[] self = new SharedScrape[1];
        CompletableFuture<CompletableFuture<byte[]>> askedInside = new CompletableFuture<>();
        self[0] = new SharedScrape(
                () -> {
                    if (!askedInside.isDone()) {
                        askedInside.complete(self[0].result());
                        assertThat(self[0].result()).isSameAs(askedInside.join());
                        assertThat(tasks).as("one at a time").isEmpty();
                    }
                    return new byte[] {(byte) runs.incrementAndGet()};
                },
                tasks::add);
        CompletableFuture<byte[]> first = self[0].result();
        tasks.remove().run();
        assertThat(first.get()).containsExactly(1);
        assertThat(askedInside.get()).isNotDone();

        tasks.remove().run();

        assertThat(askedInside.get().get()).containsExactly(2);
        assertThat(tasks).isEmpty();
    }

    @Test
    void aFailureReachesWhoAskedAndEndsThere() throws Exception {
        SharedScrape scrape = new SharedScrape(
                () -> {
                    if (runs.incrementAndGet() == 1) {
                        throw new IllegalStateException("broken");
                    }
                    return new byte[0];
                },
                tasks::add);
        CompletableFuture<byte[]> failing = scrape.result();
        tasks.remove().run();
        assertThatThrownBy(failing::get).hasCauseInstanceOf(IllegalStateException.class);

        CompletableFuture<byte[]> working = scrape.result();
        tasks.remove().run();
        assertThat(working.get()).isEmpty();
    }

    @Test
    void anExecutorThatRefusesIsAskedAgainNextTime() {
        SharedScrape scrape = new SharedScrape(() -> new byte[0], task -> {
            if (runs.incrementAndGet() == 1) {
                throw new RejectedExecutionException("full");
            }
            task.run();
        });

        assertThat(scrape.result()).isCompletedExceptionally();
        assertThat(scrape.result()).isCompletedWithValueMatching(b -> b.length == 0);
    }
}
