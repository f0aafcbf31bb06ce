package io.meshkeep.server.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.grpc.Status;
import io.meshkeep.proto.WatchResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Sequences about authentication whose answers by etcd 3.6 are kept beside the tests: ours are the same, every one. */
class AuthTranscriptReplayTest {
    private static final int LEAST_OPS = 5_000;
    private static final int REPORTED_STEPS = 15;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /**
     * What has to have been answered for the transcripts to be worth something. Missing is "revision of auth store is
     * old", which a simple token does not lead to unless two calls race.
     */
    private static final Set<String> EXPECTED = Set.of(
            "INVALID_ARGUMENT: etcdserver: user name is empty",
            "INVALID_ARGUMENT: etcdserver: role name is empty",
            "INVALID_ARGUMENT: etcdserver: authentication failed, invalid user ID or password",
            "INVALID_ARGUMENT: etcdserver: permission not given",
            "INVALID_ARGUMENT: etcdserver: invalid auth management",
            "FAILED_PRECONDITION: etcdserver: root user does not exist",
            "FAILED_PRECONDITION: etcdserver: root user does not have root role",
            "FAILED_PRECONDITION: etcdserver: user name already exists",
            "FAILED_PRECONDITION: etcdserver: user name not found",
            "FAILED_PRECONDITION: etcdserver: role name already exists",
            "FAILED_PRECONDITION: etcdserver: role name not found",
            "FAILED_PRECONDITION: etcdserver: role is not granted to the user",
            "FAILED_PRECONDITION: etcdserver: permission is not granted to the role",
            "FAILED_PRECONDITION: etcdserver: authentication is not enabled",
            "PERMISSION_DENIED: etcdserver: permission denied",
            "UNAUTHENTICATED: etcdserver: invalid auth token",
            "UNKNOWN: auth: authentication failed, password was given for no password user",
            "UNKNOWN: bcrypt: password length exceeds 72 bytes",
            "watch: rpc error: code = PermissionDenied desc = etcdserver: permission denied",
            "watch: rpc error: code = Unauthenticated desc = etcdserver: invalid auth token",
            "watch: rpc error: code = InvalidArgument desc = etcdserver: user name is empty");

    @TestFactory
    List<DynamicTest> answersAsRecorded() throws IOException, URISyntaxException {
        Duel duel = new Duel(Dialects.ETCD_3_6, List.of(), PATIENCE);
        Set<String> errors = new TreeSet<>();
        List<DynamicTest> tests = new ArrayList<>();
        for (Path file : transcripts()) {
            tests.add(dynamicTest(file.getFileName().toString(), () -> {
                Transcript transcript = read(file);
                transcript.steps().forEach(step -> errors.addAll(errors(step.answer())));
                try (SystemUnderTest server = MeshkeepUnderTest.start()) {
                    duel.replay(transcript.steps(), server)
                            .ifPresent(found -> fail("seed " + transcript.seed() + " answered by "
                                    + transcript.referee() + ", step "
                                    + found.steps().size() + ":\n" + found.report(REPORTED_STEPS)));
                }
            }));
        }
        tests.add(dynamicTest("the transcripts suffice", () -> {
            assertThat(duel.ops()).isGreaterThanOrEqualTo(LEAST_OPS);
            assertThat(errors).containsAll(EXPECTED);
        }));
        return tests;
    }

    private static Set<String> errors(Answer answer) {
        if (answer instanceof Answer.Failure failure && failure.code() != Status.Code.OK) {
            return Set.of(failure.code() + ": " + failure.text());
        }
        if (answer instanceof Answer.Reply reply
                && !reply.messages().isEmpty()
                && reply.messages().get(0) instanceof WatchResponse response
                && response.getCanceled()) {
            return Set.of("watch: " + response.getCancelReason());
        }
        return Set.of();
    }

    private static Transcript read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Transcript.read(in);
        }
    }

    private static List<Path> transcripts() throws IOException, URISyntaxException {
        Path directory = Path.of(Objects.requireNonNull(
                        AuthTranscriptReplayTest.class.getResource("/differential-auth"), "no transcripts")
                .toURI());
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(f -> f.toString().endsWith(".gz")).sorted().toList();
        }
    }
}
