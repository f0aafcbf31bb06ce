package io.meshkeep.loadtest.sets;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.setcore.ImmSortedLongSet;
import io.meshkeep.setcore.ImmSortedSet;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Contenders are compared only if they do the same. */
class ContenderTest {
    @ParameterizedTest
    @EnumSource
    void allContendersComeToTheSameResult(Op op) {
        for (int n : new int[] {1, 100, 2000}) {
            Draws draws = Draws.of(op, n, new SplittableRandom(n));
            Draws copy = Draws.of(op, n, new SplittableRandom(n));
            TreeSet<Long> expected = new TreeSet<>();
            LongStream.of(draws.setNumbers()).forEach(expected::add);
            for (long number : draws.argumentNumbers()) {
                switch (op) {
                    case INSERT, INSERT_MANY, UNION -> expected.add(number);
                    case DELETE, DELETE_MANY, DIFFERENCE -> expected.remove(number);
                }
            }
            for (Contender contender : Contender.values()) {
                var task = contender.prepare(op, draws, 1);
                for (int run = 0; run < 2; run++) {
                    assertThat(numbers(task.get()))
                            .as("%s of %d by %s", op, n, contender)
                            .isEqualTo(List.copyOf(expected));
                }
            }
            assertThat(draws.arguments()).isEqualTo(copy.arguments());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"NUMBERS_ONE_BY_ONE", "OBJECTS_ONE_BY_ONE"})
    void aPartOfTheWorkEndsWhereTheWholeWouldBe(Contender contender) {
        Draws draws = Draws.of(Op.INSERT_MANY, 3200, new SplittableRandom(1));
        TreeSet<Long> expected = new TreeSet<>();
        LongStream.of(draws.setNumbers()).forEach(expected::add);
        List<Stretch> stretches = Stretch.cut(3200, 4);
        int end = stretches.get(stretches.size() - 1).to();
        LongStream.of(draws.argumentNumbers()).limit(end).forEach(expected::add);
        assertThat(numbers(contender.prepare(Op.INSERT_MANY, draws, 4).get())).isEqualTo(List.copyOf(expected));
    }

    private static List<Long> numbers(Object result) {
        if (result instanceof long[] array) {
            return LongStream.of(array).boxed().toList();
        }
        if (result instanceof ImmSortedLongSet set) {
            return set.stream().boxed().toList();
        }
        Stream<?> elements;
        if (result instanceof Object[] array) {
            elements = Stream.of(array);
        } else if (result instanceof ImmSortedSet<?> set) {
            elements = set.stream();
        } else {
            elements = StreamSupport.stream(((Iterable<?>) result).spliterator(), false);
        }
        return new ArrayList<>(
                elements.map(element -> ((Number) element).longValue()).toList());
    }
}
