package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The launcher script in a project of its own, with a JDK, a Maven and an apt-get that only write down how they were
 * called. {@code .ci/run} starts the real thing.
 */
@Timeout(60)
class LauncherTest {
    private static final List<String> TOOLS = List.of(
            "awk",
            "cat",
            "chmod",
            "env",
            "find",
            "grep",
            "head",
            "id",
            "mkdir",
            "mktemp",
            "mv",
            "readlink",
            "rm",
            "sed",
            "sh",
            "sleep",
            "tee",
            "touch");

    @TempDir
    Path directory;

    private Path root;
    private Path bin;
    private Path calls;
    private String javaHome = "";
    private String javaOptions = "-Done=1 -Dtwo=2";

    private record Result(int status, List<String> out, List<String> err) {}

    @BeforeEach
    void makeProject() throws IOException {
        root = Files.createDirectories(directory.toRealPath().resolve("a project"));
        bin = Files.createDirectory(directory.resolve("bin"));
        calls = directory.resolve("calls");
        Files.copy(Path.of("..", "meshkeep"), root.resolve("meshkeep"));
        Files.createDirectories(root.resolve(".mvn"));
        Files.writeString(root.resolve("pom.xml"), "");
        for (String module : List.of("proto", "setcore", "store", "certs", "server", "loadtest", "clustermesh")) {
            Files.createDirectories(root.resolve(module).resolve("src/main/java"));
            Files.writeString(root.resolve(module).resolve("pom.xml"), "");
            Files.writeString(root.resolve(module).resolve("src/main/java/A.java"), "");
        }
        age(root);
        for (String tool : TOOLS) {
            Path found = Arrays.stream(System.getenv("PATH").split(":"))
                    .map(part -> Path.of(part, tool))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no " + tool));
            Files.createSymbolicLink(bin.resolve(tool), found);
        }
        script(bin.resolve("mvn"), """
                if [ "$1" = --version ]; then echo 'Apache Maven 3.9.9'; exit; fi
                echo "mvn $JAVA_HOME $*" >>"$CALLS"
                echo '[INFO] Building Meshkeep: server 1.0    [5/5]'
                mkdir -p "$ROOT/server/target" "$ROOT/loadtest/target"
                : >"$ROOT/server/target/meshkeep-server.jar"
                case " $* " in *" -pl loadtest "*) : >"$ROOT/loadtest/target/meshkeep-loadtest.jar" ;; esac
                case " $* " in *" -pl clustermesh "*)
                    mkdir -p "$ROOT/clustermesh/target"
                    : >"$ROOT/clustermesh/target/meshkeep-clustermesh.jar" ;;
                esac
                """);
    }

    @Test
    void theFirstStartBuildsAndLaterOnesDoNot() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Result first = launch(root, "./meshkeep", "serve", "--name=a b", "*");
        assertThat(first.status()).isEqualTo(7);
        assertThat(first.out()).containsExactly("arg serve", "arg --name=a b", "arg *");
        assertThat(first.err()).anyMatch(line -> line.contains("building the server"));
        assertThat(first.err()).contains("meshkeep:   Meshkeep: server 1.0 [5/5]");
        assertThat(calls()).filteredOn(call -> call.startsWith("mvn")).hasSize(1);

        Result second = launch(root, "./meshkeep", "serve");
        assertThat(second.out()).containsExactly("arg serve");
        assertThat(second.err()).isEmpty();
        assertThat(calls()).filteredOn(call -> call.startsWith("mvn")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"pom.xml", "store/pom.xml", "setcore/src/main/java/A.java", "proto/src/main/java", ".mvn"})
    void aNewerSourceMeansABuild(String source) throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        launch(root, "./meshkeep", "version");
        Files.setLastModifiedTime(
                root.resolve(source), FileTime.from(Instant.now().plusSeconds(5)));
        launch(root, "./meshkeep", "version");
        assertThat(calls()).filteredOn(call -> call.startsWith("mvn")).hasSize(2);
    }

    @Test
    void worksFromAnywhereAndThroughLinks() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Path links = Files.createDirectory(directory.resolve("links"));
        Files.createSymbolicLink(links.resolve("one"), Path.of("two"));
        Files.createSymbolicLink(links.resolve("two"), root.resolve("meshkeep"));
        assertThat(launch(directory, links.resolve("one").toString(), "version").out())
                .containsExactly("arg version");
        assertThat(launch(links, "./two", "version").out()).containsExactly("arg version");
        assertThat(launch(directory, "sh", root.resolve("meshkeep").toString(), "version")
                        .out())
                .containsExactly("arg version");
        assertThat(calls())
                .filteredOn(call -> call.startsWith("java"))
                .allMatch(call -> call.contains("-jar " + root.resolve("server/target/meshkeep-server.jar")));
    }

    @Test
    void anOldJavaHomeIsPassedOver() throws Exception {
        javaHome = jdk("old", "11.0.2");
        jdk("jvm/a-jdk-1.8", "1.8.0_402");
        String found = jdk("jvm/b-jdk-21", "21.0.1");
        launch(root, "./meshkeep", "version");
        assertThat(calls()).allMatch(call -> call.startsWith("mvn " + found) || call.startsWith("java 21.0.1"));
    }

    @Test
    void aJavaWithoutACompilerIsPassedOver() throws Exception {
        javaHome = jdk("jre", "21.0.1");
        Files.delete(Path.of(javaHome, "bin/javac"));
        String onPath = jdk("on-path", "17.0.15");
        Files.createSymbolicLink(bin.resolve("javac"), Path.of(onPath, "bin/javac"));
        launch(root, "./meshkeep", "version");
        assertThat(calls()).isNotEmpty().allMatch(call -> call.contains("17.0.15") || call.contains(onPath));
    }

    @Test
    void withoutAJdkOneLineSaysWhatToDo() throws Exception {
        Files.delete(bin.resolve("id"));
        script(bin.resolve("id"), "echo 1000");
        script(bin.resolve("apt-get"), "echo apt-get >>\"$CALLS\"");
        Result result = launch(root, "./meshkeep", "serve");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .containsExactly("meshkeep: no JDK 17 or newer found; set JAVA_HOME, or install one: "
                        + "sudo apt-get install openjdk-17-jdk-headless");
        assertThat(calls).doesNotExist();
    }

    @Test
    void rootOnDebianGetsAJdkAndIsTold() throws Exception {
        jdk("fetched", "17.0.15");
        Files.delete(bin.resolve("id"));
        script(bin.resolve("id"), "echo 0");
        script(bin.resolve("apt-get"), """
                echo "apt-get $*" >>"$CALLS"
                if [ "$1" = install ]; then mkdir -p "$MESHKEEP_JVM_DIR"; mv "$MESHKEEP_JVM_DIR/../fetched" "$MESHKEEP_JVM_DIR/x"; fi
                """);
        Result result = launch(root, "./meshkeep", "version");
        assertThat(result.out()).containsExactly("arg version");
        assertThat(result.err()).contains("meshkeep: no JDK 17 or newer found; installing one with apt-get");
        assertThat(calls()).contains("apt-get update -q");
        assertThat(calls()).anyMatch(call -> call.endsWith(" openjdk-17-jdk-headless"));
    }

    @Test
    void aFailedBuildStartsNothingAndIsTriedAgain() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Path mvn = bin.resolve("mvn");
        String works = Files.readString(mvn);
        Files.delete(mvn);
        script(
                mvn,
                "if [ \"$1\" = --version ]; then echo 'Apache Maven 3.9.9'; exit; fi\n"
                        + "echo '[ERROR] it broke'; exit 1");
        Result result = launch(root, "./meshkeep", "serve");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err()).contains("[ERROR] it broke");
        assertThat(result.err()).last().asString().contains("the build failed; see ");
        assertThat(result.out()).isEmpty();
        assertThat(calls).doesNotExist();

        Files.writeString(mvn, works);
        assertThat(launch(root, "./meshkeep", "version").out()).containsExactly("arg version");
    }

    @Test
    void theLockOfADeadBuildDoesNotHold() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.createDirectories(root.resolve("target/build.lock"));
        Files.writeString(root.resolve("target/build.lock/pid"), dead.pid() + "\n");
        assertThat(launch(root, "./meshkeep", "version").out()).containsExactly("arg version");
        assertThat(root.resolve("target/build.lock")).doesNotExist();
    }

    @Test
    void jvmOptionsFitTheJdkAndTheUsersComeLast() throws Exception {
        javaHome = jdk("jdk", "25.0.3");
        launch(root, "./meshkeep", "version");
        assertThat(calls())
                .last()
                .asString()
                .contains("--enable-native-access=ALL-UNNAMED")
                .contains("-Done=1 -Dtwo=2 -jar ");
        javaHome = jdk("older", "17.0.15");
        launch(root, "./meshkeep", "version");
        assertThat(calls())
                .last()
                .asString()
                .doesNotContain("--enable-native-access")
                .contains("-Done=1 -Dtwo=2 -jar ");
    }

    @Test
    void theUsersCollectorTakesThePlaceOfOurs() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        launch(root, "./meshkeep", "version");
        assertThat(calls()).last().asString().contains("-XX:+UseParallelGC");
        javaOptions = "-Done=1 -XX:+UseG1GC";
        launch(root, "./meshkeep", "version");
        assertThat(calls()).last().asString().contains("-XX:+UseG1GC").doesNotContain("-XX:+UseParallelGC");
    }

    @ParameterizedTest
    @CsvSource({
        "17.0.15, -XX:ArchiveClassesAtExit=, -XX:SharedArchiveFile=",
        "24.0.2, -XX:ArchiveClassesAtExit=, -XX:SharedArchiveFile=",
        "25.0.3, -XX:AOTCacheOutput=, -XX:AOTCache="
    })
    void theFirstStartTrainsTheJdkForAllLaterOnes(String version, String made, String used) throws Exception {
        javaHome = jdk("jdk", version);
        for (int start = 0; start < 2; start++) {
            assertThat(launch(root, "./meshkeep", "version").out()).containsExactly("arg version");
            assertThat(calls()).filteredOn(call -> call.contains(made)).hasSize(1);
            assertThat(calls()).filteredOn(call -> call.contains(used)).hasSize(1 + start);
        }
    }

    @Test
    void whatTheTrainedServerUnpackedIsForAllLaterOnes() throws Exception {
        Path natives = root.resolve("server/target/cds/native");
        for (String version : List.of("17.0.15", "25.0.3")) {
            javaHome = jdk("jdk-" + version, version);
            launch(root, "./meshkeep", "version");
            assertThat(natives.resolve("version/library")).hasContent("of " + version);
            assertThat(Files.getPosixFilePermissions(natives.resolve("version/library")))
                    .contains(PosixFilePermission.OTHERS_READ);
            assertThat(calls()).last().asString().contains("-Dmeshkeep.native=" + natives + " ");
        }
        javaOptions = "-Dmeshkeep.native=/elsewhere";
        launch(root, "./meshkeep", "version");
        assertThat(calls())
                .last()
                .asString()
                .matches(".*-Dmeshkeep.native=" + natives + " .*-Dmeshkeep.native=/else.*");
    }

    @Test
    void whatARehearsalThatFailedUnpackedIsForNobody() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Result result = launch(root, "env", "REHEARSAL_FAILS=no room", "./meshkeep", "version");
        assertThat(result.out()).containsExactly("arg version");
        assertThat(result.err())
                .contains("meshkeep: note: the server could not be rehearsed, and starts more slowly: no room");
        assertThat(root.resolve("server/target/cds/native")).doesNotExist();
    }

    @Test
    void nothingIsSoughtWhereNothingCouldBeTrained() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Path target = Files.createDirectories(root.resolve("server/target"));
        Files.writeString(target.resolve("cds"), "not a directory");
        assertThat(launch(root, "./meshkeep", "version").out()).containsExactly("arg version");
        assertThat(calls()).last().asString().doesNotContain("-Djava.library.path=");
    }

    /** With its own jar, whose classes are others: the archive of one fits no other. */
    @Test
    void whatHoldsTheServerIsTrainedToo() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Path target = root.resolve("clustermesh/target");
        for (int start = 0; start < 2; start++) {
            assertThat(launch(root, "./meshkeep", "clustermesh").out()).containsExactly("arg clustermesh");
            assertThat(calls())
                    .filteredOn(call -> call.contains("-XX:ArchiveClassesAtExit=" + target))
                    .singleElement(STRING)
                    .contains("-jar " + target.resolve("meshkeep-clustermesh.jar") + " clustermesh --k8s-api-server ");
            assertThat(calls())
                    .last()
                    .asString()
                    .contains("-XX:SharedArchiveFile=" + target.resolve("cds/jdk-17.0.15.jsa") + " ")
                    .contains("-Dmeshkeep.native=" + target.resolve("cds/native") + " ");
        }
        assertThat(target.resolve("cds/native/version/library")).hasContent("of 17.0.15");
    }

    @Test
    void librariesAreSoughtBesideTheArchiveThenWhereTheUserSays() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        launch(root, "./meshkeep", "version");
        Path natives = root.resolve("server/target/cds/native/netty");
        assertThat(calls()).last().asString().contains(" -Djava.library.path=" + natives + " ");
        launch(root, "env", "LD_LIBRARY_PATH=/elsewhere", "./meshkeep", "version");
        assertThat(calls()).last().asString().contains(" -Djava.library.path=" + natives + ":/elsewhere ");
    }

    @ParameterizedTest
    @CsvSource({"help", "--help", "-h", "''"})
    void helpNeedsNothing(String argument) throws Exception {
        Result result = argument.isEmpty() ? launch(root, "./meshkeep") : launch(root, "./meshkeep", argument);
        assertThat(result.status()).isZero();
        assertThat(result.out()).anyMatch(line -> line.contains("./meshkeep serve"));
        assertThat(calls).doesNotExist();
    }

    @Test
    void testRunsTheWholeBuildAndHandsArgumentsOn() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        launch(root, "./meshkeep", "test", "-Dtest=A B");
        assertThat(calls())
                .containsExactly("mvn " + javaHome + " -B -ntp -f " + root.resolve("pom.xml") + " verify -Dtest=A B");
    }

    @Test
    void benchBuildsTheLoadGeneratorOnceAndHandsArgumentsOn() throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Result first = launch(root, "./meshkeep", "bench", "sets", "--json", "a b");
        assertThat(first.status()).isEqualTo(7);
        assertThat(first.out()).containsExactly("arg bench", "arg sets", "arg --json", "arg a b");
        assertThat(first.err()).anyMatch(line -> line.contains("building the load generator"));
        assertThat(calls()).last().asString().contains("-jar " + root.resolve("loadtest/target/meshkeep-loadtest.jar"));

        Result second = launch(root, "./meshkeep", "bench");
        assertThat(second.out()).containsExactly("arg bench");
        assertThat(second.err()).isEmpty();
        assertThat(builds()).isEqualTo(1);

        // The server was built with it.
        launch(root, "./meshkeep", "version");
        assertThat(builds()).isEqualTo(1);

        Files.setLastModifiedTime(
                root.resolve("loadtest/pom.xml"), FileTime.from(Instant.now().plusSeconds(5)));
        launch(root, "./meshkeep", "version");
        assertThat(builds()).isEqualTo(1);
        launch(root, "./meshkeep", "bench");
        assertThat(builds()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"clustermesh", "kvstoremesh", "vm", "troubleshoot"})
    void whatConcernsAClusterIsBuiltOnceAndGetsItsArguments(String command) throws Exception {
        javaHome = jdk("jdk", "17.0.15");
        Result first = launch(root, "./meshkeep", command, "--no-such-flag", "a b");
        assertThat(first.status()).isEqualTo(7);
        assertThat(first.out()).containsExactly("arg " + command, "arg --no-such-flag", "arg a b");
        assertThat(first.err()).anyMatch(line -> line.contains("building the synchronisation with Kubernetes"));
        assertThat(calls())
                .last()
                .asString()
                .contains("-jar " + root.resolve("clustermesh/target/meshkeep-clustermesh.jar"));

        assertThat(launch(root, "./meshkeep", command, "--help").err()).isEmpty();
        Files.setLastModifiedTime(
                root.resolve("certs/pom.xml"), FileTime.from(Instant.now().plusSeconds(5)));
        launch(root, "./meshkeep", command);
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void anImageIsMadeOfWhatWasBuiltByTheJdkThatWasFound() throws Exception {
        javaHome = jdk("jdk", "21.0.9");
        script(Files.createDirectories(root.resolve("deploy/image")).resolve("build"), """
                echo "image $JAVA_HOME"
                for argument; do echo "arg $argument"; done
                exit 9
                """);
        Result result = launch(root, "./meshkeep", "image", "a file.tar");
        assertThat(result.status()).isEqualTo(9);
        assertThat(result.out()).containsExactly("image " + javaHome, "arg a file.tar");
        assertThat(calls())
                .filteredOn(call -> call.startsWith("mvn"))
                .singleElement(STRING)
                .contains("-pl clustermesh");
    }

    private long builds() throws IOException {
        return calls().stream().filter(call -> call.startsWith("mvn")).count();
    }

    private Result launch(Path from, String... command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).directory(from.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", bin.toString());
        builder.environment().put("HOME", directory.toString());
        builder.environment().put("CALLS", calls.toString());
        builder.environment().put("ROOT", root.toString());
        builder.environment().put("MESHKEEP_JVM_DIR", directory.resolve("jvm").toString());
        builder.environment().put("MESHKEEP_JAVA_OPTS", javaOptions);
        if (!javaHome.isEmpty()) {
            builder.environment().put("JAVA_HOME", javaHome);
        }
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process =
                builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), Files.readAllLines(out), Files.readAllLines(err));
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(calls);
    }

    /** A JDK whose java tells its arguments after the jar and ends with 7, or makes the archive it is asked for. */
    private String jdk(String name, String version) throws IOException {
        Path home = Files.createDirectories(directory.resolve(name));
        Files.createDirectories(home.resolve("bin"));
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        script(home.resolve("bin/java"), """
                echo "java %s $*" >>"$CALLS"
                for option; do
                    case $option in
                        -XX:ArchiveClassesAtExit=* | -XX:AOTCacheOutput=*) echo x >"${option#*=}"; made=yes ;;
                    esac
                    if [ "$previous" = --data-dir ]; then data=$option; fi
                    previous=$option
                done
                if [ -n "$made" ]; then
                    mkdir -p "$data/native/version"
                    echo "of %s" >"$data/native/version/library"
                    [ -z "$REHEARSAL_FAILS" ] || { echo "$REHEARSAL_FAILS"; exit 1; }
                    exit 0
                fi
                while [ "$1" != -jar ]; do
                    case $1 in
                        -XX:SharedArchiveFile=* | -XX:AOTCache=*) [ -s "${1#*=}" ] || echo "no ${1#*=}" ;;
                        -*) ;;
                        *) echo "not an option: $1" ;;
                    esac
                    shift
                done
                shift 2
                for argument; do echo "arg $argument"; done
                exit 7
                """.formatted(version, version));
        script(home.resolve("bin/javac"), "exit 1");
        return home.toString();
    }

    private static void script(Path file, String body) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + body + "\n", StandardCharsets.UTF_8);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** Makes everything older than a build that happens now. */
    private static void age(Path tree) throws IOException {
        List<Path> files = new ArrayList<>();
        try (var walk = Files.walk(tree)) {
            walk.forEach(files::add);
        }
        for (Path file : files) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
        }
    }
}
