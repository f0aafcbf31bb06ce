package io.meshkeep.setcore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShapeTest {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void piecesAddUpAndAreWithinBounds(boolean packed) {
        for (int max : new int[] {2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100, 255, 256}) {
            for (int total = 1; total <= 8 * max; total++) {
                int[] pieces = Shape.cut(total, max, packed);
                assertThat(IntStream.of(pieces).sum()).isEqualTo(total);
                int least = Math.min(total, max / 2);
                assertThat(IntStream.of(pieces).allMatch(piece -> piece >= least && piece <= max))
                        .as("%d cut to at most %d", total, max)
                        .isTrue();
            }
        }
    }

    @Test
    void packedPiecesAreFullButForTheLastTwo() {
        assertThat(Shape.cut(10, 4, true)).containsExactly(4, 4, 2);
        assertThat(Shape.cut(9, 4, true)).containsExactly(4, 3, 2);
        assertThat(Shape.cut(8, 4, true)).containsExactly(4, 4);
    }

    @Test
    void evenPiecesHaveRoomLeft() {
        assertThat(Shape.cut(3 * 256, 256, false)).containsExactly(192, 192, 192, 192);
        assertThat(Shape.cut(481, 256, false)).containsExactly(161, 160, 160);
    }

    @Test
    void chunksTooSmallToBeHalvedAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Shape(1, 4));
        assertThatIllegalArgumentException().isThrownBy(() -> new Shape(2, 3));
    }
}
