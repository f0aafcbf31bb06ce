package io.meshkeep.loadtest.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PropagationTest {
    private final Propagation propagation = new Propagation();

    @Test
    void aWriteTakesUntilTheLastWatcherHasHeard() {
        propagation.answered(7, 1000, 2);
        propagation.heard(7, 3000);
        assertThat(propagation.isUnderWay()).isTrue();
        propagation.heard(7, 6000);
        assertThat(propagation.isUnderWay()).isFalse();
        assertThat(propagation.takeLatency().getMaxValue()).isBetween(4990L, 5010L);
    }

    @Test
    void anEventMayComeBeforeTheAnswer() {
        propagation.heard(7, 3000);
        propagation.answered(7, 1000, 1);
        assertThat(propagation.isUnderWay()).isFalse();
        assertThat(propagation.takeLatency().getTotalCount()).isEqualTo(1);
    }

    @Test
    void aWriteThatNobodyWatchesIsNotCounted() {
        propagation.answered(7, 1000, 0);
        assertThat(propagation.isUnderWay()).isFalse();
        assertThat(propagation.takeLatency().getTotalCount()).isZero();
    }

    @Test
    void whatComesTooOftenIsAnError() {
        propagation.heard(7, 2000);
        propagation.heard(7, 2000);
        assertThatThrownBy(() -> propagation.answered(7, 1000, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("came 2 times");
    }
}
