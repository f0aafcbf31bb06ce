package io.meshkeep.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/**
 * Not a test but the tool that records transcripts, started on purpose: with MESHKEEP_RECORD a directory and
 * MESHKEEP_REFEREE an etcd 3.6. Ops and seed as for {@link LiveDifferentialTest}.
 */
class TranscriptRecorderTest {
    private static final int OPS_PER_RUN = 450;

    @Test
    void records() throws IOException {
        Path directory = Settings.record()
                .orElseThrow(() -> new TestAbortedException("transcripts are recorded only if MESHKEEP_RECORD is set"));
        Path etcd = Settings.referee().orElseThrow();
        assertThat(Dialects.of(etcd)).isEqualTo(Dialects.ETCD_3_6);
        Files.createDirectories(directory);
        int ops = 0;
        for (long seed = Settings.seed(); ops < Settings.ops(); seed++) {
            List<Step> steps;
            try (Referee referee = Referee.start(etcd)) {
                steps = Duel.record(new Generator(seed, OPS_PER_RUN, Dialects.ETCD_3_6), referee);
            }
            ops += steps.size();
            Path file = directory.resolve("seed-%03d.gz".formatted(seed));
            try (OutputStream out = Files.newOutputStream(file)) {
                new Transcript(Referee.version(etcd), seed, steps).write(out);
            }
        }
    }
}
