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
    private static final int AUTH_RUNS = 12;

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
            write(new Transcript(Referee.version(etcd), seed, steps), directory);
        }
    }

    /** In another directory: a transcript of authentication is none of everything else. */
    @Test
    void recordsAuthentication() throws IOException {
        Path directory = Settings.record()
                .orElseThrow(() -> new TestAbortedException("transcripts are recorded only if MESHKEEP_RECORD is set"))
                .resolveSibling("differential-auth");
        Path etcd = Settings.referee().orElseThrow();
        assertThat(Dialects.of(etcd)).isEqualTo(Dialects.ETCD_3_6);
        Files.createDirectories(directory);
        for (long seed = 1; seed <= AUTH_RUNS; seed++) {
            List<Step> steps;
            try (Referee referee = Referee.start(etcd, "--bcrypt-cost=" + MeshkeepUnderTest.BCRYPT_COST)) {
                steps = Duel.record(new AuthGenerator(seed, OPS_PER_RUN, Dialects.ETCD_3_6), referee);
            }
            write(new Transcript(Referee.version(etcd), seed, steps), directory);
        }
    }

    private static void write(Transcript transcript, Path directory) throws IOException {
        try (OutputStream out = Files.newOutputStream(directory.resolve("seed-%03d.gz".formatted(transcript.seed())))) {
            transcript.write(out);
        }
    }
}
