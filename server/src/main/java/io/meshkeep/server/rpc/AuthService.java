package io.meshkeep.server.rpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.GeneratedMessage;
import com.google.protobuf.Message;
import io.grpc.ServerServiceDefinition;
import io.meshkeep.proto.AuthDisableRequest;
import io.meshkeep.proto.AuthDisableResponse;
import io.meshkeep.proto.AuthEnableRequest;
import io.meshkeep.proto.AuthEnableResponse;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthRoleAddRequest;
import io.meshkeep.proto.AuthRoleAddResponse;
import io.meshkeep.proto.AuthRoleDeleteRequest;
import io.meshkeep.proto.AuthRoleDeleteResponse;
import io.meshkeep.proto.AuthRoleGetRequest;
import io.meshkeep.proto.AuthRoleGetResponse;
import io.meshkeep.proto.AuthRoleGrantPermissionRequest;
import io.meshkeep.proto.AuthRoleGrantPermissionResponse;
import io.meshkeep.proto.AuthRoleListRequest;
import io.meshkeep.proto.AuthRoleListResponse;
import io.meshkeep.proto.AuthRoleRevokePermissionRequest;
import io.meshkeep.proto.AuthRoleRevokePermissionResponse;
import io.meshkeep.proto.AuthStatusRequest;
import io.meshkeep.proto.AuthStatusResponse;
import io.meshkeep.proto.AuthUserAddRequest;
import io.meshkeep.proto.AuthUserAddResponse;
import io.meshkeep.proto.AuthUserChangePasswordRequest;
import io.meshkeep.proto.AuthUserChangePasswordResponse;
import io.meshkeep.proto.AuthUserDeleteRequest;
import io.meshkeep.proto.AuthUserDeleteResponse;
import io.meshkeep.proto.AuthUserGetRequest;
import io.meshkeep.proto.AuthUserGetResponse;
import io.meshkeep.proto.AuthUserGrantRoleRequest;
import io.meshkeep.proto.AuthUserGrantRoleResponse;
import io.meshkeep.proto.AuthUserListRequest;
import io.meshkeep.proto.AuthUserListResponse;
import io.meshkeep.proto.AuthUserRevokeRoleRequest;
import io.meshkeep.proto.AuthUserRevokeRoleResponse;
import io.meshkeep.proto.AuthenticateRequest;
import io.meshkeep.proto.AuthenticateResponse;
import io.meshkeep.proto.Permission;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.server.auth.Passwords;
import io.meshkeep.server.auth.Tokens;
import io.meshkeep.store.AuthChange;
import io.meshkeep.store.AuthRole;
import io.meshkeep.store.AuthState;
import io.meshkeep.store.AuthUser;
import io.meshkeep.store.Caller;
import io.meshkeep.store.Command;
import io.meshkeep.store.EtcdError;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.Snapshot;
import io.meshkeep.store.Store;
import java.util.Base64;
import java.util.function.Function;

/** {@code etcdserverpb.Auth}. */
final class AuthService {
    /** What RoleGet says of the role root, which has no permissions of its own. */
    private static final Permission EVERYTHING = Permission.newBuilder()
            .setPermType(Permission.Type.READWRITE)
            .setRangeEnd(ByteString.copyFrom(new byte[1]))
            .build();

    private final Store store;
    private final Headers headers;
    private final Passwords passwords;
    private final Tokens tokens;
    private final int maxRequestBytes;

    AuthService(Store store, Headers headers, Passwords passwords, Tokens tokens, int maxRequestBytes) {
        this.store = store;
        this.headers = headers;
        this.passwords = passwords;
        this.tokens = tokens;
        this.maxRequestBytes = maxRequestBytes;
    }

    ServerServiceDefinition bind(ServiceBinder binder) {
        return binder.service(AuthGrpc.getServiceDescriptor())
                .unary(AuthGrpc.getAuthEnableMethod(), this::enable)
                .unary(AuthGrpc.getAuthDisableMethod(), this::disable)
                .unary(AuthGrpc.getAuthStatusMethod(), this::status)
                .unary(AuthGrpc.getAuthenticateMethod(), this::authenticate)
                .unary(AuthGrpc.getUserAddMethod(), this::userAdd)
                .unary(AuthGrpc.getUserGetMethod(), this::userGet)
                .unary(AuthGrpc.getUserListMethod(), this::userList)
                .unary(AuthGrpc.getUserDeleteMethod(), this::userDelete)
                .unary(AuthGrpc.getUserChangePasswordMethod(), this::userChangePassword)
                .unary(AuthGrpc.getUserGrantRoleMethod(), this::userGrantRole)
                .unary(AuthGrpc.getUserRevokeRoleMethod(), this::userRevokeRole)
                .unary(AuthGrpc.getRoleAddMethod(), this::roleAdd)
                .unary(AuthGrpc.getRoleGetMethod(), this::roleGet)
                .unary(AuthGrpc.getRoleListMethod(), this::roleList)
                .unary(AuthGrpc.getRoleDeleteMethod(), this::roleDelete)
                .unary(AuthGrpc.getRoleGrantPermissionMethod(), this::roleGrantPermission)
                .unary(AuthGrpc.getRoleRevokePermissionMethod(), this::roleRevokePermission)
                .build();
    }

    // ---- changes

    private void change(
            Message request, AuthChange change, Reply reply, Function<ResponseHeader, GeneratedMessage> answer) {
        int size = request.getSerializedSize();
        if (size > maxRequestBytes) {
            throw EtcdError.REQUEST_TOO_LARGE.exception();
        }
        store.write(new Command.Auth(change), reply.credentials(), size, (result, error) -> {
            if (error != null) {
                reply.fail(error);
            } else {
                reply.send(Encoded.of(answer.apply(headers.at(result.revision()))));
            }
        });
    }

    private void enable(AuthEnableRequest request, Reply reply) {
        change(
                request,
                new AuthChange.Enable(),
                reply,
                header -> AuthEnableResponse.newBuilder().setHeader(header).build());
    }

    private void disable(AuthDisableRequest request, Reply reply) {
        change(
                request,
                new AuthChange.Disable(),
                reply,
                header -> AuthDisableResponse.newBuilder().setHeader(header).build());
    }

    private void userAdd(AuthUserAddRequest request, Reply reply) {
        boolean noPassword = request.getOptions().getNoPassword();
        if (noPassword) {
            userAdd(request, true, ByteString.EMPTY, reply);
        } else {
            Passwords.check(request.getPassword());
            // Decided for good when the change is applied; but who may not add users must not have us hash for nothing.
            store.requireRoot(reply.credentials());
            passwords.hash(
                    request.getPassword(),
                    hash -> userAdd(request, false, hash, reply),
                    failure -> reply.fail(failure));
        }
    }

    private void userAdd(AuthUserAddRequest request, boolean noPassword, ByteString hash, Reply reply) {
        change(
                request,
                new AuthChange.UserAdd(request.getName(), noPassword, hash),
                reply,
                header -> AuthUserAddResponse.newBuilder().setHeader(header).build());
    }

    private void userChangePassword(AuthUserChangePasswordRequest request, Reply reply) {
        if (request.getPassword().isEmpty()) {
            userChangePassword(request, decoded(request.getHashedPassword()), reply);
        } else {
            Passwords.check(request.getPassword());
            store.requireRoot(reply.credentials());
            passwords.hash(
                    request.getPassword(),
                    hash -> userChangePassword(request, hash, reply),
                    failure -> reply.fail(failure));
        }
    }

    private void userChangePassword(AuthUserChangePasswordRequest request, ByteString hash, Reply reply) {
        change(
                request,
                new AuthChange.UserChangePassword(request.getName(), hash),
                reply,
                header -> AuthUserChangePasswordResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    /** A hash that a client made itself, or null. None at all is etcd's way to say that no password is right. */
    private static ByteString decoded(String base64) {
        try {
            return ByteString.copyFrom(Base64.getDecoder().decode(base64));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void userDelete(AuthUserDeleteRequest request, Reply reply) {
        change(
                request,
                new AuthChange.UserDelete(request.getName()),
                reply,
                header -> AuthUserDeleteResponse.newBuilder().setHeader(header).build());
    }

    private void userGrantRole(AuthUserGrantRoleRequest request, Reply reply) {
        change(
                request,
                new AuthChange.UserGrantRole(request.getUser(), request.getRole()),
                reply,
                header ->
                        AuthUserGrantRoleResponse.newBuilder().setHeader(header).build());
    }

    private void userRevokeRole(AuthUserRevokeRoleRequest request, Reply reply) {
        change(
                request,
                new AuthChange.UserRevokeRole(request.getName(), request.getRole()),
                reply,
                header -> AuthUserRevokeRoleResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    private void roleAdd(AuthRoleAddRequest request, Reply reply) {
        change(
                request,
                new AuthChange.RoleAdd(request.getName()),
                reply,
                header -> AuthRoleAddResponse.newBuilder().setHeader(header).build());
    }

    private void roleDelete(AuthRoleDeleteRequest request, Reply reply) {
        change(
                request,
                new AuthChange.RoleDelete(request.getRole()),
                reply,
                header -> AuthRoleDeleteResponse.newBuilder().setHeader(header).build());
    }

    private void roleGrantPermission(AuthRoleGrantPermissionRequest request, Reply reply) {
        Permission permission = !request.hasPerm()
                ? null
                : Permission.newBuilder()
                        .setPermTypeValue(request.getPerm().getPermTypeValue())
                        .setKey(request.getPerm().getKey())
                        .setRangeEnd(request.getPerm().getRangeEnd())
                        .build();
        change(
                request,
                new AuthChange.RoleGrantPermission(request.getName(), permission),
                reply,
                header -> AuthRoleGrantPermissionResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    private void roleRevokePermission(AuthRoleRevokePermissionRequest request, Reply reply) {
        change(
                request,
                new AuthChange.RoleRevokePermission(request.getRole(), request.getKey(), request.getRangeEnd()),
                reply,
                header -> AuthRoleRevokePermissionResponse.newBuilder()
                        .setHeader(header)
                        .build());
    }

    // ---- questions: the newest snapshot answers them, which is linearizable

    private void status(AuthStatusRequest request, Reply reply) {
        Snapshot now = store.snapshot();
        AuthState auth = now.auth();
        auth.requireRoot(reply.credentials().resolve(auth));
        reply.send(Encoded.of(AuthStatusResponse.newBuilder()
                .setHeader(headers.at(now.revision()))
                .setEnabled(auth.isEnabled())
                .setAuthRevision(auth.revision())
                .build()));
    }

    private void userGet(AuthUserGetRequest request, Reply reply) {
        Snapshot now = store.snapshot();
        AuthState auth = now.auth();
        Caller caller = reply.credentials().resolve(auth);
        if (!request.getName().equals(caller.user())) {
            auth.requireRoot(caller);
        }
        AuthUser user = auth.user(request.getName());
        if (user == null) {
            throw EtcdError.USER_NOT_FOUND.exception();
        }
        reply.send(Encoded.of(AuthUserGetResponse.newBuilder()
                .setHeader(headers.at(now.revision()))
                .addAllRoles(user.roles())
                .build()));
    }

    private void userList(AuthUserListRequest request, Reply reply) {
        Snapshot now = store.snapshot();
        AuthState auth = now.auth();
        auth.requireRoot(reply.credentials().resolve(auth));
        AuthUserListResponse.Builder response =
                AuthUserListResponse.newBuilder().setHeader(headers.at(now.revision()));
        auth.users().forEach(user -> response.addUsers(user.name()));
        reply.send(Encoded.of(response.build()));
    }

    private void roleGet(AuthRoleGetRequest request, Reply reply) {
        Snapshot now = store.snapshot();
        AuthState auth = now.auth();
        Caller caller = reply.credentials().resolve(auth);
        AuthUser user = auth.user(caller.user());
        if (user == null || !user.roles().contains(request.getRole())) {
            auth.requireRoot(caller);
        }
        AuthRole role = auth.role(request.getRole());
        if (role == null) {
            throw EtcdError.ROLE_NOT_FOUND.exception();
        }
        AuthRoleGetResponse.Builder response = AuthRoleGetResponse.newBuilder().setHeader(headers.at(now.revision()));
        if (role.name().equals(AuthUser.ROOT)) {
            response.addPerm(EVERYTHING);
        } else {
            response.addAllPerm(role.permissions());
        }
        reply.send(Encoded.of(response.build()));
    }

    private void roleList(AuthRoleListRequest request, Reply reply) {
        Snapshot now = store.snapshot();
        AuthState auth = now.auth();
        auth.requireRoot(reply.credentials().resolve(auth));
        AuthRoleListResponse.Builder response =
                AuthRoleListResponse.newBuilder().setHeader(headers.at(now.revision()));
        auth.roles().forEach(role -> response.addRoles(role.name()));
        reply.send(Encoded.of(response.build()));
    }

    // ---- logging in

    private void authenticate(AuthenticateRequest request, Reply reply) {
        AuthState auth = store.snapshot().auth();
        requireEnabled(auth);
        AuthUser user = auth.user(request.getName());
        if (user != null && user.noPassword()) {
            throw EtcdError.PASSWORD_OF_NO_PASSWORD_USER.exception();
        }
        if (!auth.hasPasswords()) {
            // Where all users have certificates there is no name to be found out, and no work to be had done for
            // nothing.
            throw EtcdError.AUTH_FAILED.exception();
        }
        passwords.verify(
                request.getPassword(),
                user == null ? null : user.passwordHash(),
                right -> authenticated(right ? user : null, reply),
                failure -> reply.fail(failure));
    }

    /** @param user null if the password was wrong */
    private void authenticated(AuthUser user, Reply reply) {
        Snapshot now = store.snapshot();
        AuthState auth = now.auth();
        requireEnabled(auth);
        AuthUser current = user == null ? null : auth.user(user.name());
        // Comparing takes long. If the password was changed meanwhile, what was compared with is no longer the
        // password.
        if (current == null
                || current.createdRevision() != user.createdRevision()
                || current.credentialRevision() != user.credentialRevision()) {
            throw EtcdError.AUTH_FAILED.exception();
        }
        reply.send(Encoded.of(AuthenticateResponse.newBuilder()
                .setHeader(headers.at(now.revision()))
                .setToken(tokens.issue(current, auth, now.appliedIndex()))
                .build()));
    }

    private static void requireEnabled(AuthState auth) throws EtcdException {
        if (!auth.isEnabled()) {
            throw EtcdError.AUTH_NOT_ENABLED.exception();
        }
    }
}
