package io.meshkeep.server.auth;

import at.favre.lib.crypto.bcrypt.BCrypt;
import at.favre.lib.crypto.bcrypt.LongPasswordStrategies;
import com.google.protobuf.ByteString;
import io.meshkeep.store.EtcdError;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hashes passwords and compares them, which is slow on purpose: on threads of its own, few of them, behind a bounded
 * queue ("too many requests" when it is full). Hashes are bcrypt's, readable by etcd and the other way round.
 */
public final class Passwords implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Passwords.class);

    /** What bcrypt takes of a password, in bytes. */
    private static final int MAX_BYTES = 72;

    private static final int QUEUE = 256;

    /** As Go's bcrypt has it: up to 72 bytes count, the zero byte that ends a C string included if there is room. */
    private static final BCrypt.Version VERSION = new BCrypt.Version(
            "2a".getBytes(StandardCharsets.US_ASCII),
            true,
            false,
            MAX_BYTES,
            BCrypt.Version.VERSION_2A.formatter,
            BCrypt.Version.VERSION_2A.parser);

    private final int cost;
    private final ThreadPoolExecutor executor;
    private final LongAdder evaluations = new LongAdder();
    /** Compared with when there is no user, so that it takes as long as with one. Nobody knows its password. */
    private final ByteString decoy;

    /** @param cost bcrypt's: the work doubles with each step */
    public Passwords(String name, int cost) {
        this.cost = cost;
        // Half the cores at most: logging in must not keep the store from its work.
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
        executor = new ThreadPoolExecutor(
                threads, threads, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUE), task -> {
                    Thread thread = new Thread(task, name + "-passwords");
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        // A hash of the form and cost that a user's has; its salt and digest are no password's.
        decoy = ByteString.copyFromUtf8("$2a$%02d$".formatted(cost) + "abcdefghijklmnopqrstuu" + "a".repeat(31));
    }

    /**
     * Whether etcd would hash this password.
     *
     * @throws io.meshkeep.store.EtcdException if it is too long
     */
    public static void check(String password) {
        if (password.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw EtcdError.PASSWORD_TOO_LONG.exception();
        }
    }

    /**
     * Hashes a password and hands the hash on, on a thread of this pool.
     *
     * @throws io.meshkeep.store.EtcdException if it is too long, or if too many are waiting
     */
    public void hash(String password, Consumer<ByteString> then, Consumer<Throwable> failed) {
        check(password);
        byte[] bytes = bytes(password);
        run(
                () -> {
                    evaluations.increment();
                    then.accept(ByteString.copyFrom(BCrypt.with(
                                    VERSION, new java.security.SecureRandom(), LongPasswordStrategies.strict(VERSION))
                            .hash(cost, bytes)));
                },
                failed);
    }

    /**
     * Compares a password with a hash and hands the outcome on, on a thread of this pool.
     *
     * @param hash null if there is no such user: then it takes as long and is never right
     * @throws io.meshkeep.store.EtcdException if too many are waiting
     */
    public void verify(String password, ByteString hash, Consumer<Boolean> then, Consumer<Throwable> failed) {
        byte[] bytes = bytes(password);
        run(() -> then.accept(matches(bytes, hash == null ? decoy : hash) && hash != null), failed);
    }

    private boolean matches(byte[] password, ByteString hash) {
        evaluations.increment();
        BCrypt.Verifyer verifier = BCrypt.verifyer(VERSION, LongPasswordStrategies.strict(VERSION));
        if (!hash.isEmpty()) {
            BCrypt.Result result = verifier.verify(password, hash.toByteArray());
            if (result.validFormat) {
                return result.verified;
            }
        }
        verifier.verify(password, decoy.toByteArray());
        return false;
    }

    /** How many hashes were worked out, for hashing and for comparing alike. */
    public long evaluations() {
        return evaluations.sum();
    }

    private void run(Runnable task, Consumer<Throwable> failed) {
        try {
            executor.execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException e) {
                    failed.accept(e);
                } catch (Error e) {
                    failed.accept(e);
                    throw e;
                }
            });
        } catch (RejectedExecutionException full) {
            log.debug("more passwords wait than may", full);
            throw EtcdError.TOO_MANY_REQUESTS.exception();
        }
    }

    private static byte[] bytes(String password) {
        byte[] utf8 = password.getBytes(StandardCharsets.UTF_8);
        return Arrays.copyOf(utf8, Math.min(MAX_BYTES, utf8.length + 1));
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
