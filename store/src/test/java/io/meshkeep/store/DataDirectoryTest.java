package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What happens to a data directory, and beside it, when a store is opened. */
class DataDirectoryTest {
    @TempDir
    Path directory;

    @Test
    void theDataOfAnEtcdIsLeftAlone() throws IOException {
        Path member = Files.createDirectories(directory.resolve("member").resolve("snap"));
        assertThatThrownBy(() -> Store.open(directory, StoreOptions.defaults()).close())
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(directory + " holds the data of an etcd")
                .hasMessageNotContaining("\n");
        try (Stream<Path> files = Files.walk(directory)) {
            assertThat(files).containsExactlyInAnyOrder(directory, directory.resolve("member"), member);
        }
    }

    /** Opens a store, says so, and waits to be killed. */
    static final class Opener {
        private Opener() {}

        public static void main(String[] args) throws InterruptedException {
            Store store = Store.open(Path.of(args[0]), StoreOptions.defaults());
            store.snapshot();
            System.out.println("open");
            Thread.sleep(Long.MAX_VALUE);
        }
    }

    private void openAndKill(Path data, Path temporary, String... prefix) throws IOException, InterruptedException {
        openAndKill(data, temporary, List.of(prefix), List.of());
    }

    private void openAndKill(Path data, Path temporary, List<String> prefix, List<String> options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + temporary));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Opener.class.getName(), data.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(directory.resolve("errors").toFile())
                .start();
        try (BufferedReader output = process.inputReader()) {
            assertThat(output.readLine())
                    .as(() -> "what it says; its errors: " + read(directory.resolve("errors")))
                    .isEqualTo("open");
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void aKilledProcessLeavesNoCopyOfTheNativeLibraryBehind() throws Exception {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Path data = directory.resolve("data");
        for (int i = 0; i < 2; i++) {
            openAndKill(data, temporary);
            assertThat(temporary).isEmptyDirectory();
            try (Stream<Path> files = Files.walk(data.resolve("native"))) {
                assertThat(files.filter(Files::isRegularFile)).singleElement().satisfies(library -> {
                    assertThat(Files.size(library)).isGreaterThan(1 << 20);
                    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(library)))
                            .isEqualTo("rw-------");
                });
            }
        }
    }

    @Test
    void aLibraryOfAnotherVersionIsReplaced() throws Exception {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Path data = directory.resolve("data");
        Path other = Files.createDirectories(data.resolve("native").resolve("00000000"));
        Files.writeString(other.resolve("library"), "of long ago");
        openAndKill(data, temporary);
        assertThat(other).doesNotExist();
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void aLibraryThatIsUnpackedElsewhereIsUsedFromThereIfItIsWhole() throws Exception {
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Path first = directory.resolve("first");
        openAndKill(first, temporary);
        Path shared = Files.move(first.resolve("native"), directory.resolve("an other"));
        List<String> options = List.of("-Dmeshkeep.native=" + shared);

        Path second = directory.resolve("second");
        openAndKill(second, temporary, List.of(), options);
        assertThat(second.resolve("native")).doesNotExist();

        try (Stream<Path> files = Files.walk(shared)) {
            Path library = files.filter(Files::isRegularFile).findFirst().orElseThrow();
            Files.write(library, new byte[1]);
        }
        openAndKill(second, temporary, List.of(), options);
        assertThat(second.resolve("native")).isDirectory();
        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void theNamesOfNewDirectoriesAreSynced() throws Exception {
        boolean strace = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(path -> Files.isExecutable(Path.of(path, "strace")));
        if (!Boolean.parseBoolean(System.getenv("CI"))) {
            Assumptions.assumeTrue(strace, "strace");
        }
        Path temporary = Files.createDirectory(directory.resolve("tmp"));
        Path trace = directory.resolve("trace");
        Path outer = directory.toRealPath().resolve("outer");
        Path data = outer.resolve("data");
        openAndKill(
                data,
                temporary,
                "strace",
                "-f",
                "-qq",
                "-y",
                "--seccomp-bpf",
                "-e",
                "signal=none",
                "-e",
                "trace=mkdir,mkdirat,fsync,fdatasync",
                "-o",
                trace.toString());
        List<String> calls = Files.readAllLines(trace);
        assertSynced(calls, outer);
        assertSynced(calls, data);
        assertSynced(calls, data.resolve("store"));
    }

    private static void assertSynced(List<String> calls, Path made) {
        int mkdir = -1;
        for (int i = 0; i < calls.size() && mkdir < 0; i++) {
            mkdir = calls.get(i).matches(".*mkdir.*\"" + made + "\".* = 0") ? i : -1;
        }
        assertThat(mkdir).as("where %s is made", made).isNotNegative();
        assertThat(calls.subList(mkdir, calls.size()))
                .as("calls after %s was made", made)
                .anyMatch(call -> call.matches(".*f(data)?sync\\(\\d+<" + made.getParent() + ">.*"));
    }
}
