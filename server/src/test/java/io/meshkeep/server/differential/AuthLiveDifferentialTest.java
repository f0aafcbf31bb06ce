package io.meshkeep.server.differential;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;

/**
 * As {@link LiveDifferentialTest}, about authentication. Only etcd 3.5 and 3.6 are a measure for it: 3.4 lets through
 * what it should refuse, in too many places to name.
 */
class AuthLiveDifferentialTest {
    private static final int OPS_PER_RUN = 450;

    @TestFactory
    List<DynamicTest> answersAsEtcdDoes() {
        Path etcd = Settings.referee().orElseThrow(() -> Settings.noReferee("the live differential test of auth"));
        Dialect dialect = Dialects.of(etcd);
        if (dialect == Dialects.ETCD_3_4) {
            throw new TestAbortedException("authentication is not measured by etcd 3.4");
        }
        Campaign campaign = new Campaign(
                () -> Referee.start(etcd, "--bcrypt-cost=" + MeshkeepUnderTest.BCRYPT_COST),
                MeshkeepUnderTest::start,
                dialect,
                Deviation.OURS,
                AuthGenerator::new);
        List<DynamicTest> tests = new ArrayList<>();
        for (int run = 0; run < Math.max(1, Settings.ops() / OPS_PER_RUN); run++) {
            long seed = Settings.seed() + run;
            tests.add(dynamicTest(
                    "seed " + seed, () -> campaign.run(seed, OPS_PER_RUN).ifPresent(Assertions::fail)));
        }
        return tests;
    }
}
