package io.meshkeep.store;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Calls on a {@link Store} whose answers a test waits for. */
final class TestStore {
    private static final long LIMIT_SECONDS = 30;

    private TestStore() {}

    /** An answer that is still to come. */
    static final class Pending implements Store.Answer {
        private final CompletableFuture<MvccModel.Answer> answer = new CompletableFuture<>();

        @Override
        public void complete(Result result, EtcdException error) {
            if (!answer.complete(Answers.of(result, error))) {
                throw new IllegalStateException("answered twice");
            }
        }

        boolean isDone() {
            return answer.isDone();
        }

        MvccModel.Answer get() {
            return TestStore.get(answer);
        }
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("no answer within " + LIMIT_SECONDS + " s", e);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Submits without waiting. A command refused at once has its answer at once. */
    static Pending submit(Store store, Command command) {
        Pending pending = new Pending();
        try {
            store.write(command, 100, pending);
        } catch (EtcdException refused) {
            pending.complete(null, refused);
        }
        return pending;
    }

    /** Applies a command and waits for its answer. */
    static MvccModel.Answer write(Store store, Command command) {
        return submit(store, command).get();
    }

    /** Submits all, in order, and then waits for the answers. */
    static List<MvccModel.Answer> writeAll(Store store, List<Command> commands) {
        List<Pending> pending = new ArrayList<>();
        commands.forEach(command -> pending.add(submit(store, command)));
        return pending.stream().map(Pending::get).toList();
    }

    static MvccModel.Answer put(Store store, String key, String value) {
        return write(store, new Command.Put(Requests.put(key, value)));
    }

    static MvccModel.Answer compact(Store store, long revision) {
        return write(store, new Command.Compact(Requests.compaction(revision)));
    }

    static MvccModel.Answer range(Store store, io.meshkeep.proto.RangeRequest request) {
        try {
            return Answers.of(store.range(request), null);
        } catch (EtcdException refused) {
            return Answers.of(null, refused);
        }
    }
}
