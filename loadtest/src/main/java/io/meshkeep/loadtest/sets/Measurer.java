package io.meshkeep.loadtest.sets;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs one benchmark at a time.
 *
 * @param ownJvm whether each gets a JVM of its own; else all share this one, and with it what its compiler has seen
 * @param warmups how many rounds are not counted
 * @param rounds how many are
 * @param millis how long a round takes, unless a single operation takes longer
 */
public record Measurer(boolean ownJvm, int warmups, int rounds, int millis) {
    /**
     * A collector whose allocation of large arrays is as cheap as that of small ones, which is to the advantage of the
     * baselines, and a heap large enough that it seldom runs. All of it has been touched before: otherwise who allocates
     * much has met the kernel for each new page by the end of the warm-up, and who allocates little does so for seconds.
     */
    static final List<String> JVM_OPTIONS =
            List.of("-XX:+UseParallelGC", "-Xms1500m", "-Xmx1500m", "-Xmn700m", "-XX:+AlwaysPreTouch");

    /** The time of an operation in nanoseconds: the median of the rounds, since others use the machine too. */
    public double nanos(Class<?> benchmark, Map<String, String> parameters) {
        // The lock keeps benchmarks apart by a file that another user may own.
        System.setProperty("jmh.ignoreLock", "true");
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include("^" + Pattern.quote(benchmark.getName()) + "\\.")
                .forks(ownJvm ? 1 : 0)
                .jvmArgs(JVM_OPTIONS.toArray(new String[0]))
                .warmupIterations(warmups)
                .warmupTime(TimeValue.milliseconds(millis))
                .measurementIterations(rounds)
                .measurementTime(TimeValue.milliseconds(millis))
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT);
        parameters.forEach(options::param);
        try {
            Collection<RunResult> results = new Runner(options.build()).run();
            if (results.size() != 1) {
                throw new IllegalStateException(results.size() + " results of one benchmark");
            }
            return results.iterator().next().getPrimaryResult().getStatistics().getPercentile(50);
        } catch (RunnerException e) {
            throw new IllegalStateException("the benchmark has failed", e);
        }
    }
}
