package io.meshkeep.server.auth;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Permission;
import io.meshkeep.store.AuthChange;
import io.meshkeep.store.AuthUser;
import java.util.ArrayList;
import java.util.List;

/**
 * The users, roles and permissions that Cilium's etcdinit gives the etcd of a {@code clustermesh-apiserver}, with which
 * its programs expect to come in: no user has a password, all show certificates with their name.
 */
public final class CiliumUsers {
    private CiliumUsers() {}

    /**
     * All that an empty store needs, as one change; the last part of it switches authentication on.
     *
     * @param cluster name of the cluster; empty if it has none
     * @param externalWorkloads whether virtual machines take part, which Cilium had them do up to 1.17
     */
    public static AuthChange forCluster(String cluster, boolean externalWorkloads) {
        String suffix = cluster.isEmpty() ? "" : "-" + cluster;
        List<AuthChange> changes = new ArrayList<>();
        user(changes, AuthUser.ROOT, AuthUser.ROOT);
        user(changes, "admin" + suffix, AuthUser.ROOT);
        if (externalWorkloads) {
            role(
                    changes,
                    "externalworkload",
                    permission(Permission.Type.READ, "\0", "\0"),
                    prefix(Permission.Type.READWRITE, "cilium/state/noderegister/v1/"),
                    prefix(Permission.Type.READWRITE, "cilium/.initlock/"));
            user(changes, "externalworkload", "externalworkload");
        }
        role(
                changes,
                "local",
                prefix(Permission.Type.READ, "cilium/.heartbeat"),
                prefix(Permission.Type.READ, "cilium/cache/"),
                prefix(Permission.Type.READ, "cilium/cluster-config/"),
                prefix(Permission.Type.READ, "cilium/synced/"));
        user(changes, "local" + suffix, "local");
        role(
                changes,
                "remote",
                prefix(Permission.Type.READ, "cilium/.heartbeat"),
                prefix(Permission.Type.READ, "cilium/state/"),
                permission(Permission.Type.READ, "cilium/cluster-config/" + cluster, ""),
                prefix(Permission.Type.READ, "cilium/synced/" + cluster + "/"));
        user(changes, "remote", "remote");
        changes.add(new AuthChange.Enable());
        return new AuthChange.Sequence(changes);
    }

    private static void user(List<AuthChange> changes, String name, String role) {
        changes.add(new AuthChange.UserAdd(name, true, ByteString.EMPTY));
        changes.add(new AuthChange.UserGrantRole(name, role));
    }

    private static void role(List<AuthChange> changes, String name, Permission... permissions) {
        changes.add(new AuthChange.RoleAdd(name));
        for (Permission permission : permissions) {
            changes.add(new AuthChange.RoleGrantPermission(name, permission));
        }
    }

    /** All keys that start so; the prefix ends in a character that has a next one. */
    private static Permission prefix(Permission.Type type, String prefix) {
        char last = prefix.charAt(prefix.length() - 1);
        return permission(type, prefix, prefix.substring(0, prefix.length() - 1) + (char) (last + 1));
    }

    private static Permission permission(Permission.Type type, String key, String rangeEnd) {
        return Permission.newBuilder()
                .setPermType(type)
                .setKey(ByteString.copyFromUtf8(key))
                .setRangeEnd(ByteString.copyFromUtf8(rangeEnd))
                .build();
    }
}
