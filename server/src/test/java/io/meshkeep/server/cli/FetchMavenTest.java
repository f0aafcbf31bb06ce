package io.meshkeep.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's own way to a Maven. */
@Timeout(60)
class FetchMavenTest {
    @TempDir
    Path directory;

    private Path zip;
    private Path target;

    @BeforeEach
    void setUp() {
        zip = directory.resolve("maven.zip");
        target = directory.resolve("cache/maven");
    }

    @Test
    void unpacksWhatMatchesTheChecksum() throws Exception {
        zip("apache-maven-1/bin/mvn", "apache-maven-1/lib/a.jar");
        assertThat(fetch(sha512())).isZero();
        assertThat(target.resolve("bin/mvn"))
                .hasContent("apache-maven-1/bin/mvn")
                .isExecutable();
        assertThat(target.resolve("lib/a.jar")).hasContent("apache-maven-1/lib/a.jar");
        assertThat(target.getParent()).isDirectoryNotContaining(path -> !path.equals(target));
    }

    @Test
    void leavesNothingUsableWhenTheChecksumDiffers() throws Exception {
        zip("apache-maven-1/bin/mvn");
        assertThat(fetch("00".repeat(64))).isEqualTo(1);
        assertThat(target).doesNotExist();
    }

    @Test
    void refusesNamesThatLeadOutside() throws Exception {
        zip("apache-maven-1/../../../escaped");
        assertThat(fetch(sha512())).isEqualTo(1);
        assertThat(target).doesNotExist();
        assertThat(directory).isDirectoryNotContaining("glob:**escaped");
    }

    private int fetch(String sha512) throws Exception {
        Process java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        Path.of("..", ".mvn", "FetchMaven.java").toString(),
                        zip.toUri().toString(),
                        sha512,
                        target.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("out").toFile())
                .start();
        assertThat(java.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return java.exitValue();
    }

    private String sha512() throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-512").digest(Files.readAllBytes(zip)));
    }

    private void zip(String... names) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (String name : names) {
                out.putNextEntry(new ZipEntry(name));
                out.write(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            }
        }
    }
}
