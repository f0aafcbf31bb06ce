package io.meshkeep.server.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;

/**
 * Random sequences of ops against a live etcd and against our server: every answer is the same. Without an etcd it is
 * left out, but fails where CI=true. {@code -Dmeshkeep.differential.ops=N} runs longer,
 * {@code -Dmeshkeep.differential.seed=N} starts elsewhere, {@code -Dmeshkeep.differential.referee=PATH} measures by
 * another etcd; see docs/referees.md.
 */
class LiveDifferentialTest {
    private static final int OPS_PER_RUN = 500;
    private static final int ATTEMPTS = 3;

    /** Fewer cannot be expected to see every error. */
    private static final int OPS_FOR_EVERY_ERROR = 10_000;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SHRINKING = Duration.ofSeconds(120);
    private static final int SPARES = 4;
    private static final int REPORTED_STEPS = 40;

    @TestFactory
    List<DynamicTest> answersAsEtcdDoes() {
        Path etcd = Settings.referee().orElseThrow(() -> Settings.noReferee("the live differential test"));
        Dialect dialect = Dialects.of(etcd);
        SystemUnderTest.Starter referee = () -> Referee.start(etcd);
        SystemUnderTest.Starter candidate = Settings.candidate()
                .<SystemUnderTest.Starter>map(path -> () -> Referee.start(path))
                .orElse(MeshkeepUnderTest::start);
        List<Deviation> deviations = Settings.candidate().isPresent() ? List.of() : Deviation.OURS;
        Duel duel = new Duel(dialect, deviations, PATIENCE);
        List<DynamicTest> tests = new ArrayList<>();
        int runs = Math.max(1, Settings.ops() / OPS_PER_RUN);
        int opsPerRun = Math.min(OPS_PER_RUN, Settings.ops());
        for (int run = 0; run < runs; run++) {
            long seed = Settings.seed() + run;
            tests.add(dynamicTest("seed " + seed, () -> {
                Optional<Mismatch> mismatch = run(duel, seed, opsPerRun, dialect, referee, candidate);
                if (mismatch.isPresent()) {
                    try (Spares referees = new Spares(referee, SPARES)) {
                        Rematch rematch = new Rematch(referees, candidate, dialect, deviations);
                        fail(report(seed, mismatch.get(), rematch));
                    }
                }
            }));
        }
        tests.add(dynamicTest("every error that one node can give was seen", () -> {
            if (duel.ops() < OPS_FOR_EVERY_ERROR) {
                throw new TestAbortedException("only " + duel.ops() + " ops were performed");
            }
            assertThat(duel.errors().missing(dialect)).isEmpty();
        }));
        return tests;
    }

    private static Optional<Mismatch> run(
            Duel duel,
            long seed,
            int ops,
            Dialect dialect,
            SystemUnderTest.Starter referee,
            SystemUnderTest.Starter candidate) {
        for (int attempt = 1; ; attempt++) {
            try (SystemUnderTest leading = referee.start();
                    SystemUnderTest following = candidate.start()) {
                return duel.run(new Generator(seed, ops, dialect), leading, following);
            } catch (InconclusiveException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static String report(long seed, Mismatch found, Rematch rematch) {
        Mismatch shrunk = new Shrinker(rematch::run, SHRINKING).shrink(found);
        return "seed " + seed + ", found after " + found.length() + " ops, shrunk to " + shrunk.length() + ":\n"
                + shrunk.report(REPORTED_STEPS) + (shrunk == found ? "" : "\nFirst found as:\n" + found.difference());
    }
}
