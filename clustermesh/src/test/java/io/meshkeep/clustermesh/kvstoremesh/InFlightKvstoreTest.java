package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class InFlightKvstoreTest {
    private final List<String> begun = new ArrayList<>();
    private final List<CompletableFuture<Optional<Kvstore.Pair>>> answers = new ArrayList<>();
    private boolean atOnce;

    /** Answers when the test says so, and so long remembers what was asked. */
    private Kvstore slow() {
        return (Kvstore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Kvstore.class}, (proxy, method, arguments) -> {
                    begun.add(String.valueOf(arguments[0]));
                    CompletableFuture<Optional<Kvstore.Pair>> answer = new CompletableFuture<>();
                    if (atOnce) {
                        answer.complete(Optional.empty());
                    }
                    answers.add(answer);
                    return answer;
                });
    }

    @Test
    void soManyAreUnderWayAndTheRestWaitsInOrder() {
        Kvstore limited = new InFlightKvstore(slow(), 2);
        List<CompletableFuture<Optional<Kvstore.Pair>>> asked = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            asked.add(limited.get("k" + i));
        }
        assertThat(begun).containsExactly("k0", "k1");
        answers.get(1).complete(Optional.of(new Kvstore.Pair("k1", ByteString.EMPTY, 1, 0)));
        assertThat(begun).containsExactly("k0", "k1", "k2");
        assertThat(asked.get(1)).isCompletedWithValueMatching(Optional::isPresent);
        assertThat(asked.get(0)).isNotDone();
        answers.get(2).completeExceptionally(new IllegalStateException("refused"));
        assertThat(asked.get(2)).isCompletedExceptionally();
        answers.get(0).complete(Optional.empty());
        assertThat(begun).containsExactly("k0", "k1", "k2", "k3", "k4");
    }

    @Test
    void callsThatEndAtOnceDoNotNest() {
        Kvstore limited = new InFlightKvstore(slow(), 1);
        List<CompletableFuture<Optional<Kvstore.Pair>>> asked = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            asked.add(limited.get("k" + i));
        }
        atOnce = true;
        answers.get(0).complete(Optional.empty());
        assertThat(asked).allSatisfy(future -> assertThat(future).isDone());
    }
}
