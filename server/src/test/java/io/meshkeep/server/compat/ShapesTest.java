package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What the tests of other programs' request shapes share: a server with an empty store, and one connection to it on
 * which every message that arrives must name the same cluster.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(Target.Kind.class)
abstract class ShapesTest {
    @Parameter
    Target.Kind kind;

    Target target;
    RawClient client;

    @BeforeEach
    final void connect() {
        target = start();
        client = new RawClient(target);
    }

    Target start() {
        return kind.start();
    }

    @AfterEach
    final void disconnect() {
        if (target == null) {
            return;
        }
        try (Target stopped = target) {
            client.close();
            assertThat(client.guard().violations()).isEmpty();
            assertThat(client.guard().messages()).isPositive();
        }
    }
}
