package io.meshkeep.certs.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.ChainCheck;
import io.meshkeep.certs.KeyUse;
import io.meshkeep.certs.Names;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertsCommandTest {
    @TempDir
    Path directory;

    private Instant now = Instant.now();
    private String out;
    private String err;

    private int run(String... line) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        int status = new CertsCommand(new PrintStream(outBytes, true), new PrintStream(errBytes, true), () -> now)
                .run(Arrays.asList(line));
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
        return status;
    }

    private void init(String... more) {
        String[] line = Stream.concat(
                        Stream.of("init", "--dir", directory.toString(), "--cluster-name", "east"), Stream.of(more))
                .toArray(String[]::new);
        assertThat(run(line)).as("init: %s", err).isZero();
    }

    private X509Certificate certificate(String name) throws IOException {
        return CertificateFiles.readCertificates(directory.resolve(name).resolve("tls.crt"))
                .get(0);
    }

    @Test
    void makesWhatCiliumsChartReads() throws IOException {
        init("--server-names", "lb.example,192.0.2.7");
        assertThat(names())
                .containsExactlyInAnyOrder(
                        "cilium-ca",
                        "clustermesh-apiserver-server-cert",
                        "clustermesh-apiserver-admin-cert",
                        "clustermesh-apiserver-remote-cert",
                        "clustermesh-apiserver-local-cert",
                        "clustermesh-apiserver-client-cert");
        assertThat(Names.commonName(certificate("clustermesh-apiserver-admin-cert")))
                .isEqualTo("admin-east");
        assertThat(Names.commonName(certificate("clustermesh-apiserver-remote-cert")))
                .isEqualTo("remote");
        assertThat(Names.commonName(certificate("clustermesh-apiserver-local-cert")))
                .isEqualTo("local-east");
        assertThat(Names.commonName(certificate("clustermesh-apiserver-client-cert")))
                .isEqualTo("externalworkload");
        ChainCheck check =
                ChainCheck.against(CertificateFiles.readCertificates(directory.resolve("cilium-ca/ca.crt")), now);
        for (String host : List.of(
                "clustermesh-apiserver.cilium.io",
                "west.mesh.cilium.io",
                "clustermesh-apiserver.kube-system.svc",
                "127.0.0.1",
                "::1",
                "lb.example",
                "192.0.2.7")) {
            assertThat(check.forUse(KeyUse.SERVER)
                            .forHost(host)
                            .problems(List.of(certificate("clustermesh-apiserver-server-cert"))))
                    .isEmpty();
        }
        assertThat(check.forUse(KeyUse.SERVER).problems(List.of(certificate("clustermesh-apiserver-remote-cert"))))
                .hasSize(1);
    }

    @Test
    void letsOnlyTheOwnerRead() throws IOException {
        init();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(file -> !file.equals(directory)).toList()) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                        .as("%s", file)
                        .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------");
            }
        }
    }

    @Test
    void verifiesAWholeDirectoryAndSaysWhatIsWrong() throws IOException {
        init("--key", "rsa-2048", "--key-format", "pkcs1");
        assertThat(Files.readString(directory.resolve("clustermesh-apiserver-local-cert/tls.key")))
                .startsWith("-----BEGIN RSA PRIVATE KEY-----");
        assertThat(run("verify", "--dir", directory.toString())).isZero();
        assertThat(out.lines()).hasSize(5).allMatch(line -> line.endsWith(": good"));

        Files.copy(
                directory.resolve("clustermesh-apiserver-admin-cert/tls.key"),
                directory.resolve("clustermesh-apiserver-local-cert/tls.key"),
                StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(directory.resolve("clustermesh-apiserver-client-cert/tls.key"), "oops");
        assertThat(run("verify", "--dir", directory.toString())).isEqualTo(1);
        assertThat(out)
                .contains("clustermesh-apiserver-local-cert: the private key does not belong to the certificate")
                .contains("clustermesh-apiserver-client-cert/tls.key holds no private key")
                .contains("clustermesh-apiserver-admin-cert: good");

        now = now.plus(Duration.ofDays(1200));
        assertThat(run("verify", "--dir", directory.toString())).isEqualTo(1);
        assertThat(out).contains("clustermesh-apiserver-admin-cert: the certificate expired on");
    }

    @Test
    void verifiesOne() {
        init();
        String server = directory.resolve("clustermesh-apiserver-server-cert") + "/";
        assertThat(run(
                        "verify",
                        "--cert",
                        server + "tls.crt",
                        "--key",
                        server + "tls.key",
                        "--ca=" + server + "ca.crt",
                        "--use",
                        "server",
                        "--host",
                        "localhost"))
                .isEqualTo(1);
        assertThat(out).contains("the certificate is not for localhost: it is for clustermesh-apiserver.cilium.io,");
    }

    @Test
    void renewsWhatEndsSoonWithTheSameContents() throws IOException {
        init();
        assertThat(run("rotate", "--dir", directory.toString())).isZero();
        assertThat(out).isEqualToIgnoringNewLines("nothing to renew");
        X509Certificate before = certificate("clustermesh-apiserver-server-cert");
        assertThat(run("rotate", "--dir", directory.toString(), "--all")).isZero();
        X509Certificate after = certificate("clustermesh-apiserver-server-cert");
        assertThat(after.getSerialNumber()).isNotEqualTo(before.getSerialNumber());
        assertThat(after.getPublicKey()).isNotEqualTo(before.getPublicKey());
        assertThat(after.getSubjectX500Principal()).isEqualTo(before.getSubjectX500Principal());
        assertThat(run("verify", "--dir", directory.toString())).isZero();
    }

    /** At every step, whoever has the files of this step or of the one before trusts whoever has either. */
    @Test
    void changesTheAuthorityWithoutAGap() throws IOException {
        init();
        String server = "clustermesh-apiserver-server-cert";
        List<X509Certificate> trustedBefore = trusted(server);
        X509Certificate certificateBefore = certificate(server);
        for (String[] step :
                new String[][] {{"rotate", "--authority", "add"}, {"rotate"}, {"rotate", "--authority", "drop"}}) {
            String[] line = Stream.concat(Stream.of(step), Stream.of("--dir", directory.toString()))
                    .toArray(String[]::new);
            assertThat(run(line)).as(err).isZero();
            for (List<X509Certificate> trusted : List.of(trustedBefore, trusted(server))) {
                for (X509Certificate shown : List.of(certificateBefore, certificate(server))) {
                    assertThat(ChainCheck.against(trusted, now).problems(List.of(shown)))
                            .as("after %s", String.join(" ", step))
                            .isEmpty();
                }
            }
            trustedBefore = trusted(server);
            certificateBefore = certificate(server);
        }
        assertThat(trusted(server)).hasSize(1);
        assertThat(run("verify", "--dir", directory.toString())).isZero();
    }

    @Test
    void doesNotDropAnAuthorityThatIsInUse() {
        init();
        run("rotate", "--authority", "add", "--dir", directory.toString());
        assertThat(run("rotate", "--authority", "drop", "--dir", directory.toString()))
                .isEqualTo(1);
        assertThat(err).contains("is not of the new authority yet; run certs rotate first");
    }

    private List<X509Certificate> trusted(String name) throws IOException {
        return CertificateFiles.readCertificates(directory.resolve(name).resolve("ca.crt"));
    }

    @Test
    void issuesAndShowsMore() {
        init();
        assertThat(run(
                        "issue",
                        "--dir",
                        directory.toString(),
                        "--name",
                        "extra",
                        "--common-name",
                        "me",
                        "--server",
                        "--names",
                        "a.example"))
                .isZero();
        assertThat(run("show", directory + "/extra/tls.crt")).isZero();
        assertThat(out)
                .contains("subject      CN=me")
                .contains("issuer       CN=Cilium CA")
                .contains("names        a.example")
                .contains("use          server, client")
                .contains("(1094 days left)")
                .contains("EC P-256");
        assertThat(run("issue", "--dir", directory.toString(), "--name", "../x", "--common-name", "me"))
                .isEqualTo(1);
        assertThat(err).contains("is no name for a directory");
    }

    @Test
    void neverOverwrites() {
        init();
        assertThat(run("init", "--dir", directory.toString(), "--cluster-name", "west"))
                .isEqualTo(1);
        assertThat(err).contains("exists already");
    }

    @Test
    void printsSecrets() {
        assertThat(run("init", "--cluster-name", "east", "--kubernetes", "--namespace", "mesh", "--per-cluster-remote"))
                .isZero();
        List<String> secrets = List.of(out.split("---\n"));
        assertThat(secrets).hasSize(7);
        assertThat(secrets)
                .filteredOn(secret -> secret.contains("name: clustermesh-apiserver-remote-cert"))
                .singleElement()
                .asString()
                .contains("namespace: mesh")
                .contains("type: kubernetes.io/tls")
                .contains("  tls.key: ");
    }

    @Test
    void misuseIsTwo() {
        assertThat(run("init", "--bogus")).isEqualTo(2);
        assertThat(run("init", "--cluster-name", "c")).isEqualTo(2);
        assertThat(err).contains("--dir is missing");
        assertThat(run("init", "--dir", directory.toString(), "--cluster-name", "c", "--key-format", "pkcs1"))
                .isEqualTo(2);
        assertThat(run("nonsense")).isEqualTo(2);
        assertThat(run()).isZero();
        assertThat(out).contains("certs init");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> places = Files.list(directory)) {
            return places.map(place -> place.getFileName().toString()).toList();
        }
    }
}
