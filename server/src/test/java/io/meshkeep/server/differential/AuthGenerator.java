package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.AuthDisableRequest;
import io.meshkeep.proto.AuthEnableRequest;
import io.meshkeep.proto.AuthRoleAddRequest;
import io.meshkeep.proto.AuthRoleDeleteRequest;
import io.meshkeep.proto.AuthRoleGetRequest;
import io.meshkeep.proto.AuthRoleGrantPermissionRequest;
import io.meshkeep.proto.AuthRoleListRequest;
import io.meshkeep.proto.AuthRoleRevokePermissionRequest;
import io.meshkeep.proto.AuthStatusRequest;
import io.meshkeep.proto.AuthUserAddRequest;
import io.meshkeep.proto.AuthUserChangePasswordRequest;
import io.meshkeep.proto.AuthUserDeleteRequest;
import io.meshkeep.proto.AuthUserGetRequest;
import io.meshkeep.proto.AuthUserGrantRoleRequest;
import io.meshkeep.proto.AuthUserListRequest;
import io.meshkeep.proto.AuthUserRevokeRoleRequest;
import io.meshkeep.proto.AuthenticateRequest;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseLeasesRequest;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.MemberListRequest;
import io.meshkeep.proto.Permission;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.UserAddOptions;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Draws a sequence about authentication: users, roles and permissions that come and go, logins with the right and the
 * wrong password, and calls of every kind with tokens of whoever has logged in, good ones and void ones.
 */
final class AuthGenerator implements OpSource {
    /** After so many ops there is a root user again, authentication is on, and some users have logged in. */
    private static final int REPAIR_INTERVAL = 60;

    private static final List<String> USERS = List.of("alice", "bob", "carol", "dave", "root");
    private static final List<String> ROLES = List.of("reader", "writer", "both", "root");
    private static final List<String> PASSWORDS = List.of("first", "second");
    private static final String ROOT_PASSWORD = "for root";

    private final SplittableRandom random;
    private final Dialect dialect;
    private final Deque<Op> planned = new ArrayDeque<>();
    private int left;
    private int untilRepair;
    private RequestGenerator requests;
    private View view;

    AuthGenerator(long seed, int ops, Dialect dialect) {
        random = new SplittableRandom(seed);
        left = ops;
        this.dialect = dialect;
    }

    @Override
    public Optional<Op> next(View current) {
        view = current;
        if (requests == null) {
            requests = new RequestGenerator(random, view);
        }
        while (left > 0) {
            if (planned.isEmpty() && untilRepair-- == 0) {
                untilRepair = REPAIR_INTERVAL;
                planRepair();
            }
            Op op = planned.isEmpty() ? draw() : planned.poll();
            if (!dialect.excludes(op, view) && !isInverted(op)) {
                left--;
                return Optional.of(op);
            }
        }
        return Optional.empty();
    }

    private void planRepair() {
        plan(Rpc.AUTH_ENABLE, AuthEnableRequest.getDefaultInstance());
        plan(Rpc.USER_ADD, userAdd("root", ROOT_PASSWORD));
        plan(Rpc.AUTH_ENABLE, AuthEnableRequest.getDefaultInstance());
        plan(Rpc.ROLE_ADD, AuthRoleAddRequest.getDefaultInstance());
        plan(Rpc.USER_GRANT_ROLE, grantRole("root", "root"));
        for (String role : ROLES) {
            plan(Rpc.ROLE_ADD, AuthRoleAddRequest.newBuilder().setName(role).build());
        }
        for (String user : List.of("alice", "bob")) {
            plan(Rpc.USER_ADD, userAdd(user, requests.oneOf(PASSWORDS)));
            plan(Rpc.USER_GRANT_ROLE, grantRole(user, requests.oneOf(ROLES.subList(0, 3))));
        }
        plan(Rpc.ROLE_GRANT_PERMISSION, grantPermission());
        plan(Rpc.AUTH_ENABLE, AuthEnableRequest.getDefaultInstance());
        plan(Rpc.AUTHENTICATE, authenticate("root", ROOT_PASSWORD));
        for (String user : List.of("alice", "bob", "carol")) {
            PASSWORDS.forEach(password -> plan(Rpc.AUTHENTICATE, authenticate(user, password)));
        }
    }

    /** With the newest token of root if there is one: it is the user's right to have things repaired. */
    private void plan(Rpc rpc, Message request) {
        planned.add(new Op.Call(rpc, request, tokenOf("root")));
    }

    private Op draw() {
        int kind = requests.below(1000);
        if (kind < 330) {
            return manage();
        }
        if (kind < 400) {
            return call(
                    Rpc.AUTHENTICATE,
                    authenticate(
                            user(),
                            requests.chance(20)
                                    ? requests.oneOf(ROOT_PASSWORD, "", "wrong", "x".repeat(100))
                                    : requests.oneOf(PASSWORDS)));
        }
        if (kind < 520) {
            return call(Rpc.PUT, requests.put());
        }
        if (kind < 620) {
            return call(Rpc.RANGE, requests.range());
        }
        if (kind < 680) {
            return call(Rpc.DELETE_RANGE, requests.delete());
        }
        if (kind < 790) {
            return call(Rpc.TXN, requests.txn());
        }
        if (kind < 880) {
            return lease();
        }
        if (kind < 950) {
            return new Op.WatchOnce(requests.watch(), headers());
        }
        return maintenance();
    }

    private Op manage() {
        int kind = requests.below(100);
        if (kind < 9) {
            AuthUserAddRequest.Builder add =
                    userAdd(user(), requests.chance(5) ? "y".repeat(73) : requests.oneOf(PASSWORDS)).toBuilder();
            if (requests.chance(20)) {
                add.setOptions(UserAddOptions.newBuilder().setNoPassword(requests.chance(70)));
            }
            return call(Rpc.USER_ADD, add.build());
        }
        if (kind < 15) {
            return call(
                    Rpc.USER_DELETE,
                    AuthUserDeleteRequest.newBuilder().setName(user()).build());
        }
        if (kind < 22) {
            return changePassword();
        }
        if (kind < 32) {
            return call(Rpc.USER_GRANT_ROLE, grantRole(user(), role()));
        }
        if (kind < 38) {
            return call(
                    Rpc.USER_REVOKE_ROLE,
                    AuthUserRevokeRoleRequest.newBuilder()
                            .setName(user())
                            .setRole(role())
                            .build());
        }
        if (kind < 44) {
            return call(
                    Rpc.ROLE_ADD,
                    AuthRoleAddRequest.newBuilder().setName(role()).build());
        }
        if (kind < 48) {
            return call(
                    Rpc.ROLE_DELETE,
                    AuthRoleDeleteRequest.newBuilder().setRole(role()).build());
        }
        if (kind < 66) {
            return call(Rpc.ROLE_GRANT_PERMISSION, grantPermission());
        }
        if (kind < 74) {
            Permission some = permission();
            return call(
                    Rpc.ROLE_REVOKE_PERMISSION,
                    AuthRoleRevokePermissionRequest.newBuilder()
                            .setRole(role())
                            .setKey(some.getKey())
                            .setRangeEnd(some.getRangeEnd())
                            .build());
        }
        if (kind < 81) {
            return call(
                    Rpc.USER_GET,
                    AuthUserGetRequest.newBuilder().setName(user()).build());
        }
        if (kind < 88) {
            return call(
                    Rpc.ROLE_GET,
                    AuthRoleGetRequest.newBuilder().setRole(role()).build());
        }
        if (kind < 91) {
            return call(Rpc.USER_LIST, AuthUserListRequest.getDefaultInstance());
        }
        if (kind < 94) {
            return call(Rpc.ROLE_LIST, AuthRoleListRequest.getDefaultInstance());
        }
        if (kind < 97) {
            return call(Rpc.AUTH_STATUS, AuthStatusRequest.getDefaultInstance());
        }
        if (kind < 98) {
            // there are few moments without authentication, so that most ops find it on
            untilRepair = Math.min(untilRepair, 8);
            return call(Rpc.AUTH_DISABLE, AuthDisableRequest.getDefaultInstance());
        }
        return call(Rpc.AUTH_ENABLE, AuthEnableRequest.getDefaultInstance());
    }

    private Op changePassword() {
        String user = user();
        AuthUserChangePasswordRequest.Builder change =
                AuthUserChangePasswordRequest.newBuilder().setName(user);
        if (user.equals("root")) {
            // Without its password the sequence would be locked out. All its tokens are void now.
            untilRepair = 0;
            change.setPassword(ROOT_PASSWORD);
        } else if (requests.chance(90)) {
            change.setPassword(requests.chance(5) ? "z".repeat(73) : requests.oneOf(PASSWORDS));
        } else if (requests.chance(50)) {
            change.setHashedPassword(requests.oneOf("AAAA", "no base64!"));
        }
        return call(Rpc.USER_CHANGE_PASSWORD, change.build());
    }

    private static AuthUserAddRequest userAdd(String name, String password) {
        return AuthUserAddRequest.newBuilder()
                .setName(name)
                .setPassword(name.equals("root") ? ROOT_PASSWORD : password)
                .build();
    }

    private static AuthUserGrantRoleRequest grantRole(String user, String role) {
        return AuthUserGrantRoleRequest.newBuilder().setUser(user).setRole(role).build();
    }

    private static AuthenticateRequest authenticate(String name, String password) {
        return AuthenticateRequest.newBuilder()
                .setName(name)
                .setPassword(password)
                .build();
    }

    private AuthRoleGrantPermissionRequest grantPermission() {
        AuthRoleGrantPermissionRequest.Builder grant =
                AuthRoleGrantPermissionRequest.newBuilder().setName(role());
        return (requests.chance(4) ? grant : grant.setPerm(permission())).build();
    }

    private Permission permission() {
        ByteString key = requests.chance(3) ? ByteString.EMPTY : requests.key();
        Permission.Builder permission =
                Permission.newBuilder().setKey(key).setPermTypeValue(requests.chance(2) ? 7 : requests.below(3));
        switch (requests.below(8)) {
            case 0, 1 -> permission.setRangeEnd(Keys.prefixEnd(key));
            case 2 -> permission.setRangeEnd(Keys.FROM_KEY);
            case 3, 4, 5 -> permission.setRangeEnd(requests.key());
            default -> {
                // the one key
            }
        }
        return permission.build();
    }

    private Op lease() {
        return switch (requests.below(6)) {
            case 0, 1 ->
                call(
                        Rpc.LEASE_GRANT,
                        LeaseGrantRequest.newBuilder()
                                .setID(1 + requests.below(6))
                                .setTTL(requests.oneOf(3_000L, 100_000L, 5_000_000L, Long.MAX_VALUE))
                                .build());
            case 2 ->
                call(
                        Rpc.LEASE_REVOKE,
                        LeaseRevokeRequest.newBuilder().setID(requests.lease()).build());
            case 3 ->
                call(
                        Rpc.LEASE_TIME_TO_LIVE,
                        LeaseTimeToLiveRequest.newBuilder()
                                .setID(requests.lease())
                                .setKeys(requests.chance(70))
                                .build());
            case 4 -> call(Rpc.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
            default -> new Op.KeepAliveOnce(requests.lease(), headers());
        };
    }

    private Op maintenance() {
        return switch (requests.below(8)) {
            case 0 -> call(Rpc.STATUS, StatusRequest.getDefaultInstance());
            case 1 -> call(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance());
            case 2 -> call(Rpc.DEFRAGMENT, DefragmentRequest.getDefaultInstance());
            case 3, 4 ->
                call(
                        Rpc.COMPACT,
                        CompactionRequest.newBuilder()
                                .setRevision(requests.revision())
                                .build());
            case 5 ->
                call(
                        Rpc.ALARM,
                        AlarmRequest.newBuilder()
                                .setAction(AlarmRequest.AlarmAction.DEACTIVATE)
                                .setAlarmValue(requests.oneOf(0, 1, 2))
                                .setMemberID(Identities.SELF)
                                .build());
            default -> call(Rpc.ALARM, AlarmRequest.getDefaultInstance());
        };
    }

    private Op call(Rpc rpc, Message request) {
        return new Op.Call(rpc, request, headers());
    }

    private String user() {
        return requests.chance(3) ? "" : requests.oneOf(USERS);
    }

    private String role() {
        return requests.chance(3) ? requests.oneOf("", "missing") : requests.oneOf(ROLES);
    }

    /** Mostly the token of somebody who has logged in of late. */
    private Headers headers() {
        int kind = requests.below(100);
        if (kind < 8) {
            return Headers.NONE;
        }
        if (kind < 11) {
            return token(requests.oneOf("nonsense", "abcdefghijklmnop.1", "", "a.b.c"));
        }
        if (view.tokens.isEmpty()) {
            return Headers.NONE;
        }
        if (kind < 45) {
            return tokenOf("root");
        }
        int from = kind < 95 ? Math.max(0, view.tokens.size() - 5) : 0;
        return token(view.tokens.get(from + requests.below(view.tokens.size() - from)));
    }

    private Headers tokenOf(String user) {
        return view.tokens.stream()
                .filter(token -> token.startsWith(user + "/"))
                .reduce((first, second) -> second)
                .map(this::token)
                .orElse(Headers.NONE);
    }

    private Headers token(String value) {
        return switch (requests.below(12)) {
            case 0 -> Headers.of("authorization", value);
            case 1 -> Headers.of("authorization", "Bearer " + value);
            case 2 -> Headers.of("token", "Bearer " + value);
            default -> Headers.of("token", value);
        };
    }

    /**
     * Whether a range of a request ends before it starts. No key is in it, so it matters to nobody; but whether etcd
     * permits it hangs on the shape that its tree of permissions happens to have.
     */
    private static boolean isInverted(Op op) {
        if (op instanceof Op.WatchOnce watch) {
            return isInverted(watch.request());
        }
        return op instanceof Op.Call call
                && call.rpc() != Rpc.ROLE_GRANT_PERMISSION
                && call.rpc() != Rpc.ROLE_REVOKE_PERMISSION
                && isInverted(call.request());
    }

    private static boolean isInverted(Message message) {
        FieldDescriptor keyField = message.getDescriptorForType().findFieldByName("key");
        FieldDescriptor endField = message.getDescriptorForType().findFieldByName("range_end");
        if (keyField != null && endField != null) {
            ByteString key = (ByteString) message.getField(keyField);
            ByteString end = (ByteString) message.getField(endField);
            if (!end.isEmpty() && !end.equals(Keys.FROM_KEY) && Keys.ORDER.compare(end, key) < 0) {
                return true;
            }
        }
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            if (field.getKey().getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                List<?> values = field.getKey().isRepeated() ? (List<?>) field.getValue() : List.of(field.getValue());
                if (values.stream().anyMatch(value -> isInverted((Message) value))) {
                    return true;
                }
            }
        }
        return false;
    }
}
