package io.meshkeep.store;

/**
 * The errors of etcd's v3 API that the store can give: gRPC code and text exactly as etcd sends them, since clients
 * match on both.
 */
public enum EtcdError {
    EMPTY_KEY(Code.INVALID_ARGUMENT, "etcdserver: key is not provided"),
    KEY_NOT_FOUND(Code.INVALID_ARGUMENT, "etcdserver: key not found"),
    VALUE_PROVIDED(Code.INVALID_ARGUMENT, "etcdserver: value is provided"),
    LEASE_PROVIDED(Code.INVALID_ARGUMENT, "etcdserver: lease is provided"),
    TOO_MANY_OPS(Code.INVALID_ARGUMENT, "etcdserver: too many operations in txn request"),
    DUPLICATE_KEY(Code.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"),
    INVALID_SORT_OPTION(Code.INVALID_ARGUMENT, "etcdserver: invalid sort option"),
    INVALID_CLIENT_API_VERSION(Code.INVALID_ARGUMENT, "etcdserver: invalid client api version"),
    REQUEST_TOO_LARGE(Code.INVALID_ARGUMENT, "etcdserver: request is too large"),
    COMPACTED(Code.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"),
    FUTURE_REVISION(Code.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"),
    LEASE_TTL_TOO_LARGE(Code.OUT_OF_RANGE, "etcdserver: too large lease TTL"),
    NO_SPACE(Code.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"),
    /** Declared by etcd as RESOURCE_EXHAUSTED, but it reaches clients as UNKNOWN. */
    TOO_MANY_REQUESTS(Code.UNKNOWN, "etcdserver: too many requests"),
    LEASE_NOT_FOUND(Code.NOT_FOUND, "etcdserver: requested lease not found"),
    LEASE_EXISTS(Code.FAILED_PRECONDITION, "etcdserver: lease already exists"),
    CORRUPT(Code.DATA_LOSS, "etcdserver: corrupt cluster"),
    /** Not etcd's: it would build any answer, whatever the memory; see docs/compatibility.md. */
    ANSWER_TOO_LARGE(
            Code.RESOURCE_EXHAUSTED,
            "etcdserver: the answer is larger than this server may build; ask for it in pages (limit)"),
    USER_NAME_EMPTY(Code.INVALID_ARGUMENT, "etcdserver: user name is empty"),
    ROLE_NAME_EMPTY(Code.INVALID_ARGUMENT, "etcdserver: role name is empty"),
    AUTH_FAILED(Code.INVALID_ARGUMENT, "etcdserver: authentication failed, invalid user ID or password"),
    PERMISSION_NOT_GIVEN(Code.INVALID_ARGUMENT, "etcdserver: permission not given"),
    INVALID_AUTH_MANAGEMENT(Code.INVALID_ARGUMENT, "etcdserver: invalid auth management"),
    AUTH_REVISION_OLD(Code.INVALID_ARGUMENT, "etcdserver: revision of auth store is old"),
    ROOT_USER_NOT_FOUND(Code.FAILED_PRECONDITION, "etcdserver: root user does not exist"),
    ROOT_ROLE_NOT_GRANTED(Code.FAILED_PRECONDITION, "etcdserver: root user does not have root role"),
    USER_EXISTS(Code.FAILED_PRECONDITION, "etcdserver: user name already exists"),
    USER_NOT_FOUND(Code.FAILED_PRECONDITION, "etcdserver: user name not found"),
    ROLE_EXISTS(Code.FAILED_PRECONDITION, "etcdserver: role name already exists"),
    ROLE_NOT_FOUND(Code.FAILED_PRECONDITION, "etcdserver: role name not found"),
    ROLE_NOT_GRANTED(Code.FAILED_PRECONDITION, "etcdserver: role is not granted to the user"),
    PERMISSION_NOT_GRANTED(Code.FAILED_PRECONDITION, "etcdserver: permission is not granted to the role"),
    AUTH_NOT_ENABLED(Code.FAILED_PRECONDITION, "etcdserver: authentication is not enabled"),
    PERMISSION_DENIED(Code.PERMISSION_DENIED, "etcdserver: permission denied"),
    INVALID_AUTH_TOKEN(Code.UNAUTHENTICATED, "etcdserver: invalid auth token"),
    /** etcd has no code for these three: they reach clients as UNKNOWN, without the usual prefix. */
    PASSWORD_OF_NO_PASSWORD_USER(Code.UNKNOWN, "auth: authentication failed, password was given for no password user"),
    PASSWORD_TOO_LONG(Code.UNKNOWN, "bcrypt: password length exceeds 72 bytes"),
    TOKENS_NOT_SIGNED(Code.UNKNOWN, "auth: token signing attempted with verify-only key"),
    STOPPED(Code.UNAVAILABLE, "etcdserver: server stopped");

    /** gRPC status codes, under gRPC's own names. */
    public enum Code {
        UNKNOWN,
        INVALID_ARGUMENT,
        NOT_FOUND,
        RESOURCE_EXHAUSTED,
        FAILED_PRECONDITION,
        OUT_OF_RANGE,
        UNAVAILABLE,
        DATA_LOSS,
        PERMISSION_DENIED,
        UNAUTHENTICATED
    }

    private final Code code;
    private final String text;
    private final EtcdException exception;

    EtcdError(Code code, String text) {
        this.code = code;
        this.text = text;
        this.exception = new EtcdException(this);
    }

    /** The gRPC status code that goes with the text. */
    public Code code() {
        return code;
    }

    /** The status description, prefix included. */
    public String text() {
        return text;
    }

    /** The one exception of this error; it has no stack trace, since it is an answer and not a fault. */
    public EtcdException exception() {
        return exception;
    }
}
