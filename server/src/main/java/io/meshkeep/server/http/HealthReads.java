package io.meshkeep.server.http;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads for the sake of knowing whether they work. */
final class HealthReads {
    private HealthReads() {}

    /**
     * Reads once.
     *
     * @return never fails: empty if the read worked, what went wrong otherwise
     */
    static CompletionStage<Optional<String>> read(HealthSource source, boolean serializable, Duration timeout) {
        CompletableFuture<Void> attempt = new CompletableFuture<>();
        try {
            source.read(serializable).whenComplete((ignored, error) -> {
                if (error == null) {
                    attempt.complete(null);
                } else {
                    attempt.completeExceptionally(error);
                }
            });
        } catch (RuntimeException e) {
            attempt.completeExceptionally(e);
        }
        if (attempt.isDone()) {
            return attempt.handle(HealthReads::outcome);
        }
        return attempt.orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS).handle(HealthReads::outcome);
    }

    private static Optional<String> outcome(Void ignored, Throwable error) {
        if (error == null) {
            return Optional.empty();
        }
        Throwable cause = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        if (cause instanceof TimeoutException) {
            return Optional.of("context deadline exceeded");
        }
        return Optional.of(cause.getMessage() == null ? cause.toString() : cause.getMessage());
    }
}
