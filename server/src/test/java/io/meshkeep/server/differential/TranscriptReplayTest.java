package io.meshkeep.server.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The sequences whose answers by etcd 3.6 are kept beside the tests, performed on our server: every answer is the same
 * but for the {@linkplain Deviation deviations} that are meant, each of which must still be needed.
 */
class TranscriptReplayTest {
    private static final int LEAST_TRANSCRIPTS = 20;
    private static final int LEAST_OPS = 10_000;
    private static final int ATTEMPTS = 3;
    private static final int REPORTED_STEPS = 15;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @TestFactory
    List<DynamicTest> answersAsRecorded() throws IOException, URISyntaxException {
        List<Path> files = transcripts();
        Duel duel = new Duel(Dialects.ETCD_3_6, Deviation.OURS, PATIENCE);
        List<DynamicTest> tests = new ArrayList<>();
        for (Path file : files) {
            tests.add(dynamicTest(file.getFileName().toString(), () -> {
                Transcript transcript = read(file);
                replay(duel, transcript)
                        .ifPresent(found -> fail("seed " + transcript.seed() + " answered by " + transcript.referee()
                                + ", step " + found.steps().size() + ":\n" + found.report(REPORTED_STEPS)
                                + "\nTo shrink it, run LiveDifferentialTest with that etcd and"
                                + " -Dmeshkeep.differential.seed=" + transcript.seed()));
            }));
        }
        tests.add(dynamicTest("the transcripts suffice", () -> {
            assertThat(files).hasSizeGreaterThanOrEqualTo(LEAST_TRANSCRIPTS);
            assertThat(duel.ops()).isGreaterThanOrEqualTo(LEAST_OPS);
            assertThat(duel.errors().missing(Dialects.ETCD_3_6)).isEmpty();
        }));
        tests.add(dynamicTest(
                "every deviation is still there",
                () -> assertThat(duel.deviationsSeen()).containsExactlyInAnyOrderElementsOf(Deviation.OURS)));
        return tests;
    }

    private static Optional<Mismatch> replay(Duel duel, Transcript transcript) {
        for (int attempt = 1; ; attempt++) {
            try (SystemUnderTest server = MeshkeepUnderTest.start()) {
                return duel.replay(transcript.steps(), server);
            } catch (InconclusiveException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static Transcript read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Transcript.read(in);
        }
    }

    private static List<Path> transcripts() throws IOException, URISyntaxException {
        Path directory = Path.of(
                Objects.requireNonNull(TranscriptReplayTest.class.getResource("/differential"), "no transcripts")
                        .toURI());
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(f -> f.toString().endsWith(".gz")).sorted().toList();
        }
    }
}
