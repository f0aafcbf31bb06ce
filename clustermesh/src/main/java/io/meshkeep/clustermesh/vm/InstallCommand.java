package io.meshkeep.clustermesh.vm;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** {@code meshkeep vm install}: writes the script that installs the agent on a machine. */
final class InstallCommand {
    private static final int DEFAULT_RETRIES = 4;
    private static final long POLL_MILLIS = 1000;

    /** What PEM consists of. The script holds it as it is, so nothing else may be in it. */
    private static final Pattern PEM = Pattern.compile("(-----(BEGIN|END) [A-Z0-9 ]+-----|[A-Za-z0-9+/=]+)");

    private final KubernetesClient kubernetes;
    private final PrintStream out;
    private final PrintStream err;

    InstallCommand(KubernetesClient kubernetes, PrintStream out, PrintStream err) {
        this.kubernetes = kubernetes;
        this.out = out;
        this.err = err;
    }

    void run(VmArguments arguments) throws CommandException {
        if (arguments.words().size() > 1) {
            throw CommandException.misused("meshkeep vm install writes one file");
        }
        String namespace = arguments.text("namespace", "kube-system");
        AccessInformation access = new AccessInformation(kubernetes, namespace);
        Map<String, String> config = access.config();
        requireVxlan(config);
        String image = image(namespace);
        err.println("Using image from Cilium DaemonSet: " + image);
        List<String> addresses = arguments.list("address");
        if (addresses.isEmpty()) {
            addresses = awaitAddresses(access, arguments);
        }
        err.println("Using clustermesh-apiserver service address: " + String.join(", ", addresses));
        InstallScript script = new InstallScript(
                image,
                addresses,
                arguments.list("config").stream()
                        .map(flag -> flag.startsWith("--") ? flag : "--" + flag)
                        .toList(),
                config.getOrDefault("cluster-name", "default"),
                config.getOrDefault("cluster-id", "0"),
                Math.max(1, arguments.number("retries", DEFAULT_RETRIES)),
                checked(access.credentials()));
        if (arguments.words().isEmpty()) {
            out.print(script.text());
            out.flush();
        } else {
            write(Path.of(arguments.words().get(0)), script.text());
        }
    }

    private static void requireVxlan(Map<String, String> config) throws CommandException {
        String protocol = "tunnel".equals(config.get("routing-mode"))
                ? config.getOrDefault("tunnel-protocol", "vxlan")
                : config.getOrDefault("tunnel", "");
        if (!protocol.isEmpty() && !protocol.equals("vxlan")) {
            throw CommandException.failed(
                    "external workloads need Cilium's tunnel protocol to be vxlan, not " + protocol);
        }
    }

    private String image(String namespace) throws CommandException {
        DaemonSet agents = kubernetes
                .apps()
                .daemonSets()
                .inNamespace(namespace)
                .withName("cilium")
                .get();
        if (agents == null) {
            throw CommandException.failed(
                    "there is no DaemonSet cilium in namespace " + namespace + "; is Cilium installed there?");
        }
        List<Container> containers = agents.getSpec().getTemplate().getSpec().getContainers();
        if (containers.isEmpty()) {
            throw CommandException.failed("DaemonSet cilium has no container");
        }
        return containers.get(0).getImage();
    }

    private List<String> awaitAddresses(AccessInformation access, VmArguments arguments) throws CommandException {
        Duration patience = arguments.isOn("wait") ? arguments.duration("wait-duration", "15m") : Duration.ZERO;
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            CommandException absent;
            try {
                Service service = access.service();
                List<String> addresses = access.addresses(service);
                if (!addresses.isEmpty()) {
                    return addresses;
                }
                absent = CommandException.failed("Service " + AccessInformation.SERVICE + " of type "
                        + service.getSpec().getType() + " has no address yet; --wait waits for it");
            } catch (CommandException e) {
                absent = e;
            }
            if (System.nanoTime() - end >= 0) {
                throw absent;
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw absent;
            }
        }
    }

    private static AccessInformation.Credentials checked(AccessInformation.Credentials credentials)
            throws CommandException {
        for (String pem : List.of(credentials.ca(), credentials.certificate(), credentials.key())) {
            if (!pem.strip()
                    .lines()
                    .allMatch(line ->
                            PEM.matcher(line.strip()).matches() && !line.strip().equals("END"))) {
                throw CommandException.failed("a certificate or key in the cluster's Secrets is not PEM");
            }
        }
        return credentials;
    }

    /** Nobody but the owner may read it: the key in it lets machines in. It is there whole or not at all. */
    private void write(Path file, String text) throws CommandException {
        try {
            Path directory = file.toAbsolutePath().getParent();
            Path made = Files.createTempFile(
                    directory,
                    ".install",
                    ".sh",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            try {
                Files.write(made, text.getBytes(StandardCharsets.UTF_8));
                Files.move(made, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(made);
            }
        } catch (IOException e) {
            throw CommandException.failed(file + " cannot be written: " + e.getMessage(), e);
        }
    }
}
