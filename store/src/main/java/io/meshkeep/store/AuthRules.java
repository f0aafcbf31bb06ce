package io.meshkeep.store;

import static io.meshkeep.store.AuthUser.ROOT;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Permission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** What a change of users and roles comes to, with etcd's refusals. The auth revision rises where etcd's does. */
final class AuthRules {
    private static final Comparator<ByteString> KEY_ORDER = ByteString.unsignedLexicographicalComparator();

    private AuthRules() {}

    /** @throws EtcdException if the change is refused */
    static AuthState apply(AuthState auth, AuthChange change) {
        if (change instanceof AuthChange.Enable) {
            return enable(auth);
        } else if (change instanceof AuthChange.Disable) {
            return auth.isEnabled() ? auth.edit().disable().done() : auth;
        } else if (change instanceof AuthChange.UserAdd add) {
            return addUser(auth, add);
        } else if (change instanceof AuthChange.UserDelete delete) {
            return deleteUser(auth, delete.name());
        } else if (change instanceof AuthChange.UserChangePassword password) {
            return changePassword(auth, password);
        } else if (change instanceof AuthChange.UserGrantRole grant) {
            return grantRole(auth, grant);
        } else if (change instanceof AuthChange.UserRevokeRole revoke) {
            return revokeRole(auth, revoke);
        } else if (change instanceof AuthChange.RoleAdd add) {
            return addRole(auth, add.name());
        } else if (change instanceof AuthChange.RoleDelete delete) {
            return deleteRole(auth, delete.name());
        } else if (change instanceof AuthChange.RoleGrantPermission grant) {
            return grantPermission(auth, grant);
        } else if (change instanceof AuthChange.RoleRevokePermission revoke) {
            return revokePermission(auth, revoke);
        } else if (change instanceof AuthChange.ManageUsers manage) {
            return manageUsers(auth, manage.roleByUser());
        }
        AuthState after = auth;
        for (AuthChange each : ((AuthChange.Sequence) change).changes()) {
            after = apply(after, each);
        }
        return after;
    }

    private static AuthState enable(AuthState auth) {
        if (auth.isEnabled()) {
            return auth;
        }
        AuthUser root = auth.user(ROOT);
        if (root == null) {
            throw EtcdError.ROOT_USER_NOT_FOUND.exception();
        }
        if (!root.isRoot()) {
            throw EtcdError.ROOT_ROLE_NOT_GRANTED.exception();
        }
        return auth.enabled();
    }

    private static AuthState addUser(AuthState auth, AuthChange.UserAdd add) {
        if (add.name().isEmpty()) {
            throw EtcdError.USER_NAME_EMPTY.exception();
        }
        if (auth.user(add.name()) != null) {
            throw EtcdError.USER_EXISTS.exception();
        }
        AuthState.Edit edit = auth.edit();
        ByteString hash = add.noPassword() ? ByteString.EMPTY : add.passwordHash();
        return edit.put(user(add.name(), add.noPassword(), hash, edit)).done();
    }

    private static AuthUser user(String name, boolean noPassword, ByteString hash, AuthState.Edit edit) {
        return new AuthUser(name, noPassword, hash, List.of(), edit.revision(), edit.revision(), "");
    }

    private static AuthState manageUsers(AuthState auth, Map<String, String> roleByUser) {
        AuthState.Edit edit = auth.edit();
        boolean changed = false;
        for (AuthUser user : auth.users()) {
            if (user.isManaged() && !roleByUser.containsKey(user.name())) {
                edit.removeUser(user.name());
                changed = true;
            }
        }
        for (Map.Entry<String, String> entry : roleByUser.entrySet()) {
            String name = entry.getKey();
            String role = entry.getValue();
            boolean hasRole = role.equals(ROOT) || auth.role(role) != null;
            if (name.isEmpty() || name.equals(ROOT) || !hasRole) {
                continue;
            }
            AuthUser user = auth.user(name);
            if (user == null) {
                user = user(name, true, ByteString.EMPTY, edit);
            }
            AuthUser wanted = user.managedAs(role);
            if (!wanted.equals(auth.user(name))) {
                edit.put(wanted);
                changed = true;
            }
        }
        return changed ? edit.done() : auth;
    }

    private static AuthState deleteUser(AuthState auth, String name) {
        if (auth.isEnabled() && name.equals(ROOT)) {
            throw EtcdError.INVALID_AUTH_MANAGEMENT.exception();
        }
        requireUser(auth, name);
        return auth.edit().removeUser(name).done();
    }

    private static AuthState changePassword(AuthState auth, AuthChange.UserChangePassword change) {
        AuthUser user = requireUser(auth, change.name());
        if (!user.noPassword() && change.passwordHash() == null) {
            throw EtcdError.PASSWORD_OF_NO_PASSWORD_USER.exception();
        }
        AuthState.Edit edit = auth.edit();
        ByteString hash = user.noPassword() ? ByteString.EMPTY : change.passwordHash();
        return edit.put(user.withPassword(hash, edit.revision())).done();
    }

    private static AuthState grantRole(AuthState auth, AuthChange.UserGrantRole grant) {
        AuthUser user = requireUser(auth, grant.user());
        // the role root is there without having been added
        if (!grant.role().equals(ROOT)) {
            requireRole(auth, grant.role());
        }
        if (user.roles().contains(grant.role())) {
            return auth;
        }
        List<String> roles = new ArrayList<>(user.roles());
        roles.add(grant.role());
        roles.sort(AuthState.NAME_ORDER);
        return auth.edit().put(user.withRoles(roles)).done();
    }

    private static AuthState revokeRole(AuthState auth, AuthChange.UserRevokeRole revoke) {
        if (auth.isEnabled() && revoke.user().equals(ROOT) && revoke.role().equals(ROOT)) {
            throw EtcdError.INVALID_AUTH_MANAGEMENT.exception();
        }
        AuthUser user = requireUser(auth, revoke.user());
        if (!user.roles().contains(revoke.role())) {
            throw EtcdError.ROLE_NOT_GRANTED.exception();
        }
        return auth.edit().put(without(user, revoke.role())).done();
    }

    private static AuthUser without(AuthUser user, String role) {
        return user.withRoles(
                user.roles().stream().filter(name -> !name.equals(role)).toList());
    }

    private static AuthState addRole(AuthState auth, String name) {
        if (name.isEmpty()) {
            throw EtcdError.ROLE_NAME_EMPTY.exception();
        }
        if (auth.role(name) != null) {
            throw EtcdError.ROLE_EXISTS.exception();
        }
        return auth.edit().put(new AuthRole(name, List.of())).done();
    }

    private static AuthState deleteRole(AuthState auth, String name) {
        if (auth.isEnabled() && name.equals(ROOT)) {
            throw EtcdError.INVALID_AUTH_MANAGEMENT.exception();
        }
        requireRole(auth, name);
        AuthState.Edit edit = auth.edit().removeRole(name);
        for (AuthUser user : auth.users()) {
            if (user.roles().contains(name)) {
                edit.put(without(user, name));
            }
        }
        return edit.done();
    }

    private static AuthState grantPermission(AuthState auth, AuthChange.RoleGrantPermission grant) {
        Permission permission = grant.permission();
        if (permission == null) {
            throw EtcdError.PERMISSION_NOT_GIVEN.exception();
        }
        if (!isValid(permission)) {
            throw EtcdError.INVALID_AUTH_MANAGEMENT.exception();
        }
        AuthRole role = requireRole(auth, grant.role());
        List<Permission> permissions = new ArrayList<>(role.permissions());
        int at = 0;
        while (at < permissions.size() && KEY_ORDER.compare(permissions.get(at).getKey(), permission.getKey()) < 0) {
            at++;
        }
        // As in etcd only the first permission of the same key is replaced; behind it a range can stand twice.
        if (at < permissions.size() && sameRange(permissions.get(at), permission.getKey(), permission.getRangeEnd())) {
            permissions.set(at, permission);
        } else {
            permissions.add(permission);
            permissions.sort(Comparator.comparing(Permission::getKey, KEY_ORDER));
        }
        return auth.edit().put(new AuthRole(role.name(), permissions)).done();
    }

    /** A key, and no end, an end behind it, or the end that stands for "no upper end". */
    private static boolean isValid(Permission permission) {
        if (permission.getKey().isEmpty()) {
            return false;
        }
        return permission.getRangeEnd().isEmpty()
                || !KeyRange.of(permission.getKey(), permission.getRangeEnd()).isEmpty();
    }

    private static AuthState revokePermission(AuthState auth, AuthChange.RoleRevokePermission revoke) {
        AuthRole role = requireRole(auth, revoke.role());
        List<Permission> left = role.permissions().stream()
                .filter(permission -> !sameRange(permission, revoke.key(), revoke.rangeEnd()))
                .toList();
        if (left.size() == role.permissions().size()) {
            throw EtcdError.PERMISSION_NOT_GRANTED.exception();
        }
        return auth.edit().put(new AuthRole(role.name(), left)).done();
    }

    private static boolean sameRange(Permission permission, ByteString key, ByteString rangeEnd) {
        return permission.getKey().equals(key) && permission.getRangeEnd().equals(rangeEnd);
    }

    private static AuthUser requireUser(AuthState auth, String name) {
        AuthUser user = auth.user(name);
        if (user == null) {
            throw EtcdError.USER_NOT_FOUND.exception();
        }
        return user;
    }

    private static AuthRole requireRole(AuthState auth, String name) {
        AuthRole role = auth.role(name);
        if (role == null) {
            throw EtcdError.ROLE_NOT_FOUND.exception();
        }
        return role;
    }
}
