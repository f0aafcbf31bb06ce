package io.meshkeep.store;

import com.google.protobuf.ByteString;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A user.
 *
 * @param name unique
 * @param noPassword whether the user has no password and can come with a certificate only
 * @param passwordHash bcrypt hash; empty if there is none, and then no password is right
 * @param roles names of the roles, in byte order
 * @param createdRevision auth revision at which the user was added
 * @param credentialRevision auth revision at which the password was last set; tokens from before it are void
 * @param managedRole the role that a list kept up elsewhere gives the user, see {@link AuthChange.ManageUsers}; empty if
 *     the user is on no such list
 */
public record AuthUser(
        String name,
        boolean noPassword,
        ByteString passwordHash,
        List<String> roles,
        long createdRevision,
        long credentialRevision,
        String managedRole) {
    /** The role that may do everything; and the user without whom authentication cannot be switched on. */
    public static final String ROOT = "root";

    public AuthUser {
        roles = List.copyOf(roles);
    }

    /** Whether the user may do everything. */
    public boolean isRoot() {
        return roles.contains(ROOT);
    }

    AuthUser withRoles(List<String> newRoles) {
        return new AuthUser(name, noPassword, passwordHash, newRoles, createdRevision, credentialRevision, managedRole);
    }

    AuthUser withPassword(ByteString hash, long revision) {
        return new AuthUser(name, noPassword, hash, roles, createdRevision, revision, managedRole);
    }

    /** Whether the user comes from a list that is kept up elsewhere. */
    public boolean isManaged() {
        return !managedRole.isEmpty();
    }

    /** With this role from the list in place of the one that the list gave before; other roles stay. */
    AuthUser managedAs(String role) {
        SortedSet<String> newRoles = new TreeSet<>(AuthState.NAME_ORDER);
        newRoles.addAll(roles);
        newRoles.remove(managedRole);
        newRoles.add(role);
        return new AuthUser(
                name, noPassword, passwordHash, List.copyOf(newRoles), createdRevision, credentialRevision, role);
    }

    /** Without the hash: it must not get into a log. */
    @Override
    public String toString() {
        return "AuthUser[" + name + ", roles " + roles + "]";
    }
}
