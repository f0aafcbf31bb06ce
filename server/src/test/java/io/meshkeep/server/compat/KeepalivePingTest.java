package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Cilium's clients ping every 15 s, and etcd lets clients ping every 5 s; gRPC's default is once in five minutes. */
class KeepalivePingTest {
    /** What etcd allows, and a little. */
    private static final Duration INTERVAL = Duration.ofMillis(5200);

    /** gRPC forgives two pings that come too early, and the first cannot be early: the fourth would be fatal. */
    private static final int PINGS = 4;

    /** The one test here that has to let time pass, so both servers do it at once. */
    @Test
    void allowsAPingEveryFiveSeconds() {
        List<Target.Kind> kinds = new ArrayList<>(List.of(Target.Kind.MESHKEEP));
        if (Programs.areThere(Programs.ETCD)) {
            kinds.add(Target.Kind.ETCD);
        }
        List<CompletableFuture<Void>> runs = kinds.stream()
                .map(kind -> CompletableFuture.runAsync(() -> pingEveryFiveSeconds(kind)))
                .toList();
        runs.forEach(CompletableFuture::join);
    }

    private static void pingEveryFiveSeconds(Target.Kind kind) {
        try (Target target = kind.start();
                PingingConnection connection = new PingingConnection(target)) {
            for (int i = 0; i < PINGS; i++) {
                if (i > 0) {
                    assertThat(connection.idle(INTERVAL))
                            .as("unasked, from %s", kind)
                            .isNull();
                }
                assertThat(connection.ping())
                        .as("to ping %s of %s", i + 1, kind)
                        .isNull();
            }
        }
    }

    /** So the test above would notice. */
    @ParameterizedTest
    @EnumSource(Target.Kind.class)
    void refusesToBePingedWithoutAPause(Target.Kind kind) {
        try (Target target = kind.start();
                PingingConnection connection = new PingingConnection(target)) {
            String refusal = null;
            for (int i = 0; i < 2 * PINGS && refusal == null; i++) {
                refusal = connection.ping();
            }
            assertThat(refusal).isEqualTo("too_many_pings");
        }
    }
}
