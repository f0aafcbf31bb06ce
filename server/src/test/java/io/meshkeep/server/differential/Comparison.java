package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.meshkeep.proto.AlarmMember;
import io.meshkeep.proto.AlarmResponse;
import io.meshkeep.proto.HashKVResponse;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseLeasesResponse;
import io.meshkeep.proto.LeaseStatus;
import io.meshkeep.proto.LeaseTimeToLiveResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.ResponseOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Whether two answers to an op are the same, but for what the API leaves open and what the {@link Dialect} names. */
final class Comparison {
    /** Up to this size Go's sort happens to keep the order of equal elements, and so do we; above, anything goes. */
    private static final int STABLE_SORT_SIZE = 12;

    private final Dialect dialect;

    Comparison(Dialect dialect) {
        this.dialect = dialect;
    }

    /** What is different, in words, or nothing. */
    Optional<String> difference(Op op, boolean restarted, Answer expected, Answer actual) {
        if (expected instanceof Answer.Seen e && actual instanceof Answer.Seen a) {
            return seenDifference(e, a);
        }
        if (expected instanceof Answer.Failure e && actual instanceof Answer.Failure a) {
            boolean textCounts = !(op instanceof Op.RawCall && e.code() == Status.Code.INTERNAL);
            return e.code() == a.code() && (!textCounts || e.text().equals(a.text()))
                    ? Optional.empty()
                    : different(expected, actual);
        }
        if (expected instanceof Answer.Reply e && actual instanceof Answer.Reply a) {
            if (e.messages().size() != a.messages().size()) {
                return different(expected, actual);
            }
            for (int i = 0; i < e.messages().size(); i++) {
                if (!same(op, restarted, e.messages().get(i), a.messages().get(i))) {
                    return different(expected, actual);
                }
            }
            return Optional.empty();
        }
        return different(expected, actual);
    }

    private static Optional<String> different(Answer expected, Answer actual) {
        return Optional.of("expected " + Readable.answer(expected) + "\n but was " + Readable.answer(actual));
    }

    private Optional<String> seenDifference(Answer.Seen expected, Answer.Seen actual) {
        TreeMap<String, List<Sight>> wanted = byWatch(expected);
        TreeMap<String, List<Sight>> found = byWatch(actual);
        for (String watch : wanted.keySet()) {
            found.putIfAbsent(watch, List.of());
        }
        for (String watch : found.keySet()) {
            List<Sight> wantedSights = wanted.getOrDefault(watch, List.of());
            List<Sight> foundSights = found.get(watch);
            int same = 0;
            while (same < wantedSights.size()
                    && same < foundSights.size()
                    && wantedSights.get(same).equals(foundSights.get(same))) {
                same++;
            }
            if (same < wantedSights.size() || same < foundSights.size()) {
                return Optional.of(watch + " after " + same + " equal sights\nexpected "
                        + (same < wantedSights.size() ? Readable.sight(wantedSights.get(same)) : "nothing more")
                        + "\n but was "
                        + (same < foundSights.size() ? Readable.sight(foundSights.get(same)) : "nothing more"));
            }
        }
        return Optional.empty();
    }

    private TreeMap<String, List<Sight>> byWatch(Answer.Seen seen) {
        TreeMap<String, List<Sight>> byWatch = new TreeMap<>();
        for (Answer.Track track : seen.tracks()) {
            byWatch.put(
                    "stream " + track.stream() + " watch " + track.watchId(),
                    track.sights().stream().map(this::blind).toList());
        }
        return byWatch;
    }

    private Sight blind(Sight sight) {
        return sight instanceof Sight.Told told
                ? new Sight.Told((WatchResponse) dialect.blind(told.response()))
                : sight;
    }

    private boolean same(Op op, boolean restarted, Message expected, Message actual) {
        Message e = dialect.blind(expected);
        Message a = dialect.blind(actual);
        return canonical(op, restarted, e).equals(canonical(op, restarted, a));
    }

    private static Message canonical(Op op, boolean restarted, Message response) {
        if (response instanceof LeaseTimeToLiveResponse timeToLive) {
            List<ByteString> keys = new ArrayList<>(timeToLive.getKeysList());
            keys.sort(Keys.ORDER);
            return timeToLive.toBuilder().clearKeys().addAllKeys(keys).build();
        }
        if (response instanceof AlarmResponse alarms) {
            List<AlarmMember> sorted = new ArrayList<>(alarms.getAlarmsList());
            sorted.sort(Comparator.comparing(AlarmMember::getAlarmValue).thenComparing(AlarmMember::getMemberID));
            return alarms.toBuilder().clearAlarms().addAllAlarms(sorted).build();
        }
        if (response instanceof LeaseLeasesResponse leases && restarted) {
            // The order is that of the time left, which a restart sets to the full TTL for all leases at once.
            List<LeaseStatus> sorted = new ArrayList<>(leases.getLeasesList());
            sorted.sort(Comparator.comparing(LeaseStatus::getID));
            return leases.toBuilder().clearLeases().addAllLeases(sorted).build();
        }
        if (response instanceof HashKVResponse hash) {
            // Only members of one cluster need the same hash.
            return hash.toBuilder().clearHash().build();
        }
        if (response instanceof RangeResponse range && op instanceof Op.Call call) {
            return canonicalRange((RangeRequest) call.request(), range);
        }
        if (response instanceof TxnResponse txn && op instanceof Op.Call call) {
            return canonicalTxn((TxnRequest) call.request(), txn);
        }
        return response;
    }

    private static TxnResponse canonicalTxn(TxnRequest request, TxnResponse response) {
        List<RequestOp> ops = response.getSucceeded() ? request.getSuccessList() : request.getFailureList();
        TxnResponse.Builder builder = response.toBuilder();
        for (int i = 0; i < Math.min(ops.size(), response.getResponsesCount()); i++) {
            ResponseOp answer = response.getResponses(i);
            if (answer.hasResponseRange() && ops.get(i).hasRequestRange()) {
                builder.getResponsesBuilder(i)
                        .setResponseRange(canonicalRange(ops.get(i).getRequestRange(), answer.getResponseRange()));
            } else if (answer.hasResponseTxn() && ops.get(i).hasRequestTxn()) {
                builder.getResponsesBuilder(i)
                        .setResponseTxn(canonicalTxn(ops.get(i).getRequestTxn(), answer.getResponseTxn()));
            }
        }
        return builder.build();
    }

    /** Equal sort keys come in no promised order, and a limit may cut between them. */
    private static RangeResponse canonicalRange(RangeRequest request, RangeResponse response) {
        Comparator<KeyValue> order = switch (request.getSortTarget()) {
            case VERSION -> Comparator.comparing(KeyValue::getVersion);
            case CREATE -> Comparator.comparing(KeyValue::getCreateRevision);
            case MOD -> Comparator.comparing(KeyValue::getModRevision);
            case VALUE -> Comparator.comparing(KeyValue::getValue, Keys.ORDER);
            case KEY, UNRECOGNIZED -> null;
        };
        if (order == null || response.getCount() <= STABLE_SORT_SIZE || response.getKvsCount() == 0) {
            return response;
        }
        List<KeyValue> kvs = new ArrayList<>(response.getKvsList());
        if (request.getKeysOnly() && request.getSortTarget() == RangeRequest.SortTarget.VALUE) {
            // Sorted by what is not shown.
            kvs.sort(Comparator.comparing(KeyValue::getKey, Keys.ORDER));
            return response.toBuilder()
                    .clearKvs()
                    .addAllKvs(response.getMore() ? List.of() : kvs)
                    .build();
        }
        if (response.getMore()) {
            KeyValue last = kvs.get(kvs.size() - 1);
            kvs.replaceAll(kv -> order.compare(kv, last) == 0 ? KeyValue.getDefaultInstance() : kv);
        }
        for (int from = 0; from < kvs.size(); ) {
            int to = from + 1;
            while (to < kvs.size() && order.compare(kvs.get(from), kvs.get(to)) == 0) {
                to++;
            }
            kvs.subList(from, to).sort(Comparator.comparing(KeyValue::getKey, Keys.ORDER));
            from = to;
        }
        return response.toBuilder().clearKvs().addAllKvs(kvs).build();
    }
}
