package io.meshkeep.store;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Permission;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** A change of users, roles or permissions; see {@link AuthRules} for what each one does. */
public sealed interface AuthChange {

    record Enable() implements AuthChange {}

    record Disable() implements AuthChange {}

    /** @param passwordHash bcrypt hash, made before the change was queued; empty for a user without a password */
    record UserAdd(String name, boolean noPassword, ByteString passwordHash) implements AuthChange {
        @Override
        public String toString() {
            return "UserAdd[" + name + "]";
        }
    }

    record UserDelete(String name) implements AuthChange {}

    /** @param passwordHash as for {@link UserAdd}; null if what the client sent cannot be one */
    record UserChangePassword(String name, ByteString passwordHash) implements AuthChange {
        @Override
        public String toString() {
            return "UserChangePassword[" + name + "]";
        }
    }

    record UserGrantRole(String user, String role) implements AuthChange {}

    record UserRevokeRole(String user, String role) implements AuthChange {}

    record RoleAdd(String name) implements AuthChange {}

    record RoleDelete(String name) implements AuthChange {}

    /** @param permission null if the request named none */
    record RoleGrantPermission(String role, Permission permission) implements AuthChange {}

    record RoleRevokePermission(String role, ByteString key, ByteString rangeEnd) implements AuthChange {}

    /**
     * Brings the managed users into line with a list that is kept up elsewhere: who is new is added, without a password;
     * who is on it gets the role given there, in place of the one given before; who was on it and is not any more is
     * deleted. Users who were never on it stay as
     * they are. Entries with a role that does not exist, and the user root, are left alone.
     */
    record ManageUsers(SortedMap<String, String> roleByUser) implements AuthChange {
        public ManageUsers {
            roleByUser = Collections.unmodifiableSortedMap(new TreeMap<>(roleByUser));
        }
    }

    /** Several changes, made all or, if one of them is refused, not at all. */
    record Sequence(List<AuthChange> changes) implements AuthChange {
        public Sequence {
            changes = List.copyOf(changes);
        }
    }
}
