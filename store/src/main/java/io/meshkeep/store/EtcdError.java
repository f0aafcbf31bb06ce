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
        DATA_LOSS
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
