package io.meshkeep.loadtest.load;

import io.meshkeep.loadtest.client.EtcdClient;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.DoubleConsumer;

/** Runs a load: a warm-up that is not counted, then the window that is. */
public final class Meter {
    /** How long calls in flight may take to end after a run. */
    private static final Duration DRAIN = Duration.ofSeconds(60);

    private final Duration warmUp;
    private final Duration window;
    private final Duration drain;
    private final DoubleConsumer progress;

    /** @param progress is told about once a second how many operations a second there were */
    public Meter(Duration warmUp, Duration window, DoubleConsumer progress) {
        this(warmUp, window, DRAIN, progress);
    }

    Meter(Duration warmUp, Duration window, Duration drain, DoubleConsumer progress) {
        this.warmUp = warmUp;
        this.window = window;
        this.drain = drain;
        this.progress = progress;
    }

    /**
     * Starts the load, measures it, and stops it.
     *
     * @throws LoadException if a call failed or an answer was wrong
     */
    public Measurement measure(EtcdClient client, Load load, CpuClock cpu) throws InterruptedException {
        CompletableFuture<Void> failure = new CompletableFuture<>();
        Recorder recorder = new Recorder(failure::completeExceptionally);
        on(client, () -> {
            load.start(recorder);
            return null;
        });
        Mark begin;
        Mark end;
        try {
            run(client, recorder, failure, warmUp);
            begin = on(client, () -> Mark.now(recorder, cpu));
            run(client, recorder, failure, window);
            end = on(client, () -> Mark.now(recorder, cpu));
        } finally {
            CompletableFuture<Void> stopped = on(client, load::stop);
            if (!failure.isDone()) {
                await(CompletableFuture.anyOf(stopped, failure));
            }
        }
        long operations = end.operations - begin.operations;
        if (operations == 0) {
            throw new LoadException("nothing was done in " + window.toMillis() + " ms", null);
        }
        return new Measurement(operations, end.nanos - begin.nanos, end.cpuNanos - begin.cpuNanos, end.latency);
    }

    private void run(EtcdClient client, Recorder recorder, CompletableFuture<Void> failure, Duration time)
            throws InterruptedException {
        long end = System.nanoTime() + time.toNanos();
        long operations = on(client, recorder::operations);
        long since = System.nanoTime();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            try {
                failure.get(Math.min(left, 1_000_000_000L), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                long now = System.nanoTime();
                long total = on(client, recorder::operations);
                progress.accept((total - operations) * 1e9 / (now - since));
                operations = total;
                since = now;
            } catch (ExecutionException e) {
                throw new LoadException(e.getCause().getMessage(), e.getCause());
            }
        }
    }

    private static <T> T on(EtcdClient client, Callable<T> action) throws InterruptedException {
        try {
            return client.loop().submit(action).get();
        } catch (ExecutionException e) {
            throw new LoadException(e.getCause().toString(), e.getCause());
        }
    }

    private void await(CompletableFuture<?> future) throws InterruptedException {
        try {
            future.get(drain.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new LoadException(e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new LoadException("calls were not answered within " + drain.toMillis() + " ms", e);
        }
    }

    private record Mark(long operations, long nanos, long cpuNanos, org.HdrHistogram.Histogram latency) {
        static Mark now(Recorder recorder, CpuClock cpu) {
            return new Mark(recorder.operations(), System.nanoTime(), cpu.nanos(), recorder.takeLatency());
        }
    }
}
