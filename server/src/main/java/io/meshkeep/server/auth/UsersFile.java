package io.meshkeep.server.auth;

import io.meshkeep.store.AuthChange;
import io.meshkeep.store.AuthState;
import io.meshkeep.store.Command;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Keeps users in line with a file: Cilium's {@code users.yaml}, a list {@code users} of {@code name} and {@code role}.
 * Which users came from the file is part of the data, so a user who was taken off it while the server was down is deleted
 * at the next start.
 *
 * <p>The file is read again every second, through whatever symbolic links lead to it: when Kubernetes changes a mounted
 * ConfigMap it swaps a link, which a watch on the file would not see. A file that is missing or broken changes nothing.
 */
public final class UsersFile implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(UsersFile.class);

    private static final long INTERVAL_MILLIS = 1000;
    private static final int MAX_BYTES = 1 << 20;

    private final Store store;
    private final Path file;
    private final ScheduledExecutorService executor;
    private byte[] applied;
    private String lastProblem = "";

    private UsersFile(Store store, Path file, String name) {
        this.store = store;
        this.file = file;
        this.executor = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name + "-users-file");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Applies the file, now and whenever it changes, until closed. */
    public static UsersFile follow(Store store, Path file, String name) {
        UsersFile users = new UsersFile(store, file, name);
        users.executor.scheduleWithFixedDelay(users::look, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        return users;
    }

    private void look() {
        try {
            byte[] bytes = read();
            if (!Arrays.equals(bytes, applied)) {
                apply(parse(bytes), bytes);
            }
            lastProblem = "";
        } catch (IOException | IllegalArgumentException e) {
            problem(e.getMessage());
        } catch (RuntimeException e) {
            log.error("the users file {} could not be applied; it is tried again", file, e);
        }
    }

    /** Says what is wrong once, not every second. */
    private void problem(String text) {
        if (!text.equals(lastProblem)) {
            lastProblem = text;
            log.error("users file {}: {}; users stay as they are", file, text);
        }
    }

    private byte[] read() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("it is larger than " + MAX_BYTES + " bytes");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new IOException("it does not exist", e);
        }
    }

    /**
     * The role of each user.
     *
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    public static SortedMap<String, String> parse(byte[] yaml) {
        Object content;
        try {
            content = new Load(LoadSettings.builder().build()).loadFromString(new String(yaml, StandardCharsets.UTF_8));
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(
                    "it is not valid YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
        if (!(content instanceof Map<?, ?> keys) || !keys.containsKey("users")) {
            // an empty file is rather one that is being written than one that lists nobody
            throw new IllegalArgumentException("it has no list \"users\"");
        }
        Object list = keys.get("users");
        if (list != null && !(list instanceof List)) {
            throw new IllegalArgumentException("\"users\" is not a list");
        }
        SortedMap<String, String> roleByUser = new TreeMap<>();
        for (Object entry : list == null ? List.of() : (List<?>) list) {
            if (!(entry instanceof Map<?, ?> user)
                    || !(user.get("name") instanceof String name)
                    || !(user.get("role") instanceof String role)
                    || name.isEmpty()
                    || role.isEmpty()) {
                throw new IllegalArgumentException("not every user has a name and a role");
            }
            if (roleByUser.put(name, role) != null) {
                throw new IllegalArgumentException("user \"" + name + "\" is listed twice");
            }
        }
        return roleByUser;
    }

    private void apply(SortedMap<String, String> roleByUser, byte[] bytes) {
        AuthState before = store.snapshot().auth();
        boolean complete = true;
        for (Map.Entry<String, String> entry : roleByUser.entrySet()) {
            if (entry.getKey().equals("root")) {
                log.error("users file {}: the user root is not to be listed; it is left alone", file);
            } else if (!entry.getValue().equals("root") && before.role(entry.getValue()) == null) {
                problem("there is no role \"" + entry.getValue() + "\" for user \"" + entry.getKey() + "\"");
                complete = false;
            }
        }
        boolean last = complete;
        store.write(new Command.Auth(new AuthChange.ManageUsers(roleByUser)), bytes.length, (result, error) -> {
            try {
                executor.execute(() -> applied(bytes, last, before, error));
            } catch (RejectedExecutionException closed) {
                log.debug("the users file was applied while the server stopped", closed);
            }
        });
    }

    private void applied(byte[] bytes, boolean complete, AuthState before, EtcdException error) {
        if (error != null) {
            problem(error.getMessage());
            return;
        }
        // a role that is missing may yet be added: then the file is applied again
        applied = complete ? bytes : applied;
        AuthState after = store.snapshot().auth();
        if (after.revision() != before.revision()) {
            log.info("users file {} was applied; auth revision {}", file, after.revision());
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
