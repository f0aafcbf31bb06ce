package io.meshkeep.server.compat;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What the tests of jetcd share: a server with an empty store, and a client of it. */
@ParameterizedClass(name = "{0}")
@EnumSource(Target.Kind.class)
abstract class JetcdTest {
    @Parameter
    Target.Kind kind;

    Target target;
    Client client;

    @BeforeEach
    final void connect() {
        target = start();
        client = newClient();
    }

    Target start() {
        return kind.start();
    }

    Client newClient() {
        return Client.builder()
                .endpoints("http://" + target.endpoint())
                .retryDelay(50)
                .retryMaxDelay(200)
                .retryMaxDuration(Duration.ofSeconds(RawClient.PATIENCE_SECONDS))
                .build();
    }

    @AfterEach
    void disconnect() {
        if (client != null) {
            client.close();
        }
        if (target != null) {
            target.close();
        }
    }

    static ByteSequence bytes(String text) {
        return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    static String text(ByteSequence bytes) {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    /** The result of a call that works; waits for it. */
    static <T> T get(CompletableFuture<T> call) {
        try {
            return call.get(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("the call failed", e);
        }
    }
}
