package io.meshkeep.clustermesh.pod;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.store.AuthUser;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class EtcdInitTest {
    @TempDir
    Path temporary;

    private Path data;

    @BeforeEach
    void makeDirectory() throws IOException {
        data = Files.createDirectory(temporary.resolve("etcd"));
    }

    private record Outcome(int status, String err) {}

    private static Outcome run(Map<String, String> environment, String... arguments) {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = EtcdInit.run(List.of(arguments), environment, new PrintStream(err, true));
        return new Outcome(status, err.toString(StandardCharsets.UTF_8));
    }

    /** As Cilium's chart calls it. */
    private Outcome runAsTheChart() {
        return run(
                Map.of("CILIUM_CLUSTER_NAME", "east", "INITIAL_CLUSTER_TOKEN", "uid-1"),
                "--etcd-cluster-name=clustermesh-apiserver",
                "--etcd-initial-cluster-token=uid-1",
                "--etcd-data-dir=" + data);
    }

    private List<String> users() {
        try (Store store =
                Store.open(data, StoreOptions.builder().unsafeNoSync(true).build())) {
            assertThat(store.snapshot().auth().isEnabled()).isTrue();
            return store.snapshot().auth().users().stream().map(AuthUser::name).toList();
        }
    }

    @Test
    void givesAnEmptyDirectoryCiliumsUsers() {
        assertThat(runAsTheChart()).isEqualTo(new Outcome(0, ""));
        assertThat(users()).containsExactlyInAnyOrder("root", "admin-east", "externalworkload", "local-east", "remote");
    }

    @Test
    void beginsAfterEveryStoreThatWasMadeBefore() {
        long before = Instant.now().toEpochMilli() * 1000;
        runAsTheChart();
        try (Store store =
                Store.open(data, StoreOptions.builder().unsafeNoSync(true).build())) {
            assertThat(store.snapshot().revision()).isBetween(before, 1L << 53);
        }
    }

    @Test
    void emptiesWhatAnInterruptedRunLeftAndNothingElse() throws IOException {
        Path elsewhere = Files.writeString(temporary.resolve("elsewhere"), "stays");
        Path directory =
                Files.createDirectories(temporary.resolve("other/inner")).getParent();
        Files.createDirectories(data.resolve("member/snap"));
        Files.writeString(data.resolve("member/snap/db"), "old");
        Files.createSymbolicLink(data.resolve("link"), elsewhere);
        Files.createSymbolicLink(data.resolve("directory-link"), directory);
        assertThat(runAsTheChart().status()).isZero();
        assertThat(data.resolve("member")).doesNotExist();
        assertThat(data.resolve("link")).doesNotExist();
        assertThat(elsewhere).hasContent("stays");
        assertThat(directory.resolve("inner")).isDirectory();
        assertThat(runAsTheChart().status()).as("a second run").isZero();
        assertThat(users()).hasSize(5);
    }

    @Test
    void aFlagWinsOverItsVariable() {
        Outcome outcome = run(
                Map.of("CILIUM_CLUSTER_NAME", "east", "CILIUM_ETCD_DATA_DIR", data.toString()),
                "--cluster-name",
                "west",
                "--debug",
                "--timeout=1m");
        assertThat(outcome).isEqualTo(new Outcome(0, ""));
        assertThat(users()).contains("admin-west");
    }

    @Test
    void saysWhatIsWrong() {
        assertThat(run(Map.of(), "--etcd-data-dir=" + data.resolve("missing")))
                .satisfies(outcome -> assertThat(outcome.status()).isEqualTo(1))
                .satisfies(outcome ->
                        assertThat(outcome.err()).contains("etcdinit: the data directory cannot be emptied"));
        assertThat(run(Map.of(), "--nonsense=1").err()).contains("unknown flag --nonsense");
        assertThat(run(Map.of(), "--timeout").status()).isEqualTo(2);
        assertThat(run(Map.of(), "--timeout=soon", "--etcd-data-dir=" + data).status())
                .isEqualTo(2);
    }
}
