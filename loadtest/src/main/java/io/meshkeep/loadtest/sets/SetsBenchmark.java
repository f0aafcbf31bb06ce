package io.meshkeep.loadtest.sets;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** One operation of one contender on sets of one size. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SetsBenchmark {
    /** So many numbers in turn that the processor does not learn one input by heart. */
    private static final int NUMBERS_IN_TURN = 200_000;

    @Param("UNION")
    public String op;

    @Param("NUMBERS")
    public String contender;

    @Param("100")
    public int n;

    /** One of how many parts of the work is done. */
    @Param("1")
    public int parts;

    private Supplier<?>[] inputs;
    private int next;

    /** Makes the inputs, which operations leave as they are: unsorted ones stay unsorted. */
    @Setup
    public void prepare() {
        SplittableRandom random = new SplittableRandom(n);
        inputs = new Supplier<?>[Math.max(2, NUMBERS_IN_TURN / n)];
        for (int i = 0; i < inputs.length; i++) {
            Op operation = Op.valueOf(op);
            inputs[i] = Contender.valueOf(contender).prepare(operation, Draws.of(operation, n, random), parts);
        }
    }

    @Benchmark
    public Object run() {
        if (next == inputs.length) {
            next = 0;
        }
        return inputs[next++].get();
    }
}
