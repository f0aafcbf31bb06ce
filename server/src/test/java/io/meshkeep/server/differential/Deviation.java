package io.meshkeep.server.differential;

import io.grpc.Status;
import java.util.List;

/**
 * A difference from etcd 3.6 that we mean, with its reason; each is also in docs/compatibility.md. It must show when
 * the transcripts are replayed, else it is out of date and that test fails.
 */
record Deviation(String reason, Difference accepts) {
    /** Whether these answers, which are not the same, differ in the way that is meant. */
    @FunctionalInterface
    interface Difference {
        boolean test(Op op, Answer expected, Answer actual);
    }

    static final List<Deviation> OURS = List.of(new Deviation(
            "an RPC that is not built yet says so",
            (op, expected, actual) -> op instanceof Op.Call
                    && actual instanceof Answer.Failure failure
                    && failure.code() == Status.Code.UNIMPLEMENTED
                    && failure.text().startsWith("meshkeep does not have")));
}
