package io.meshkeep.clustermesh.pod;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.DownwardAPIVolumeFile;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeProjection;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.meshkeep.clustermesh.pod.ContainerProcess.Mount;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The pod of a chart, as it was rendered, on this machine. Commands, arguments, variables, mounts and probes are the chart's;
 * ports are others, since those may be taken here, and so is the port in the one file of the image that names one.
 */
final class ChartPod {
    static final String POD_IP = "127.0.0.2";

    private static final byte[] TOKEN = "token".getBytes(StandardCharsets.UTF_8);
    private static final byte[] NAMESPACE = "kube-system".getBytes(StandardCharsets.UTF_8);
    private static final Pattern VARIABLE = Pattern.compile("\\$\\(([A-Z_]+)\\)");

    private final PodSpec spec;
    private final Path image;
    private final Path directory;
    private final Map<String, Map<String, String>> configMaps;
    private final Path secrets;
    private final Map<Integer, Integer> ports = new LinkedHashMap<>();
    private final Map<String, Path> volumes = new HashMap<>();

    /**
     * @param spec what was rendered
     * @param image the file system of the image
     * @param directory for volumes and logs
     * @param configMaps by name
     * @param secrets a directory with one for each secret
     */
    ChartPod(PodSpec spec, Path image, Path directory, Map<String, Map<String, String>> configMaps, Path secrets)
            throws IOException {
        this.spec = spec;
        this.image = image;
        this.directory = Files.createDirectories(directory);
        this.configMaps = configMaps;
        this.secrets = secrets;
        for (Container container : spec.getContainers()) {
            for (ContainerPort port : container.getPorts()) {
                ports.put(port.getContainerPort(), freePort());
            }
        }
        for (Volume volume : spec.getVolumes()) {
            volumes.put(volume.getName(), lay(volume));
        }
    }

    /** One of Cilium's chart, by the name of the resource. */
    static PodSpec recorded(String name) throws IOException {
        try (InputStream resource = ChartPod.class.getResourceAsStream(name)) {
            return Serialization.unmarshal(resource, PodSpec.class);
        }
    }

    /** The one of the Deployment among manifests. */
    static PodSpec deployed(String manifests) {
        return Arrays.stream(manifests.split("(?m)^---$"))
                .filter(document -> document.contains("kind: Deployment"))
                .map(document -> Serialization.unmarshal(document, Deployment.class))
                .findFirst()
                .orElseThrow()
                .getSpec()
                .getTemplate()
                .getSpec();
    }

    Container container(String name) {
        List<Container> all = new ArrayList<>(spec.getInitContainers());
        all.addAll(spec.getContainers());
        return all.stream()
                .filter(container -> container.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** The port here for one of the chart. */
    int port(int chartPort) {
        return ports.get(chartPort);
    }

    /** The port here for the one of a container with a name. */
    int port(Container container, String name) {
        return port(container.getPorts().stream()
                .filter(port -> port.getName().equals(name))
                .findFirst()
                .orElseThrow()
                .getContainerPort());
    }

    /** Below the range from which the system gives ports to clients, so that none of them takes it meanwhile. */
    static int freePort() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int candidate = ThreadLocalRandom.current().nextInt(12_000, 32_000);
            try (ServerSocket socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getByName("0.0.0.0"), candidate));
                return candidate;
            } catch (IOException taken) {
                // the next
            }
        }
        throw new IOException("no free port");
    }

    ContainerProcess start(Container container, Map<String, String> more) throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        for (EnvVar variable : container.getEnv()) {
            value(variable).ifPresent(value -> environment.put(variable.getName(), value));
        }
        List<String> command = new ArrayList<>(container.getCommand());
        for (String argument : container.getArgs()) {
            command.add(remapped(expanded(argument, environment)));
        }
        List<Mount> mounts = new ArrayList<>();
        for (VolumeMount mount : container.getVolumeMounts()) {
            mounts.add(new Mount(
                    volumes.get(mount.getName()), mount.getMountPath(), Boolean.TRUE.equals(mount.getReadOnly())));
        }
        mounts.add(new Mount(etcdConfig(), "/var/lib/cilium/etcd-config.yaml", true));
        if (!Boolean.FALSE.equals(spec.getAutomountServiceAccountToken())) {
            mounts.add(new Mount(serviceAccount(), "/var/run/secrets/kubernetes.io/serviceaccount", true));
        }
        environment.putAll(more);
        return ContainerProcess.start(
                image, command, environment, mounts, directory.resolve(container.getName() + ".log"));
    }

    private static String expanded(String text, Map<String, String> environment) {
        return VARIABLE.matcher(text).replaceAll(found -> {
            String value = environment.get(found.group(1));
            return Matcher.quoteReplacement(value == null ? found.group() : value);
        });
    }

    private String remapped(String text) {
        String result = text;
        for (Map.Entry<Integer, Integer> port : ports.entrySet()) {
            result = result.replaceAll("(:|-port=)" + port.getKey() + "\\b", "$1" + port.getValue());
        }
        return result;
    }

    private Optional<String> value(EnvVar variable) {
        EnvVarSource source = variable.getValueFrom();
        if (source == null) {
            return Optional.of(variable.getValue());
        }
        if (source.getFieldRef() != null) {
            return Optional.of(
                    switch (source.getFieldRef().getFieldPath()) {
                        case "metadata.uid" -> "7f1d2c3b-0000-4000-8000-000000000001";
                        case "status.podIP" -> POD_IP;
                        default -> throw new IllegalStateException(source.toString());
                    });
        }
        Map<String, String> map =
                configMaps.getOrDefault(source.getConfigMapKeyRef().getName(), Map.of());
        String value = map.get(source.getConfigMapKeyRef().getKey());
        if (value == null && !Boolean.TRUE.equals(source.getConfigMapKeyRef().getOptional())) {
            throw new IllegalStateException("the chart wants " + source.getConfigMapKeyRef());
        }
        return Optional.ofNullable(value);
    }

    /** A volume as the kubelet lays it out: of the group 65532, and nobody else's. */
    private Path lay(Volume volume) throws IOException {
        Path root = Files.createDirectories(directory.resolve("volumes").resolve(volume.getName()));
        if (volume.getEmptyDir() != null) {
            Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxrwx---"));
        } else if (volume.getConfigMap() != null) {
            for (Map.Entry<String, String> file :
                    configMaps.get(volume.getConfigMap().getName()).entrySet()) {
                write(root.resolve(file.getKey()), file.getValue().getBytes(StandardCharsets.UTF_8));
            }
        } else {
            for (VolumeProjection projection : volume.getProjected().getSources()) {
                project(projection, root);
            }
        }
        own(root);
        return root;
    }

    private void project(VolumeProjection projection, Path root) throws IOException {
        if (projection.getSecret() != null) {
            Path secret = secrets.resolve(projection.getSecret().getName());
            if (Files.exists(secret)
                    || !Boolean.TRUE.equals(projection.getSecret().getOptional())) {
                projectSecret(secret, projection.getSecret().getItems(), root);
            }
        } else if (projection.getConfigMap() != null) {
            Map<String, String> map = configMaps.get(projection.getConfigMap().getName());
            for (KeyToPath item : projection.getConfigMap().getItems()) {
                write(root.resolve(item.getPath()), map.get(item.getKey()).getBytes(StandardCharsets.UTF_8));
            }
        } else if (projection.getServiceAccountToken() != null) {
            write(root.resolve(projection.getServiceAccountToken().getPath()), TOKEN);
        } else {
            for (DownwardAPIVolumeFile item : projection.getDownwardAPI().getItems()) {
                if (!item.getFieldRef().getFieldPath().equals("metadata.namespace")) {
                    throw new IllegalStateException(item.toString());
                }
                write(root.resolve(item.getPath()), NAMESPACE);
            }
        }
    }

    private static void projectSecret(Path secret, List<KeyToPath> items, Path root) throws IOException {
        if (items.isEmpty()) {
            try (var files = Files.list(secret)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    write(root.resolve(file.getFileName()), Files.readAllBytes(file));
                }
            }
        }
        for (KeyToPath item : items) {
            write(root.resolve(item.getPath()), Files.readAllBytes(secret.resolve(item.getKey())));
        }
    }

    private Path etcdConfig() throws IOException {
        String original = Files.readString(image.resolve("var/lib/cilium/etcd-config.yaml"));
        Path file = directory.resolve("etcd-config.yaml");
        if (!Files.exists(file)) {
            write(file, remapped(original).getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }

    private Path serviceAccount() throws IOException {
        Path account = directory.resolve("volumes/serviceaccount");
        if (!Files.exists(account)) {
            Files.createDirectories(account);
            write(account.resolve("token"), TOKEN);
            write(account.resolve("namespace"), NAMESPACE);
            own(account);
        }
        return account;
    }

    private static void write(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
        own(file);
    }

    private static void own(Path file) throws IOException {
        Files.setAttribute(file, "unix:gid", ContainerProcess.USER);
    }
}
