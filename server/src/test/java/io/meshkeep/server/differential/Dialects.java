package io.meshkeep.server.differential;

import com.google.protobuf.Message;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.AlarmResponse;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.AuthRoleGetRequest;
import io.meshkeep.proto.HashKVResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** In what the referees that we have differ from etcd 3.6, whose behaviour is the norm. */
final class Dialects {
    /** Everything is put to it and compared. */
    static final Dialect ETCD_3_6 = new Dialect("3.6", List.of(), List.of());

    private static final List<Dialect.Exclusion> NOT_IN_3_5 = List.of(
            new Dialect.Exclusion(
                    "an unknown sort order is ignored, an unknown sort target ends the server's process",
                    (op, view) -> Requests.anyRange(op, Requests::hasUnknownSort)),
            new Dialect.Exclusion(
                    "a client-api-version that is not UTF-8 ends the server's process",
                    (op, view) -> op instanceof Op.RawCall call
                            && call.headers().headers().stream()
                                    .anyMatch(h -> !h.value().isValidUtf8())),
            new Dialect.Exclusion(
                    "who may not defragment is told so as UNKNOWN",
                    (op, view) -> op instanceof Op.Call call && call.rpc() == Rpc.DEFRAGMENT && !view.tokens.isEmpty()),
            new Dialect.Exclusion(
                    "the role root is shown with permissions of its own, which mean nothing",
                    (op, view) -> op instanceof Op.Call call
                            && call.request() instanceof AuthRoleGetRequest get
                            && get.getRole().equals("root")),
            new Dialect.Exclusion(
                    "of several bad operations in a transaction the first bad put is told, then the first bad range; "
                            + "in 3.6 the first bad operation",
                    (op, view) -> op instanceof Op.Call call
                            && call.request() instanceof TxnRequest txn
                            && Requests.anyOp(txn, Dialects::isCheckedPut)
                            && Requests.anyOp(txn, o -> o.getRequestRange().getRevision() != 0)));

    private static final List<Dialect.Blindness> NOT_TOLD_BY_3_5 = List.of(blindness(
            "HashKVResponse.hash_revision is new in 3.6",
            HashKVResponse.class,
            hash -> hash.toBuilder().clearHashRevision().build()));

    static final Dialect ETCD_3_5 = new Dialect("3.5", NOT_IN_3_5, NOT_TOLD_BY_3_5);

    private static final List<Dialect.Exclusion> NOT_IN_3_4 = List.of(
            new Dialect.Exclusion(
                    "activating the alarm NONE ends the server's process",
                    (op, view) -> op instanceof Op.Call call
                            && call.request() instanceof AlarmRequest alarm
                            && alarm.getAction() == AlarmRequest.AlarmAction.ACTIVATE
                            && alarm.getAlarm() == AlarmType.NONE),
            new Dialect.Exclusion(
                    "while the alarm NOSPACE is raised, puts of nested transactions go through",
                    (op, view) -> view.noSpace
                            && op instanceof Op.Call call
                            && call.request() instanceof TxnRequest txn
                            && Requests.anyOp(
                                    txn,
                                    o -> o.hasRequestTxn()
                                            && Requests.anyOp(o.getRequestTxn(), RequestOp::hasRequestPut))),
            new Dialect.Exclusion(
                    "a negative start revision is not refused",
                    (op, view) -> op instanceof Op.WatchCreate create
                            && create.requests().stream().anyMatch(r -> r.getStartRevision() < 0)),
            new Dialect.Exclusion(
                    "a progress request is answered although not every watch has caught up",
                    (op, view) -> op instanceof Op.WatchProgress progress
                            && view.watches.isMute(progress.stream(), view.revision)),
            new Dialect.Exclusion(
                    "a delete at the very compacted revision is lost for watches that start there",
                    (op, view) -> op instanceof Op.WatchCreate create
                            && create.requests().stream()
                                    .anyMatch(r -> r.getStartRevision() == view.compactedRevision
                                            && view.deletedIn(view.compactedRevision))),
            new Dialect.Exclusion(
                    "unlike in later versions a token is looked at while authentication is off",
                    (op, view) -> op instanceof Op.Call call
                            && call.headers().headers().stream()
                                    .anyMatch(h -> h.name().equals("token"))),
            new Dialect.Exclusion(
                    "there is no Downgrade", (op, view) -> op instanceof Op.Call call && call.rpc() == Rpc.DOWNGRADE));

    private static final List<Dialect.Blindness> NOT_TOLD_BY_3_4 = List.of(blindness(
            "Alarm responses have no header",
            AlarmResponse.class,
            alarm -> alarm.toBuilder().clearHeader().build()));

    static final Dialect ETCD_3_4 =
            new Dialect("3.4", join(NOT_IN_3_5, NOT_IN_3_4), join(NOT_TOLD_BY_3_5, NOT_TOLD_BY_3_4));

    private Dialects() {}

    /** The dialect of this binary, by the version that it prints. */
    static Dialect of(Path binary) {
        String version = Referee.version(binary);
        if (version.contains(" 3.6.")) {
            return ETCD_3_6;
        }
        if (version.contains(" 3.5.")) {
            return ETCD_3_5;
        }
        if (version.contains(" 3.4.")) {
            return ETCD_3_4;
        }
        throw new IllegalArgumentException("no dialect is known for " + binary + ", which says: " + version);
    }

    /** What two binaries have in common. */
    static Dialect of(Path one, Path other) {
        // Each older version's exclusions hold those of the newer ones.
        return Stream.of(of(one), of(other))
                .max(Comparator.comparingInt(d -> d.exclusions().size()))
                .orElseThrow();
    }

    private static <M extends Message> Dialect.Blindness blindness(
            String reason, Class<M> type, UnaryOperator<M> remove) {
        return new Dialect.Blindness(reason, m -> type.isInstance(m) ? remove.apply(type.cast(m)) : m);
    }

    private static boolean isCheckedPut(RequestOp op) {
        PutRequest put = op.getRequestPut();
        return put.getLease() != 0 || put.getIgnoreLease() || put.getIgnoreValue();
    }

    private static <T> List<T> join(List<T> some, List<T> more) {
        List<T> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }
}
