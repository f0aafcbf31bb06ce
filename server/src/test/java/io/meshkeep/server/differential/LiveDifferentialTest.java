package io.meshkeep.server.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
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

    /** Fewer cannot be expected to see every error. */
    private static final int OPS_FOR_EVERY_ERROR = 10_000;

    private static final int SPARES = 2;

    private static Spares referees;

    @AfterAll
    static void stopSpares() {
        if (referees != null) {
            referees.close();
        }
    }

    @TestFactory
    List<DynamicTest> answersAsEtcdDoes() {
        Path etcd = Settings.referee().orElseThrow(() -> Settings.noReferee("the live differential test"));
        Optional<Path> otherEtcd = Settings.candidate();
        Dialect dialect = otherEtcd.map(other -> Dialects.of(etcd, other)).orElseGet(() -> Dialects.of(etcd));
        referees = new Spares(() -> Referee.start(etcd), SPARES);
        Campaign campaign = new Campaign(
                referees,
                otherEtcd
                        .<SystemUnderTest.Starter>map(other -> () -> Referee.start(other))
                        .orElse(MeshkeepUnderTest::start),
                dialect,
                otherEtcd.isPresent() ? List.of() : Deviation.OURS,
                Generator::new);
        List<DynamicTest> tests = new ArrayList<>();
        int runs = Math.max(1, Settings.ops() / OPS_PER_RUN);
        int opsPerRun = Math.min(OPS_PER_RUN, Settings.ops());
        for (int run = 0; run < runs; run++) {
            long seed = Settings.seed() + run;
            tests.add(dynamicTest(
                    "seed " + seed, () -> campaign.run(seed, opsPerRun).ifPresent(Assertions::fail)));
        }
        tests.add(dynamicTest("every error that one node can give was seen", () -> {
            if (campaign.duel().ops() < OPS_FOR_EVERY_ERROR) {
                throw new TestAbortedException("only " + campaign.duel().ops() + " ops were performed");
            }
            assertThat(campaign.duel().errors().missing(dialect)).isEmpty();
        }));
        return tests;
    }
}
