package io.meshkeep.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.meshkeep.proto.Role;
import io.meshkeep.proto.User;
import io.meshkeep.proto.UserAddOptions;
import io.meshkeep.store.StateMachine.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What the {@code auth} family holds: one record for each user and role, under a letter and the name, and one for the
 * switch and the revisions.
 */
final class StoredAuth {
    private static final byte STATE = 's';
    private static final byte USER = 'u';
    private static final byte ROLE = 'r';

    private boolean enabled;
    private long revision = AuthState.INITIAL.revision();
    private long disabledRevision = AuthState.INITIAL.disabledRevision();
    private final NavigableMap<String, AuthUser> users = new TreeMap<>(AuthState.NAME_ORDER);
    private final NavigableMap<String, AuthRole> roles = new TreeMap<>(AuthState.NAME_ORDER);

    /** What turns one stored state into another. */
    static List<Write> writes(AuthState before, AuthState after) {
        List<Write> writes = new ArrayList<>();
        if (before.revision() == after.revision() && before.isEnabled() == after.isEnabled()) {
            return writes;
        }
        for (AuthUser user : after.users()) {
            if (!user.equals(before.user(user.name()))) {
                writes.add(write(USER, user.name(), encode(user)));
            }
        }
        for (AuthUser user : before.users()) {
            if (after.user(user.name()) == null) {
                writes.add(write(USER, user.name(), null));
            }
        }
        for (AuthRole role : after.roles()) {
            if (!role.equals(before.role(role.name()))) {
                writes.add(write(
                        ROLE,
                        role.name(),
                        Role.newBuilder()
                                .setName(ByteString.copyFromUtf8(role.name()))
                                .addAllKeyPermission(role.permissions())
                                .build()
                                .toByteArray()));
            }
        }
        for (AuthRole role : before.roles()) {
            if (after.role(role.name()) == null) {
                writes.add(write(ROLE, role.name(), null));
            }
        }
        writes.add(write(
                STATE,
                "",
                ByteBuffer.allocate(1 + 2 * Long.BYTES)
                        .put((byte) (after.isEnabled() ? 1 : 0))
                        .putLong(after.revision())
                        .putLong(after.disabledRevision())
                        .array()));
        return writes;
    }

    private static Write write(byte kind, String name, byte[] value) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        byte[] key = ByteBuffer.allocate(1 + bytes.length).put(kind).put(bytes).array();
        return new Write(Storage.Family.AUTH, key, value);
    }

    private static byte[] encode(AuthUser user) {
        byte[] message = User.newBuilder()
                .setName(ByteString.copyFromUtf8(user.name()))
                .setPassword(user.passwordHash())
                .addAllRoles(user.roles())
                .setOptions(UserAddOptions.newBuilder().setNoPassword(user.noPassword()))
                .build()
                .toByteArray();
        byte[] managedRole = user.managedRole().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES + managedRole.length + message.length)
                .putLong(user.createdRevision())
                .putLong(user.credentialRevision())
                .putInt(managedRole.length)
                .put(managedRole)
                .put(message)
                .array();
    }

    /** Takes a record that was read back. */
    void add(byte[] key, byte[] value) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(value);
            switch (key[0]) {
                case STATE -> {
                    enabled = buffer.get() == 1;
                    revision = buffer.getLong();
                    disabledRevision = buffer.getLong();
                }
                case USER -> {
                    long created = buffer.getLong();
                    long credential = buffer.getLong();
                    byte[] managedRole = new byte[buffer.getInt()];
                    buffer.get(managedRole);
                    User user = User.parseFrom(buffer);
                    String name = user.getName().toStringUtf8();
                    users.put(
                            name,
                            new AuthUser(
                                    name,
                                    user.getOptions().getNoPassword(),
                                    user.getPassword(),
                                    user.getRolesList(),
                                    created,
                                    credential,
                                    new String(managedRole, StandardCharsets.UTF_8)));
                }
                case ROLE -> {
                    Role role = Role.parseFrom(buffer);
                    String name = role.getName().toStringUtf8();
                    roles.put(name, new AuthRole(name, role.getKeyPermissionList()));
                }
                default ->
                    throw new StoreException(
                            "the store holds an auth record of a kind that this version does not know");
            }
        } catch (InvalidProtocolBufferException | java.nio.BufferUnderflowException e) {
            throw new StoreException("an auth record of the store is damaged: " + e.getMessage(), e);
        }
    }

    AuthState build() {
        return new AuthState(enabled, revision, disabledRevision, users, roles);
    }
}
