package io.meshkeep.loadtest.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.meshkeep.loadtest.fleet.Slope.Point;
import java.util.List;
import org.junit.jupiter.api.Test;

class SlopeTest {
    @Test
    void pointsOfALineGiveTheLine() {
        Slope slope = Slope.through(List.of(new Point(1000, 130), new Point(2000, 150), new Point(5000, 210)));
        assertThat(slope.each()).isCloseTo(0.02, within(1e-9));
        assertThat(slope.base()).isCloseTo(110, within(1e-9));
    }

    @Test
    void whatIsOffBothWaysCancelsOut() {
        Slope slope = Slope.through(List.of(new Point(0, 1), new Point(1, 0), new Point(2, 0), new Point(3, 1)));
        assertThat(slope.each()).isCloseTo(0, within(1e-9));
    }

    @Test
    void onePointIsNoLine() {
        assertThatThrownBy(() -> Slope.through(List.of(new Point(1, 1)))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void phasesBringWhatTheyNeed() {
        assertThat(Phase.named("storm")).containsExactly(Phase.BOOTSTRAP, Phase.ARRIVE, Phase.STORM);
        assertThat(Phase.named("delete,idle")).containsExactly(Phase.IDLE, Phase.DELETE);
        assertThatThrownBy(() -> Phase.named("sleep")).hasMessageContaining("bootstrap, arrive");
    }
}
