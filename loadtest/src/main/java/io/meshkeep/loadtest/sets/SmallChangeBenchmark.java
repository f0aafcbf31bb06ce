package io.meshkeep.loadtest.sets;

import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.setcore.ImmSortedLongSet;
import io.meshkeep.setcore.ImmSortedSet;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A hundred new elements all over a large set, and what copying the set's array takes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SmallChangeBenchmark {
    private static final int CHANGES = 100;
    private static final int BATCHES = 512;

    /** What is done to which kind of set. */
    public enum What {
        INSERT_INTO_NUMBERS,
        COPY_NUMBERS,
        INSERT_INTO_OBJECTS,
        COPY_OBJECTS,
        INSERT_INTO_CHUNKS
    }

    @Param("INSERT_INTO_NUMBERS")
    public What what;

    @Param("100000")
    public int n;

    private IntFunction<Object> operation;
    private int next;

    /** The set has the even numbers; what is inserted is odd and in no order. */
    @Setup
    public void prepare() {
        SplittableRandom random = new SplittableRandom(n);
        long[][] numbers = new long[BATCHES][];
        Integer[][] objects = new Integer[BATCHES][];
        for (int i = 0; i < BATCHES; i++) {
            int[] batch = IntStream.range(0, CHANGES)
                    .map(each -> 2 * random.nextInt(n) + 1)
                    .toArray();
            numbers[i] = IntStream.of(batch).mapToLong(each -> each).toArray();
            objects[i] = IntStream.of(batch).boxed().toArray(Integer[]::new);
        }
        operation = switch (what) {
            case INSERT_INTO_NUMBERS -> {
                ImmSortedLongSet set = ofNumbers();
                yield i -> set.insert(numbers[i]);
            }
            case COPY_NUMBERS -> {
                ImmSortedLongSet set = ofNumbers();
                yield i -> set.toArray();
            }
            case INSERT_INTO_OBJECTS -> {
                ImmSortedSet<Integer> set = ofObjects();
                yield i -> set.insert(objects[i]);
            }
            case COPY_OBJECTS -> {
                ImmSortedSet<Integer> set = ofObjects();
                yield i -> set.toArray();
            }
            case INSERT_INTO_CHUNKS -> {
                ChunkedSortedSet.Builder<Integer> builder = ChunkedSortedSet.builder(Comparator.naturalOrder());
                for (int i = 0; i < n; i++) {
                    builder.add(2 * i);
                }
                ChunkedSortedSet<Integer> set = builder.build();
                yield i -> set.insert(objects[i]);
            }
        };
    }

    private ImmSortedLongSet ofNumbers() {
        ImmSortedLongSet.Builder builder = ImmSortedLongSet.builder();
        for (int i = 0; i < n; i++) {
            builder.add(2L * i);
        }
        return builder.build();
    }

    private ImmSortedSet<Integer> ofObjects() {
        ImmSortedSet.Builder<Integer> builder = ImmSortedSet.builder();
        for (int i = 0; i < n; i++) {
            builder.add(2 * i);
        }
        return builder.build();
    }

    @Benchmark
    public Object run() {
        if (next == BATCHES) {
            next = 0;
        }
        return operation.apply(next++);
    }
}
