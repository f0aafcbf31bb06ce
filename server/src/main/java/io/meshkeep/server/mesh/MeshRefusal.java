package io.meshkeep.server.mesh;

/** A request that cannot be answered. */
public final class MeshRefusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What kind of refusal it is; the names are gRPC's. */
    public enum Code {
        INVALID_ARGUMENT,
        FAILED_PRECONDITION,
        /** A watch whose caller's permissions have changed. */
        ABORTED
    }

    private final Code code;

    public MeshRefusal(Code code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    static MeshRefusal invalid(String message) {
        return new MeshRefusal(Code.INVALID_ARGUMENT, message);
    }

    static MeshRefusal noIndex() {
        return new MeshRefusal(
                Code.FAILED_PRECONDITION, "the server keeps no index of the mesh (--mesh-index=false, or see its log)");
    }

    public Code code() {
        return code;
    }
}
