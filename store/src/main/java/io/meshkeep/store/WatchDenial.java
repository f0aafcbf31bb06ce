package io.meshkeep.store;

/** The reasons for a watch that is not permitted, as etcd gives them: a gRPC status, in the form that Go prints it in. */
final class WatchDenial {
    private WatchDenial() {}

    static String reason(EtcdError error) {
        return switch (error) {
            case INVALID_AUTH_TOKEN -> text("Unauthenticated", error);
            case AUTH_REVISION_OLD, USER_NAME_EMPTY -> text("InvalidArgument", error);
            case TOO_MANY_REQUESTS -> text("ResourceExhausted", error);
            default -> text("PermissionDenied", EtcdError.PERMISSION_DENIED);
        };
    }

    private static String text(String code, EtcdError error) {
        return "rpc error: code = " + code + " desc = " + error.text();
    }
}
