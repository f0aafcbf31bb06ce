package io.meshkeep.clustermesh.vm;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.readiness.Readiness;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The stores that VMs register with. Each pod of clustermesh-apiserver has one of its own, and a VM is in one of them,
 * so all are asked. They are reached at the addresses that are given, or else through the API server as with
 * {@code kubectl port-forward}, with the certificate that VMs have.
 */
final class Stores {
    private static final int PORT = 2379;

    /**
     * What the stores say.
     *
     * @param registered by name
     * @param problem why not all could be asked; empty if they could
     */
    record Answer(Map<String, Registered> registered, String problem) {}

    private final KubernetesClient kubernetes;
    private final AccessInformation access;

    Stores(KubernetesClient kubernetes, AccessInformation access) {
        this.kubernetes = kubernetes;
        this.access = access;
    }

    Answer ask(VmArguments arguments) throws CommandException {
        Duration timeout = arguments.duration("timeout", "10s");
        Map<String, Registered> registered = new TreeMap<>();
        try {
            String problem = "";
            if (arguments.list("endpoints").isEmpty()) {
                problem = throughPods(timeout, registered);
            } else {
                merge(registered, Register.read(given(arguments), timeout));
            }
            return new Answer(registered, problem);
        } catch (IOException e) {
            return new Answer(registered, String.valueOf(e.getMessage()));
        } catch (KubernetesClientException e) {
            return new Answer(registered, VmCommand.reason(e));
        } catch (CommandException e) {
            if (e.isMisuse()) {
                throw e;
            }
            return new Answer(registered, e.getMessage());
        }
    }

    /** A VM that moved from one pod to another is in both for a while. */
    private static void merge(Map<String, Registered> into, Map<String, Registered> more) {
        more.forEach((name, found) -> into.merge(
                name,
                found,
                (one, other) -> one.sinceHeartbeat().compareTo(other.sinceHeartbeat()) <= 0 ? one : other));
    }

    private static EtcdConfig given(VmArguments arguments) throws CommandException {
        StringBuilder yaml = new StringBuilder("endpoints:\n");
        for (String endpoint : arguments.list("endpoints")) {
            yaml.append("- ").append(quoted(endpoint)).append('\n');
        }
        line(yaml, "trusted-ca-file", arguments.text("cacert", ""));
        line(yaml, "cert-file", arguments.text("cert", ""));
        line(yaml, "key-file", arguments.text("key", ""));
        try {
            return EtcdConfig.parse(yaml.toString());
        } catch (IOException e) {
            throw CommandException.misused("--endpoints: " + e.getMessage());
        }
    }

    private static void line(StringBuilder yaml, String key, String value) {
        if (!value.isEmpty()) {
            yaml.append(key).append(": ").append(quoted(value)).append('\n');
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /** @return what went wrong with a pod; empty if nothing did */
    private String throughPods(Duration timeout, Map<String, Registered> registered)
            throws IOException, CommandException {
        List<Pod> pods = access.pods().stream().filter(Readiness::isPodReady).toList();
        if (pods.isEmpty()) {
            throw new IOException("no pod of clustermesh-apiserver is ready");
        }
        Path directory = Files.createTempDirectory(
                "meshkeep-vm", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        List<Path> files = new ArrayList<>();
        try {
            AccessInformation.Credentials credentials = access.credentials();
            EtcdConfig.Endpoint none = new EtcdConfig.Endpoint("127.0.0.1", PORT, true);
            EtcdConfig certificates = new EtcdConfig(
                    List.of(none),
                    Optional.of(write(directory, "ca.crt", credentials.ca(), files)),
                    Optional.of(write(directory, "tls.crt", credentials.certificate(), files)),
                    Optional.of(write(directory, "tls.key", credentials.key(), files)));
            String problem = "";
            for (Pod pod : pods) {
                try (LocalPortForward forward = kubernetes.pods().resource(pod).portForward(PORT)) {
                    EtcdConfig config = new EtcdConfig(
                            List.of(new EtcdConfig.Endpoint("127.0.0.1", forward.getLocalPort(), true)),
                            certificates.trustedCaFile(),
                            certificates.certFile(),
                            certificates.keyFile());
                    merge(registered, Register.read(config, timeout));
                } catch (IOException | KubernetesClientException e) {
                    problem = "pod " + pod.getMetadata().getName() + ": "
                            + (e instanceof KubernetesClientException refused
                                    ? VmCommand.reason(refused)
                                    : e.getMessage());
                }
            }
            return problem;
        } finally {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(directory);
        }
    }

    private static Path write(Path directory, String name, String text, List<Path> files) throws IOException {
        Path file = directory.resolve(name);
        files.add(file);
        return Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
