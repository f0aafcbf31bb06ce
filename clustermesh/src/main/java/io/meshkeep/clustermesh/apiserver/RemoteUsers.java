package io.meshkeep.clustermesh.apiserver;

import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.server.auth.UsersFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the users of an etcd elsewhere in line with a file, as the store in this process does by itself: users who are
 * listed are added with their role, those who are not any more are deleted. What the file said is not part of an etcd's
 * data, so one who was taken off it while nobody looked stays.
 */
final class RemoteUsers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(RemoteUsers.class);

    private static final long INTERVAL_MILLIS = 1000;
    private static final int MAX_BYTES = 1 << 20;

    private final ChannelKvstore etcd;
    private final Path file;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "clustermesh-users-file");
        thread.setDaemon(true);
        return thread;
    });
    private SortedMap<String, String> applied = new TreeMap<>();
    private byte[] bytes;
    private String lastProblem = "";

    private RemoteUsers(ChannelKvstore etcd, Path file) {
        this.etcd = etcd;
        this.file = file;
    }

    /** Applies the file, now and whenever it changes, until closed. */
    static RemoteUsers follow(ChannelKvstore etcd, Path file) {
        RemoteUsers users = new RemoteUsers(etcd, file);
        users.executor.scheduleWithFixedDelay(users::look, 0, INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        return users;
    }

    private void look() {
        try {
            byte[] now = Files.readAllBytes(file);
            if (now.length > MAX_BYTES) {
                throw new IllegalArgumentException("it is larger than " + MAX_BYTES + " bytes");
            }
            if (!Arrays.equals(now, bytes)) {
                apply(UsersFile.parse(now));
                bytes = now;
            }
            lastProblem = "";
        } catch (NoSuchFileException e) {
            problem("it does not exist");
        } catch (CompletionException e) {
            problem(String.valueOf(e.getCause().getMessage()));
        } catch (IOException | RuntimeException e) {
            problem(String.valueOf(e.getMessage()));
        }
    }

    /** Says what is wrong once, not every second. */
    private void problem(String text) {
        if (!text.equals(lastProblem)) {
            lastProblem = text;
            log.warn("users file {}: {}; it is tried again", file, text);
        }
    }

    private void apply(SortedMap<String, String> wanted) {
        for (var user : wanted.entrySet()) {
            String before = applied.get(user.getKey());
            if (!user.getValue().equals(before)) {
                join(etcd.addUser(user.getKey(), user.getValue()));
                if (before != null) {
                    join(etcd.revokeRole(user.getKey(), before));
                }
                applied.put(user.getKey(), user.getValue());
                log.info("user {} has the role {}", user.getKey(), user.getValue());
            }
        }
        for (String user : applied.keySet().stream()
                .filter(name -> !wanted.containsKey(name))
                .toList()) {
            join(etcd.deleteUser(user));
            applied.remove(user);
            log.info("user {} is deleted", user);
        }
    }

    private static void join(CompletableFuture<?> call) {
        call.join();
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
