package io.meshkeep.store;

import io.meshkeep.proto.Permission;
import java.util.List;

/**
 * A role.
 *
 * @param permissions what it permits, by key in unsigned byte order
 */
public record AuthRole(String name, List<Permission> permissions) {
    public AuthRole {
        permissions = List.copyOf(permissions);
    }
}
