package io.meshkeep.store;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Permission;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Users, roles and what they permit, at one auth revision. Immutable and part of every {@link Snapshot}, so that a read
 * is authorised against the very state that it reads.
 */
public final class AuthState {
    /** Names are ordered by their bytes, as etcd's are on disk. */
    static final Comparator<String> NAME_ORDER =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    /** That of an empty store. */
    static final AuthState INITIAL =
            new AuthState(false, 1, 1, Collections.emptyNavigableMap(), Collections.emptyNavigableMap());

    private static final DenialLog denials = new DenialLog();

    private final boolean enabled;
    private final long revision;
    private final long disabledRevision;
    private final NavigableMap<String, AuthUser> users;
    private final NavigableMap<String, AuthRole> roles;
    private final boolean hasPasswords;
    /** Worked out when first asked for: most users ask for nothing between two changes. */
    private final ConcurrentMap<String, Access> accessByUser = new ConcurrentHashMap<>();

    /** What a user's roles permit together. */
    record Access(KeyIntervals read, KeyIntervals write) {}

    AuthState(
            boolean enabled,
            long revision,
            long disabledRevision,
            NavigableMap<String, AuthUser> users,
            NavigableMap<String, AuthRole> roles) {
        this.enabled = enabled;
        this.revision = revision;
        this.disabledRevision = disabledRevision;
        this.users = users;
        this.roles = roles;
        this.hasPasswords = users.values().stream().anyMatch(user -> !user.noPassword());
    }

    /** Whether callers are checked at all. */
    public boolean isEnabled() {
        return enabled;
    }

    /** Rises by one with every change of users, roles and permissions, and when authentication is switched off. */
    public long revision() {
        return revision;
    }

    /** The revision at which authentication was last switched off; tokens from before it are void. */
    public long disabledRevision() {
        return disabledRevision;
    }

    /** The user of that name, or null. */
    public AuthUser user(String name) {
        return users.get(name);
    }

    /** The role of that name, or null. */
    public AuthRole role(String name) {
        return roles.get(name);
    }

    /** All users, by name. */
    public Collection<AuthUser> users() {
        return Collections.unmodifiableCollection(users.values());
    }

    /** All roles, by name. */
    public Collection<AuthRole> roles() {
        return Collections.unmodifiableCollection(roles.values());
    }

    // ---- checks

    /**
     * Whether the caller is known, if it has to be.
     *
     * @throws EtcdException if not
     */
    public void requireCredentials(Caller caller) {
        if (isChecked(caller) && caller.revision() == 0) {
            throw EtcdError.USER_NAME_EMPTY.exception();
        }
    }

    /**
     * Whether the caller has the role root.
     *
     * @throws EtcdException if not
     */
    public void requireRoot(Caller caller) {
        if (!isChecked(caller)) {
            return;
        }
        if (caller.user().isEmpty()) {
            throw EtcdError.USER_NAME_EMPTY.exception();
        }
        AuthUser user = users.get(caller.user());
        if (user == null) {
            throw EtcdError.USER_NOT_FOUND.exception();
        }
        if (!user.isRoot()) {
            denials.needsRoot(caller);
            throw EtcdError.PERMISSION_DENIED.exception();
        }
        // etcd does not look at the revision here, so there a signed token outlives its user's password.
        if (caller.revision() < voidBefore(user)) {
            throw EtcdError.AUTH_REVISION_OLD.exception();
        }
    }

    /** Whether there is a user who can log in. */
    public boolean hasPasswords() {
        return hasPasswords;
    }

    /** Whether the caller may do everything: it has the role root, or nobody is checked. */
    public boolean isRoot(Caller caller) {
        if (!isChecked(caller)) {
            return true;
        }
        AuthUser user = users.get(caller.user());
        return user != null && user.isRoot() && caller.revision() >= (caller.exact() ? revision : voidBefore(user));
    }

    /** Credentials of an older revision than this are void for the user. */
    private long voidBefore(AuthUser user) {
        return Math.max(user.credentialRevision(), disabledRevision);
    }

    /**
     * Whether the caller may read a whole range.
     *
     * @throws EtcdException if not
     */
    public void requireRead(Caller caller, KeyRange range) {
        if (isChecked(caller)
                && !isRootNow(caller)
                && !access(caller.user()).read.covers(range)) {
            throw denied(caller, Permission.Type.READ, range);
        }
    }

    /**
     * Whether the caller may read a whole range; to choose what to show, so that a no is no denial.
     *
     * @throws EtcdException if the caller's credentials are void
     */
    public boolean mayRead(Caller caller, KeyRange range) {
        return !isChecked(caller)
                || isRootNow(caller)
                || access(caller.user()).read.covers(range);
    }

    /**
     * Whether the caller may change a whole range.
     *
     * @throws EtcdException if not
     */
    public void requireWrite(Caller caller, KeyRange range) {
        if (isChecked(caller)
                && !isRootNow(caller)
                && !access(caller.user()).write.covers(range)) {
            throw denied(caller, Permission.Type.WRITE, range);
        }
    }

    void requireRead(Caller caller, ByteString key, ByteString rangeEnd) {
        if (isChecked(caller)) {
            requireRead(caller, KeyRange.of(key, rangeEnd));
        }
    }

    void requireWrite(Caller caller, ByteString key, ByteString rangeEnd) {
        if (isChecked(caller)) {
            requireWrite(caller, KeyRange.of(key, rangeEnd));
        }
    }

    private boolean isChecked(Caller caller) {
        return enabled && !caller.isServer();
    }

    /** Whether the caller is a user with the role root; refuses one whose credentials have become void. */
    private boolean isRootNow(Caller caller) {
        if (caller.revision() == 0) {
            throw EtcdError.USER_NAME_EMPTY.exception();
        }
        AuthUser user = users.get(caller.user());
        long since = caller.exact() ? revision : user == null ? 0 : voidBefore(user);
        if (caller.revision() < since) {
            throw EtcdError.AUTH_REVISION_OLD.exception();
        }
        if (user == null) {
            denials.unknownUser(caller);
            throw EtcdError.PERMISSION_DENIED.exception();
        }
        return user.isRoot();
    }

    /** What a user without the role root has; refuses a caller whose credentials have become void. */
    Access accessNow(Caller caller) {
        return isRootNow(caller) ? EVERYTHING : access(caller.user());
    }

    private static final Access EVERYTHING = everything();

    private static Access everything() {
        KeyIntervals all = KeyIntervals.of(List.of(new KeyRange(new byte[0], null, false)));
        return new Access(all, all);
    }

    EtcdException denied(Caller caller, Permission.Type missing, KeyRange range) {
        denials.denied(caller, missing, range);
        return EtcdError.PERMISSION_DENIED.exception();
    }

    /** A lease holds a key, unnamed here, that the caller may not read or change. */
    EtcdException deniedLease(Caller caller, Permission.Type missing, long lease) {
        denials.deniedLease(caller, missing, lease);
        return EtcdError.PERMISSION_DENIED.exception();
    }

    private Access access(String user) {
        Access access = accessByUser.get(user);
        // not computeIfAbsent, which would make other users wait
        if (access == null) {
            access = merge(users.get(user));
            accessByUser.put(user, access);
        }
        return access;
    }

    private Access merge(AuthUser user) {
        List<KeyRange> read = new ArrayList<>();
        List<KeyRange> write = new ArrayList<>();
        for (String name : user.roles()) {
            AuthRole role = roles.get(name);
            for (Permission permission : role == null ? List.<Permission>of() : role.permissions()) {
                KeyRange range = KeyRange.of(permission.getKey(), permission.getRangeEnd());
                switch (permission.getPermType()) {
                    case READ -> read.add(range);
                    case WRITE -> write.add(range);
                    case READWRITE -> {
                        read.add(range);
                        write.add(range);
                    }
                    case UNRECOGNIZED -> {
                        // etcd stores a type that it does not know, and grants nothing for it
                    }
                }
            }
        }
        return new Access(KeyIntervals.of(read), KeyIntervals.of(write));
    }

    // ---- changes

    AuthState enabled() {
        return new AuthState(true, revision, disabledRevision, users, roles);
    }

    Edit edit() {
        return new Edit();
    }

    /** Makes the state of the next revision. Not thread-safe. */
    final class Edit {
        private final NavigableMap<String, AuthUser> newUsers = copy(users);
        private final NavigableMap<String, AuthRole> newRoles = copy(roles);
        private boolean disable;

        private Edit() {}

        private static <T> NavigableMap<String, T> copy(NavigableMap<String, T> map) {
            NavigableMap<String, T> copy = new TreeMap<>(NAME_ORDER);
            copy.putAll(map);
            return copy;
        }

        /** The revision that these changes make. */
        long revision() {
            return revision + 1;
        }

        Edit put(AuthUser user) {
            newUsers.put(user.name(), user);
            return this;
        }

        Edit removeUser(String name) {
            newUsers.remove(name);
            return this;
        }

        Edit put(AuthRole role) {
            newRoles.put(role.name(), role);
            return this;
        }

        Edit removeRole(String name) {
            newRoles.remove(name);
            return this;
        }

        Edit disable() {
            disable = true;
            return this;
        }

        AuthState done() {
            return new AuthState(
                    enabled && !disable, revision(), disable ? revision() : disabledRevision, newUsers, newRoles);
        }
    }
}
