package io.meshkeep.clustermesh.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the script on a machine that is made of stubs; what only a kernel or Docker could show is not shown. */
class InstallScriptTest {
    private static final AccessInformation.Credentials CREDENTIALS = new AccessInformation.Credentials(
            pem("CERTIFICATE", "Q0E="), pem("CERTIFICATE", "Q0VSVA=="), pem("EC PRIVATE KEY", "S0VZ"));

    private static final String HOSTILE_NAME = "it's $(id) `id` %KEY%";

    @TempDir
    Path directory;

    private Sandbox machine;

    private static String pem(String kind, String body) {
        return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
    }

    private static InstallScript script(String clusterName) {
        return new InstallScript(
                "quay.io/cilium/cilium:v1.16.1@sha256:ab",
                List.of("192.168.0.1:32379", "192.168.0.2:32379"),
                List.of("--debug", "--mtu=1400"),
                clusterName,
                "7",
                2,
                CREDENTIALS);
    }

    @BeforeEach
    void prepare() throws Exception {
        machine = new Sandbox(directory, script(HOSTILE_NAME).text());
        machine.write("/etc/resolv.conf", "nameserver 9.9.9.9\n");
    }

    @Test
    void isCleanBash() throws Exception {
        Files.writeString(machine.script(), script("east").text());
        assertThat(machine.execute(List.of("bash", "-n", machine.script().toString())))
                .isEqualTo(new Sandbox.Run(0, ""));
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/shellcheck"))
                        || Files.isExecutable(Path.of("/usr/local/bin/shellcheck")),
                "shellcheck is not installed");
        assertThat(machine.execute(List.of("shellcheck", machine.script().toString())))
                .isEqualTo(new Sandbox.Run(0, ""));
    }

    @Test
    void installsTheAgent() throws Exception {
        Sandbox.Run run = machine.run();

        assertThat(run.status()).as(run.output()).isZero();
        assertThat(machine.mode("/var/lib/cilium/etcd")).isEqualTo("rwx------");
        for (String file : List.of("ca.crt", "tls.crt", "tls.key", "config.yaml")) {
            assertThat(machine.mode("/var/lib/cilium/etcd/" + file)).isEqualTo("rw-------");
        }
        assertThat(machine.read("/var/lib/cilium/etcd/ca.crt")).isEqualTo(CREDENTIALS.ca());
        assertThat(machine.read("/var/lib/cilium/etcd/tls.crt")).isEqualTo(CREDENTIALS.certificate());
        assertThat(machine.read("/var/lib/cilium/etcd/tls.key")).isEqualTo(CREDENTIALS.key());
        assertThat(machine.read("/var/lib/cilium/etcd/config.yaml")).isEqualTo("""
                        ---
                        trusted-ca-file: /var/lib/cilium/etcd/ca.crt
                        cert-file: /var/lib/cilium/etcd/tls.crt
                        key-file: /var/lib/cilium/etcd/tls.key
                        endpoints:
                        - https://clustermesh-apiserver.cilium.io:32379
                        """);
        assertThat(machine.log())
                .containsExactly(
                        "--run",
                        "--name",
                        "cilium",
                        "--detach",
                        "--log-driver",
                        "local",
                        "--restart",
                        "always",
                        "--privileged",
                        "--network",
                        "host",
                        "--cap-add",
                        "NET_ADMIN",
                        "--cap-add",
                        "SYS_MODULE",
                        "--cgroupns=host",
                        "--volume",
                        "/var/lib/cilium/etcd:/var/lib/cilium/etcd",
                        "--volume",
                        "/var/run/cilium:/var/run/cilium",
                        "--volume",
                        "/boot:/boot",
                        "--volume",
                        "/lib/modules:/lib/modules",
                        "--volume",
                        "/sys/fs/bpf:/sys/fs/bpf",
                        "--volume",
                        "/run/xtables.lock:/run/xtables.lock",
                        "--add-host",
                        "clustermesh-apiserver.cilium.io:192.168.0.1",
                        "--add-host",
                        "clustermesh-apiserver.cilium.io:192.168.0.2",
                        "quay.io/cilium/cilium:v1.16.1@sha256:ab",
                        "cilium-agent",
                        "--join-cluster",
                        "--bpf-lb-sock",
                        "--enable-endpoint-health-checking=false",
                        "--cluster-name",
                        HOSTILE_NAME,
                        "--cluster-id",
                        "7",
                        "--kvstore",
                        "etcd",
                        "--kvstore-opt",
                        "etcd.config=/var/lib/cilium/etcd/config.yaml",
                        "--debug",
                        "--mtu=1400");
        assertThat(machine.exists("/usr/bin/cilium")).isTrue();
        assertThat(machine.read("/etc/resolv.conf"))
                .isEqualTo("nameserver 10.96.0.10\nnameserver 9.9.9.9\n"
                        + "search shop.svc.cluster.local svc.cluster.local cluster.local\n");
    }

    @Test
    void uninstallsWhatIsInstalledTwice() throws Exception {
        assertThat(machine.run().status()).isZero();
        assertThat(machine.with("KUBE_DNS", "10.96.0.11").run().status()).isZero();
        assertThat(machine.log()).contains("removed");
        assertThat(machine.read("/etc/resolv.conf"))
                .startsWith("nameserver 10.96.0.11\nnameserver 9.9.9.9\n")
                .doesNotContain("10.96.0.10");

        Sandbox.Run run = machine.run("uninstall");

        assertThat(run.status()).as(run.output()).isZero();
        assertThat(machine.read("/etc/resolv.conf")).isEqualTo("nameserver 9.9.9.9\n");
        for (String gone : List.of(
                "/usr/bin/cilium",
                "/usr/bin/cilium-dbg",
                "/var/lib/cilium/etcd",
                "/etc/resolv.conf.orig",
                "/running")) {
            assertThat(machine.exists(gone)).as(gone).isFalse();
        }
        assertThat(machine.run("uninstall").status()).isZero();
    }

    @Test
    void configuresSystemdResolved() throws Exception {
        String stub = "../run/systemd/resolve/stub-resolv.conf";
        Files.delete(machine.path("/etc/resolv.conf"));
        Files.createSymbolicLink(machine.path("/etc/resolv.conf"), Path.of(stub));
        machine.write("/run/systemd/resolve/stub-resolv.conf", "nameserver 127.0.0.53\n");
        machine.write("/run/systemd/resolve/resolv.conf", "nameserver 9.9.9.9\n");

        assertThat(machine.run().status()).isZero();
        assertThat(machine.run().status()).isZero();

        assertThat(machine.read("/etc/systemd/resolved.conf.d/cilium-kube-dns.conf"))
                .contains("DNS=10.96.0.10\nDomains=shop.svc.cluster.local svc.cluster.local cluster.local\n");
        assertThat(machine.log()).contains("systemctl restart systemd-resolved.service");
        assertThat(machine.read("/etc/resolv.conf")).isEqualTo("nameserver 9.9.9.9\n");
        assertThat(machine.run("uninstall").status()).isZero();
        assertThat(Files.readSymbolicLink(machine.path("/etc/resolv.conf"))).hasToString(stub);
        assertThat(machine.exists("/etc/systemd/resolved.conf.d/cilium-kube-dns.conf"))
                .isFalse();
        assertThat(machine.exists("/etc/resolv.conf.link")).isFalse();
    }

    @Test
    void parametersAndVariablesWin() throws Exception {
        Sandbox.Run run = machine.with("HOST_IP", "10.1.2.3")
                .with("CLUSTER_NAME", "west")
                .with("CLUSTER_ID", "9")
                .with("CLI", "cilium")
                .run("local/cilium:dev", "[fd00::1]:2380,[fd00::2]:2380", "--mtu=9000  --debug-verbose=kvstore");

        assertThat(run.status()).as(run.output()).isZero();
        assertThat(machine.log())
                .containsSequence(
                        "--add-host",
                        "clustermesh-apiserver.cilium.io:fd00::1",
                        "--add-host",
                        "clustermesh-apiserver.cilium.io:fd00::2",
                        "local/cilium:dev",
                        "cilium-agent")
                .containsSequence("--cluster-name", "west", "--cluster-id", "9")
                .endsWith("--ipv4-node", "10.1.2.3", "--mtu=9000", "--debug-verbose=kvstore");
        assertThat(machine.read("/var/lib/cilium/etcd/config.yaml"))
                .endsWith("- https://clustermesh-apiserver.cilium.io:2380\n");
    }

    @Test
    void thePortIsEtcdsUnlessGiven() throws Exception {
        assertThat(machine.run("", "10.0.0.1").status()).isZero();
        assertThat(machine.read("/var/lib/cilium/etcd/config.yaml")).endsWith(":2379\n");
        assertThat(machine.run("", "[fd00::1]").status()).isZero();
        assertThat(machine.log()).contains("clustermesh-apiserver.cilium.io:fd00::1");
    }

    @Test
    void malformedAddressesAreRefusedBeforeAnythingIsDone() throws Exception {
        for (String bad : List.of(
                "10.0.0.256:2379",
                "10.0.0:2379",
                "10.0.0.1:0",
                "10.0.0.1:02379",
                "10.0.0.1:65536",
                "10.0.0.1:",
                "fd00::1",
                "[fd00::1",
                "[10.0.0.1]:2379",
                "host.example:2379",
                "10.0.0.1:2379,10.0.0.2:2380",
                "10.0.0.1;id:2379")) {
            Sandbox.Run run = machine.run("", bad);
            assertThat(run.status()).as(bad).isEqualTo(1);
            assertThat(run.output()).contains("Malformed CLUSTER_ADDR");
        }
        assertThat(machine.with("HOST_IP", "eth0").run().output()).contains("Malformed HOST_IP");
        assertThat(machine.log()).isEmpty();
        assertThat(machine.exists("/var/lib/cilium")).isFalse();
    }

    @Test
    void anAgentThatDoesNotComeUpIsStartedAgain() throws Exception {
        Sandbox.Run run = machine.with("AGENT", "down").run();

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.output()).contains("did not come up");
        assertThat(Collections.frequency(machine.log(), "--run")).isEqualTo(3);
        assertThat(machine.read("/etc/resolv.conf")).isEqualTo("nameserver 9.9.9.9\n");
    }

    @Test
    void withoutKubeDnsNamesStayAsTheyAre() throws Exception {
        Sandbox.Run run = machine.with("KUBE_DNS", "").run();

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.output()).contains("kube-dns not found.");
        assertThat(machine.read("/etc/resolv.conf")).isEqualTo("nameserver 9.9.9.9\n");
    }
}
