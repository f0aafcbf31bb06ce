package io.meshkeep.server.differential;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.meshkeep.proto.WatchResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The errors that one etcd node without authentication can be made to give, each of which a full differential run must
 * have seen. Counted are answers that both sides gave.
 */
final class ExpectedErrors {
    /**
     * @param notFrom the referees that do not give it, or end instead
     */
    private record Expected(Status.Code code, String text, Set<Dialect> notFrom) {}

    private static final String PREFIX = "etcdserver: ";

    private static final List<Expected> EXPECTED = List.of(
            expected(Status.Code.INVALID_ARGUMENT, PREFIX + "key is not provided"),
            expected(Status.Code.INVALID_ARGUMENT, PREFIX + "key not found"),
            expected(Status.Code.INVALID_ARGUMENT, PREFIX + "value is provided"),
            expected(Status.Code.INVALID_ARGUMENT, PREFIX + "lease is provided"),
            expected(Status.Code.INVALID_ARGUMENT, PREFIX + "too many operations in txn request"),
            expected(Status.Code.INVALID_ARGUMENT, PREFIX + "duplicate key given in txn request"),
            expected(Status.Code.INVALID_ARGUMENT, PREFIX + "request is too large"),
            expected(
                    Status.Code.INVALID_ARGUMENT, PREFIX + "invalid sort option", Dialects.ETCD_3_4, Dialects.ETCD_3_5),
            expected(
                    Status.Code.INVALID_ARGUMENT,
                    PREFIX + "invalid client api version",
                    Dialects.ETCD_3_4,
                    Dialects.ETCD_3_5),
            expected(Status.Code.OUT_OF_RANGE, PREFIX + "mvcc: required revision has been compacted"),
            expected(Status.Code.OUT_OF_RANGE, PREFIX + "mvcc: required revision is a future revision"),
            expected(Status.Code.OUT_OF_RANGE, PREFIX + "too large lease TTL"),
            expected(Status.Code.RESOURCE_EXHAUSTED, PREFIX + "mvcc: database space exceeded"),
            expected(Status.Code.RESOURCE_EXHAUSTED, "grpc: received message larger than max (N vs. 2097152)"),
            expected(Status.Code.NOT_FOUND, PREFIX + "requested lease not found"),
            expected(Status.Code.FAILED_PRECONDITION, PREFIX + "lease already exists"),
            expected(Status.Code.DATA_LOSS, PREFIX + "corrupt cluster"),
            expected(Status.Code.INTERNAL, ""),
            expected(Status.Code.UNIMPLEMENTED, "unknown method Nope for service etcdserverpb.KV"),
            expected(Status.Code.UNIMPLEMENTED, "unknown service nope.Nope"),
            watch("mvcc: watcher range is empty"),
            watch("mvcc: duplicate watch ID provided on the WatchStream"),
            watch(PREFIX + "mvcc: required revision has been compacted", Dialects.ETCD_3_4),
            watch("cancelled at a compacted revision"));

    /**
     * What a client of one node can see too, but not here; the rest of etcd's errors needs a second member, a lost
     * quorum, an overload or a server on its way down.
     */
    enum Excluded {
        /** Given by RPCs of clusters that a single node does not have yet: see {@link Deviation}. */
        CLUSTER(
                "given member URLs are invalid",
                "member not found",
                "can only promote a learner member",
                "re-configuration failed due to not enough started members",
                "bad leader transferee",
                "wrong downgrade target version format",
                "invalid downgrade target version"),
        /** Need a change of the cluster's members or version, which the sequence could not take back. */
        MEMBERSHIP(
                "member ID already exist",
                "Peer URLs already exists",
                "too many learner members in cluster",
                "can only promote a learner member which is in sync with leader",
                "cluster has a downgrade job in progress",
                "no inflight downgrade job",
                "cluster version not found during downgrade"),
        /** Authentication has tests of its own. */
        AUTHENTICATION(
                "user name is empty",
                "role name is empty",
                "authentication failed, invalid user ID or password",
                "permission not given",
                "invalid auth management",
                "revision of auth store is old",
                "root user does not exist",
                "root user does not have root role",
                "user name already exists",
                "user name not found",
                "role name already exists",
                "role name not found",
                "role is not granted to the user",
                "permission is not granted to the role",
                "authentication is not enabled",
                "permission denied",
                "invalid auth token"),
        /** Answers to a client that has gone. */
        CLIENT("request canceled", "watch canceled", "context deadline exceeded");

        private final List<String> texts;

        Excluded(String... texts) {
            this.texts = List.of(texts);
        }

        List<String> texts() {
            return texts;
        }
    }

    private final Set<Expected> seen = new HashSet<>();

    /** An answer that both sides gave. */
    void saw(Answer answer) {
        if (answer instanceof Answer.Failure failure) {
            String text = failure.text().replaceAll("max \\(\\d+ vs", "max (N vs");
            see(failure.code(), failure.code() == Status.Code.INTERNAL ? "" : text);
        } else if (answer instanceof Answer.Reply reply) {
            for (Message message : reply.messages()) {
                if (message instanceof WatchResponse response && response.getCanceled()) {
                    see(Status.Code.OK, response.getCancelReason());
                }
            }
        } else if (answer instanceof Answer.Seen tracks) {
            tracks.tracks().stream()
                    .flatMap(t -> t.sights().stream())
                    .filter(s -> s instanceof Sight.Told told
                            && told.response().getCanceled()
                            && told.response().getCompactRevision() > 0)
                    .forEach(s -> see(Status.Code.OK, "cancelled at a compacted revision"));
        }
    }

    /** What this referee should have given and has not, in words. */
    Set<String> missing(Dialect dialect) {
        Set<String> missing = new TreeSet<>();
        for (Expected expected : EXPECTED) {
            if (!expected.notFrom().contains(dialect) && !seen.contains(expected)) {
                missing.add((expected.code() == Status.Code.OK
                                ? "watch cancelled"
                                : expected.code().toString()) + ": " + expected.text());
            }
        }
        return missing;
    }

    private void see(Status.Code code, String text) {
        EXPECTED.stream()
                .filter(e -> e.code() == code && e.text().equals(text))
                .findFirst()
                .ifPresent(seen::add);
    }

    private static Expected expected(Status.Code code, String text, Dialect... notFrom) {
        return new Expected(code, text, Set.of(notFrom));
    }

    private static Expected watch(String reason, Dialect... notFrom) {
        return new Expected(Status.Code.OK, reason, Set.of(notFrom));
    }
}
