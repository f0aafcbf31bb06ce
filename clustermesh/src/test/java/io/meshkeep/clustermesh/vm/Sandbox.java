package io.meshkeep.clustermesh.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A machine to run the script on: a directory for its root, and stubs of the commands that would change the real one.
 * The script touches files through sudo alone, whose stub moves their paths into the directory.
 */
final class Sandbox {
    private static final Map<String, String> STUBS = Map.of(
            "id",
            "echo 1000",
            "sudo",
            """
            case $1 in docker | cilium-dbg | systemctl) exec "$@" ;; esac
            moved=()
            for argument in "$@"; do
                case $argument in /etc/* | /var/* | /usr/* | /run/*) argument=$ROOT$argument ;; esac
                moved+=("$argument")
            done
            exec "${moved[@]}"
            """,
            "docker",
            """
            case $1 in
                container) [ -e "$ROOT/running" ] ;;
                rm) rm -f "$ROOT/running"; echo removed >>"$ROOT/log" ;;
                run) touch "$ROOT/running"; shift; printf '%s\\n' '--run' "$@" >>"$ROOT/log" ;;
                cp) [[ $3 == "cilium:/usr/bin/${CLI:-cilium-dbg}" ]] && echo cli >"$ROOT$4" ;;
                *) exit 9 ;;
            esac
            """,
            "cilium-dbg",
            """
            case "$*" in
                'status --brief') [ "${AGENT:-up}" = up ] ;;
                status) echo 'KVStore: Ok' ;;
                'service list '*) echo "${KUBE_DNS:-}" ;;
                'endpoint get '*) echo '["k8s:io.kubernetes.pod.namespace=shop","reserved:host"]' ;;
                *) exit 9 ;;
            esac
            """,
            "systemctl",
            "echo \"systemctl $*\" >>\"$ROOT/log\"",
            "sleep",
            "exit 0");

    private final Path root;
    private final Path stubs;
    private final Path script;
    private final Map<String, String> environment = new HashMap<>();

    /** What a run said and how it ended. */
    record Run(int status, String output) {}

    Sandbox(Path directory, String script) throws IOException {
        root = Files.createDirectories(directory.resolve("root"));
        stubs = Files.createDirectories(directory.resolve("stubs"));
        this.script = Files.writeString(directory.resolve("install.sh"), script);
        for (String made : List.of("etc", "usr/bin", "var/lib", "run/systemd/resolve")) {
            Files.createDirectories(root.resolve(made));
        }
        for (Map.Entry<String, String> stub : STUBS.entrySet()) {
            Path file = Files.writeString(stubs.resolve(stub.getKey()), "#!/bin/bash\n" + stub.getValue() + "\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
        }
        environment.put("KUBE_DNS", "10.96.0.10");
    }

    Path script() {
        return script;
    }

    Sandbox with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    Run run(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("bash", script.toString()));
        command.addAll(List.of(arguments));
        return execute(command);
    }

    Run execute(List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        Path output = root.resolveSibling("output");
        builder.redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", stubs + ":/usr/local/bin:/usr/bin:/bin");
        builder.environment().put("ROOT", root.toString());
        builder.environment().putAll(environment);
        Process process = builder.start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("did not end: " + command);
        }
        return new Run(process.exitValue(), Files.readString(output));
    }

    Path path(String path) {
        return root.resolve(path.substring(1));
    }

    String read(String path) throws IOException {
        return Files.readString(path(path));
    }

    void write(String path, String text) throws IOException {
        Files.writeString(path(path), text);
    }

    boolean exists(String path) {
        return Files.exists(path(path), LinkOption.NOFOLLOW_LINKS);
    }

    String mode(String path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path(path)));
    }

    /** What docker and systemctl were told, one argument a line; {@code --run} begins a container. */
    List<String> log() throws IOException {
        return Files.exists(root.resolve("log")) ? Files.readAllLines(root.resolve("log")) : List.of();
    }
}
