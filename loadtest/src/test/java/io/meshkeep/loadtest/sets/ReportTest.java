package io.meshkeep.loadtest.sets;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Cell PART = new Cell(
            Op.INSERT_MANY,
            100_000,
            16,
            Map.of(Contender.NUMBERS, 1_000_000.0, Contender.NUMBERS_ONE_BY_ONE, 1_500_000_000.0));
    private static final Cell WHOLE = new Cell(
            Op.UNION,
            100,
            1,
            Map.of(
                    Contender.NUMBERS, 250.0,
                    Contender.NUMBERS_ONE_BY_ONE, 1000.0,
                    Contender.OBJECTS, 500.0,
                    Contender.OBJECTS_ONE_BY_ONE, 3000.0,
                    Contender.TREE_SET, 5000.0,
                    Contender.PERSISTENT, 7000.0));

    @Test
    void jsonHasAnObjectForEachOperationAndSize() {
        assertThat(Report.json(List.of(PART, WHOLE))).isEqualTo("""
                [
                  {"op":"insert-many","n":100000,"ns":1000000,"baseline_ns":1500000000,"speedup":1500,"baseline_part":0.0625},
                  {"op":"union","n":100,"ns":250,"baseline_ns":1000,"speedup":4,"baseline_part":1,"objects_ns":500,\
                "objects_baseline_ns":3000,"objects_speedup":6,"tree_set_ns":5000,"persistent_ns":7000}
                ]
                """);
    }

    @Test
    void tableMarksWhatIsAnEstimate() {
        assertThat(Report.table(List.of(PART, WHOLE)))
                .containsPattern("insert-many +\\| 100,000 \\| +1,000 \\| +~1,500,000 \\| +1,500 \\|")
                .containsPattern("union +\\| +100 \\| +0\\.250 \\| +1\\.000 \\| +4\\.0 \\|")
                .contains("~ from a part of the elements");
        assertThat(Report.table(List.of(WHOLE))).doesNotContain("~");
    }

    @Test
    void plotIsNotEmpty() {
        BufferedImage image = Plot.draw(List.of(WHOLE, PART));
        int pixels = image.getWidth() * image.getHeight();
        long coloured = IntStream.range(0, pixels)
                .map(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()) & 0xff_ffff)
                .filter(colour -> colour == 0x1b_5e20)
                .count();
        assertThat(coloured).isGreaterThan(20);
    }

    @Test
    void stretchesAreSpreadEvenly() {
        assertThat(Stretch.cut(100, 1)).containsExactly(new Stretch(0, 100));
        List<Stretch> stretches = Stretch.cut(16_000, 10);
        assertThat(stretches.stream().mapToInt(each -> each.to() - each.from()).sum())
                .isEqualTo(1600);
        assertThat(stretches.get(0)).isEqualTo(new Stretch(450, 550));
        assertThat(stretches.get(15)).isEqualTo(new Stretch(15_450, 15_550));
    }
}
