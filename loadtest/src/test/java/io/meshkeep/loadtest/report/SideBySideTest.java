package io.meshkeep.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SideBySideTest {
    private static SideBySide both() {
        SideBySide both = new SideBySide("ours", "etcd");
        both.add("ours", List.of(Figure.less("storm/all ready", "s", 2), Figure.more("bootstrap/puts", "1/s", 12000)));
        both.add("etcd", List.of(Figure.less("storm/all ready", "s", 5), Figure.more("bootstrap/puts", "1/s", 6000)));
        both.add("etcd", List.of(Figure.given("storm/agents", "", 500)));
        return both;
    }

    @Test
    void moreThanOneIsBetterWhicheverWayIsBetter() {
        assertThat(both().ratios())
                .containsEntry("storm/all ready", 2.5)
                .containsEntry("bootstrap/puts", 2.0)
                .hasSize(2);
        assertThat(both().table()).isEqualTo("""
                | figure          | unit |   ours |  etcd | ratio |
                |-----------------|------|-------:|------:|------:|
                | storm/all ready | s    |      2 |     5 |  2.50 |
                | bootstrap/puts  | 1/s  | 12,000 | 6,000 |  2.00 |
                | storm/agents    |      |        |   500 |       |
                """);
        assertThat(both().json()).contains("""
                {"workload": "storm/all ready", "unit": "s", "ours": 2, "etcd": 5, "ratio": 2.5},
                """.strip());
    }

    @Test
    void oursStaysFirstWhoeverCameFirst() {
        SideBySide both = new SideBySide("ours", "etcd");
        both.add("etcd", List.of(Figure.less("time", "s", 1)));
        both.add("ours", List.of(Figure.less("time", "s", 2)));
        assertThat(both.head()).containsExactly("figure", "unit", "ours", "etcd", "ratio");
        assertThat(both.ratios()).containsEntry("time", 0.5);
    }

    @Test
    void roundsCountByTheirMedian() {
        SideBySide one = new SideBySide();
        one.add("server", List.of(Figure.less("time", "s", 9)));
        one.add("server", List.of(Figure.less("time", "s", 1)));
        one.add("server", List.of(Figure.less("time", "s", 2)));
        assertThat(one.lines()).containsExactly(List.of("time", "s", "2"));
        assertThat(one.head()).doesNotContain("ratio");
    }
}
