package io.meshkeep.server.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.io.CleanupMode.ON_SUCCESS;

import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@code kill -9} leaves. Clients write, read and watch while the server is killed at random moments and started
 * again on the same data, and note what they were told; all of it must hold.
 *
 * <p>{@code -Dmeshkeep.crash.seed} repeats the choices of a run (not its timing), {@code -Dmeshkeep.crash.kills} makes
 * it longer.
 */
class CrashTest {
    @Test
    @Timeout(value = 15, unit = TimeUnit.MINUTES)
    void nothingAcknowledgedOrSeenIsLost(@TempDir(cleanup = ON_SUCCESS) Path dir) throws InterruptedException {
        long seed = Long.getLong("meshkeep.crash.seed", System.nanoTime());
        int kills = Integer.getInteger("meshkeep.crash.kills", 55);
        Campaign campaign = new Campaign(new Random(seed), dir.resolve("data"));
        long start = System.nanoTime();
        try {
            campaign.run(kills);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed + ", data in " + dir + ", " + campaign + ": " + e.getMessage(), e);
        }
        System.out.printf(
                "crash test: %d kills in %d s, %s, seed %d%n",
                kills, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start), campaign, seed);
        // The load must have been worth the name, or nothing was shown.
        assertThat(campaign.answers()).as("calls answered").isGreaterThan(20L * kills);
        assertThat(campaign.history().last()).as("revisions").isGreaterThan(10L * kills);
    }
}
