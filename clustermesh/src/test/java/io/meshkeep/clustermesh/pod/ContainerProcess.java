package io.meshkeep.clustermesh.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A program in an image's file system as Kubernetes runs it under Cilium's security context: the root read-only, only
 * what is mounted writable, user and group 65532, no capabilities and no way to new ones, process id 1. The network is
 * the machine's.
 */
final class ContainerProcess implements AutoCloseable {
    static final int USER = 65532;

    /** First the mounts, given as pairs of a directory of the machine and one in the image; then the program. */
    private static final String SCRIPT = """
        set -e
        root=$1; shift
        mount --make-rprivate /
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc" 2>/dev/null || mount --rbind /proc "$root/proc"
        mount --rbind /dev "$root/dev"
        while [ "$1" != -- ]; do
            mount --bind "$1" "$root$2"
            if [ "$3" = ro ]; then
                mount -o remount,ro,bind "$root$2"
            fi
            shift 3
        done
        shift
        mount -o remount,ro,bind "$root"
        exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid,+setpcap \\
            chroot --userspec=%1$d:%1$d --groups=%1$d "$root" "$@"
        """.formatted(USER);

    /** A mounted directory or file. */
    record Mount(Path source, String target, boolean readOnly) {}

    private final Process unshare;
    private final Path log;

    private ContainerProcess(Process unshare, Path log) {
        this.unshare = unshare;
        this.log = log;
    }

    static ContainerProcess start(
            Path root, List<String> command, Map<String, String> environment, List<Mount> mounts, Path log)
            throws IOException {
        for (String directory : List.of("proc", "dev")) {
            Files.createDirectories(root.resolve(directory));
        }
        List<String> line = new ArrayList<>(List.of(
                "unshare",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "/bin/sh",
                "-c",
                SCRIPT,
                "sh",
                root.toString()));
        for (Mount mount : mounts) {
            // A container runtime makes the places where something is mounted.
            Path place = root.resolve(mount.target().substring(1));
            if (Files.isDirectory(mount.source())) {
                Files.createDirectories(place);
            } else if (!Files.exists(place)) {
                Files.createDirectories(place.getParent());
                Files.createFile(place);
            }
            line.addAll(List.of(mount.source().toString(), mount.target(), mount.readOnly() ? "ro" : "rw"));
        }
        line.add("--");
        line.addAll(command);
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        // The image's own path has none of the tools that prepare it.
        builder.environment().put("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        return new ContainerProcess(builder.start(), log);
    }

    boolean isAlive() {
        return unshare.isAlive();
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Waits for the program to end by itself, and gives its status. */
    int awaitEnd(Duration limit) throws InterruptedException {
        assertThat(unshare.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS))
                .as(this::log)
                .isTrue();
        return unshare.exitValue();
    }

    /** Sends SIGTERM to the program alone, as the kubelet does to process 1, and gives the status it ends with. */
    int terminate(Duration limit) throws InterruptedException {
        List<ProcessHandle> children = unshare.children().toList();
        assertThat(children).as(this::log).hasSize(1);
        children.get(0).destroy();
        return awaitEnd(limit);
    }

    /** The user that the program runs as, and its capabilities: lines of /proc/PID/status. */
    List<String> status(String... names) throws IOException {
        long pid = unshare.children().findFirst().orElseThrow().pid();
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
                .filter(line -> List.of(names).contains(line.replaceFirst(":.*", "")))
                .toList();
    }

    @Override
    public void close() throws Exception {
        unshare.destroyForcibly();
        await().atMost(Duration.ofSeconds(30)).until(() -> !unshare.isAlive());
    }
}
