package io.meshkeep.server.auth;

import io.meshkeep.store.AuthState;
import io.meshkeep.store.AuthUser;
import io.meshkeep.store.Caller;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * etcd's simple tokens: random letters, kept in memory, good for a time that starts anew with each use. They are gone
 * after a restart. A token is bound to the password that it was issued for: whether the user is still there, with that
 * password, is asked of the users each time, so nothing has to be told of changes.
 */
final class SimpleTokens implements Tokens {
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private static final int LENGTH = 16;

    /** Tokens that one user may have; one more and the one that ends first goes. */
    static final int MAX_PER_USER = 8192;

    private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SecureRandom random = new SecureRandom();
    private final ConcurrentMap<String, Issued> issued = new ConcurrentHashMap<>();
    private final long ttlNanos;
    private final LongSupplier clock;
    private long lastSweep;

    private static final class Issued {
        final String user;
        final long createdRevision;
        final long credentialRevision;
        final long disabledRevision;
        volatile long deadline;
        /** As of the last use: most come at the same auth revision as the one before. */
        volatile Caller caller;

        Issued(AuthUser user, AuthState auth, long deadline) {
            this.user = user.name();
            this.createdRevision = user.createdRevision();
            this.credentialRevision = user.credentialRevision();
            this.disabledRevision = auth.disabledRevision();
            this.deadline = deadline;
            this.caller = new Caller(user.name(), auth.revision(), false);
        }

        boolean isOf(AuthState auth) {
            AuthUser now = auth.user(user);
            return now != null
                    && now.createdRevision() == createdRevision
                    && now.credentialRevision() == credentialRevision
                    && auth.disabledRevision() == disabledRevision;
        }
    }

    /** @param clock nanoseconds, monotonic */
    SimpleTokens(Duration ttl, LongSupplier clock) {
        this.ttlNanos = ttl.toNanos();
        this.clock = clock;
        this.lastSweep = clock.getAsLong();
    }

    @Override
    public String issue(AuthUser user, AuthState auth, long appliedIndex) {
        StringBuilder token = new StringBuilder(LENGTH + 12);
        for (int i = 0; i < LENGTH; i++) {
            token.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        token.append('.').append(appliedIndex);
        long now = clock.getAsLong();
        makeRoom(user.name(), now);
        issued.put(token.toString(), new Issued(user, auth, now + ttlNanos));
        return token.toString();
    }

    private synchronized void makeRoom(String user, long now) {
        if (now - lastSweep >= SWEEP_NANOS) {
            lastSweep = now;
            issued.values().removeIf(each -> each.deadline - now < 0);
        }
        int own = 0;
        Map.Entry<String, Issued> first = null;
        for (Map.Entry<String, Issued> each : issued.entrySet()) {
            if (each.getValue().user.equals(user)) {
                own++;
                if (first == null || each.getValue().deadline - first.getValue().deadline < 0) {
                    first = each;
                }
            }
        }
        if (own >= MAX_PER_USER) {
            issued.remove(first.getKey());
        }
    }

    @Override
    public Caller find(String token, AuthState auth) {
        Issued found = issued.get(token);
        if (found == null) {
            return null;
        }
        long now = clock.getAsLong();
        if (found.deadline - now < 0 || !found.isOf(auth)) {
            issued.remove(token, found);
            return null;
        }
        found.deadline = now + ttlNanos;
        Caller caller = found.caller;
        if (caller.revision() != auth.revision()) {
            caller = new Caller(found.user, auth.revision(), false);
            found.caller = caller;
        }
        return caller;
    }

    /** Tokens that are kept. */
    int size() {
        return issued.size();
    }
}
