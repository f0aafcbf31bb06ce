package io.meshkeep.store;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.DeleteRangeResponse;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.PutResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeRequest.SortOrder;
import io.meshkeep.proto.RangeRequest.SortTarget;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.ResponseOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * etcd's multi-version key space in the plainest form there is: the whole state at every revision, in maps. It knows no
 * disk, batch, stub or index; what it answers is what the store has to answer.
 */
final class MvccModel {
    private static final long FIRST_REVISION = 1;
    private static final Comparator<ByteString> ORDER = ByteString.unsignedLexicographicalComparator();

    /** A change as a watcher is to see it. */
    record Change(long revision, boolean delete, KeyValue kv, KeyValue previous) {}

    /** The answer to a command: a response or an error. */
    sealed interface Answer {
        record Ok(MessageLite response) implements Answer {}

        record Refused(EtcdError error) implements Answer {}
    }

    private final List<NavigableMap<ByteString, KeyValue>> states = new ArrayList<>();
    private final List<Change> changes = new ArrayList<>();
    private final TreeMap<Long, Long> leases = new TreeMap<>();
    private final Set<Alarm> alarms = new HashSet<>();
    private NavigableMap<ByteString, KeyValue> current = new TreeMap<>(ORDER);
    private long revision = FIRST_REVISION;
    private long compacted = -1;

    MvccModel() {
        states.add(current);
    }

    long revision() {
        return revision;
    }

    /** The oldest revision that can be read. */
    long oldestReadable() {
        return Math.max(FIRST_REVISION, compacted);
    }

    long compacted() {
        return compacted;
    }

    List<Change> changes() {
        return changes;
    }

    Set<Long> leases() {
        return leases.keySet();
    }

    Set<Alarm> alarms() {
        return alarms;
    }

    List<ByteString> leaseKeys(long id) {
        return current.values().stream()
                .filter(kv -> kv.getLease() == id)
                .map(KeyValue::getKey)
                .toList();
    }

    NavigableMap<ByteString, KeyValue> at(long at) {
        return states.get((int) (at - FIRST_REVISION));
    }

    // ---- commands

    Answer apply(Command command) {
        try {
            return new Answer.Ok(answer(command));
        } catch (EtcdException refused) {
            return new Answer.Refused(refused.error());
        }
    }

    private MessageLite answer(Command command) {
        if (command instanceof Command.Put put) {
            requireSpace();
            return put(put.request());
        } else if (command instanceof Command.DeleteRange delete) {
            return change(() -> delete(delete.request()));
        } else if (command instanceof Command.Txn txn) {
            if (RequestChecks.hasPut(txn.request())) {
                requireSpace();
            }
            return txn(txn.request());
        } else if (command instanceof Command.Compact compact) {
            compact(compact.request().getRevision());
        } else if (command instanceof Command.LeaseGrant grant) {
            requireSpace();
            if (leases.putIfAbsent(grant.id(), grant.ttl()) != null) {
                throw EtcdError.LEASE_EXISTS.exception();
            }
        } else if (command instanceof Command.LeaseRevoke revoke) {
            if (leases.remove(revoke.id()) == null) {
                throw EtcdError.LEASE_NOT_FOUND.exception();
            }
            change(() -> {
                leaseKeys(revoke.id()).forEach(this::remove);
                return null;
            });
        } else if (command instanceof Command.RaiseAlarm raise) {
            alarms.add(raise.alarm());
        } else if (command instanceof Command.DisarmAlarm disarm) {
            alarms.remove(disarm.alarm());
        }
        return header(revision);
    }

    private void requireSpace() {
        if (alarms.stream().anyMatch(alarm -> alarm.type() == AlarmType.NOSPACE)) {
            throw EtcdError.NO_SPACE.exception();
        }
    }

    private static ResponseHeader header(long revision) {
        return ResponseHeader.newBuilder().setRevision(revision).build();
    }

    private void compact(long at) {
        if (at > revision) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        if (at <= compacted) {
            throw EtcdError.COMPACTED.exception();
        }
        compacted = at;
    }

    private PutResponse put(PutRequest request) {
        if (request.getLease() != 0 && !leases.containsKey(request.getLease())) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
        requirePresent(request);
        return change(() -> set(request));
    }

    private void requirePresent(PutRequest request) {
        if ((request.getIgnoreValue() || request.getIgnoreLease()) && !current.containsKey(request.getKey())) {
            throw EtcdError.KEY_NOT_FOUND.exception();
        }
    }

    // ---- one revision

    private interface Work<T> {
        T run();
    }

    private long begin;
    private boolean dirty;

    /** Runs something that may change keys: all its changes are one revision, and without any there is none. */
    private <T> T change(Work<T> work) {
        begin = revision;
        dirty = false;
        T result = work.run();
        if (dirty) {
            states.add(current);
            revision = begin + 1;
        }
        return result;
    }

    /** What a header says at this point of the work. */
    private long seen() {
        return dirty ? begin + 1 : begin;
    }

    private void touch() {
        if (!dirty) {
            dirty = true;
            current = new TreeMap<>(current);
        }
    }

    private KeyValue before(ByteString key) {
        return at(begin).get(key);
    }

    private PutResponse set(PutRequest request) {
        touch();
        KeyValue old = current.get(request.getKey());
        KeyValue kv = KeyValue.newBuilder()
                .setKey(request.getKey())
                .setCreateRevision(old == null ? begin + 1 : old.getCreateRevision())
                .setModRevision(begin + 1)
                .setVersion(old == null ? 1 : old.getVersion() + 1)
                .setValue(request.getIgnoreValue() && old != null ? old.getValue() : request.getValue())
                .setLease(request.getIgnoreLease() && old != null ? old.getLease() : request.getLease())
                .build();
        current.put(kv.getKey(), kv);
        // a put after a delete of the same transaction creates the key, so there is no pair before it
        changes.add(new Change(begin + 1, false, kv, old == null ? null : before(kv.getKey())));
        PutResponse.Builder response = PutResponse.newBuilder().setHeader(header(seen()));
        if (request.getPrevKv() && old != null) {
            response.setPrevKv(old);
        }
        return response.build();
    }

    private void remove(ByteString key) {
        touch();
        current.remove(key);
        KeyValue kv =
                KeyValue.newBuilder().setKey(key).setModRevision(begin + 1).build();
        changes.add(new Change(begin + 1, true, kv, before(key)));
    }

    private DeleteRangeResponse delete(DeleteRangeRequest request) {
        List<KeyValue> doomed = select(current, request.getKey(), request.getRangeEnd());
        doomed.forEach(kv -> remove(kv.getKey()));
        return DeleteRangeResponse.newBuilder()
                .setHeader(header(seen()))
                .setDeleted(doomed.size())
                .addAllPrevKvs(request.getPrevKv() ? doomed : List.of())
                .build();
    }

    // ---- transactions

    private record Path(boolean succeeded, List<RequestOp> ops, List<Path> nested) {}

    private TxnResponse txn(TxnRequest request) {
        Path path = choose(request);
        check(path);
        NavigableMap<ByteString, KeyValue> before = current;
        int changesBefore = changes.size();
        TxnResponse response;
        try {
            response = change(() -> run(path));
        } catch (EtcdException refused) {
            current = before;
            changes.subList(changesBefore, changes.size()).clear();
            throw refused;
        }
        return response.toBuilder().setHeader(header(revision)).build();
    }

    private Path choose(TxnRequest request) {
        boolean succeeded = request.getCompareList().stream().allMatch(this::holds);
        List<RequestOp> ops = succeeded ? request.getSuccessList() : request.getFailureList();
        List<Path> nested = new ArrayList<>();
        for (RequestOp op : ops) {
            nested.add(op.hasRequestTxn() ? choose(op.getRequestTxn()) : null);
        }
        return new Path(succeeded, ops, nested);
    }

    private void check(Path path) {
        for (int i = 0; i < path.ops.size(); i++) {
            RequestOp op = path.ops.get(i);
            if (op.hasRequestRange()) {
                long at = op.getRequestRange().getRevision();
                if (at > revision) {
                    throw EtcdError.FUTURE_REVISION.exception();
                }
                if (at != 0 && at < compacted) {
                    throw EtcdError.COMPACTED.exception();
                }
            } else if (op.hasRequestPut()) {
                requirePresent(op.getRequestPut());
                long lease = op.getRequestPut().getLease();
                if (lease != 0 && !leases.containsKey(lease)) {
                    throw EtcdError.LEASE_NOT_FOUND.exception();
                }
            } else if (op.hasRequestTxn()) {
                check(path.nested.get(i));
            }
        }
    }

    private TxnResponse run(Path path) {
        TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(path.succeeded);
        for (int i = 0; i < path.ops.size(); i++) {
            RequestOp op = path.ops.get(i);
            ResponseOp.Builder answer = ResponseOp.newBuilder();
            switch (op.getRequestCase()) {
                case REQUEST_RANGE -> answer.setResponseRange(rangeInTxn(op.getRequestRange()));
                case REQUEST_PUT -> {
                    requirePresent(op.getRequestPut());
                    answer.setResponsePut(set(op.getRequestPut()));
                }
                case REQUEST_DELETE_RANGE -> answer.setResponseDeleteRange(delete(op.getRequestDeleteRange()));
                case REQUEST_TXN -> answer.setResponseTxn(run(path.nested.get(i)));
                case REQUEST_NOT_SET -> throw new IllegalArgumentException("an operation is not set");
            }
            response.addResponses(answer);
        }
        return response.build();
    }

    private RangeResponse rangeInTxn(RangeRequest request) {
        long at = request.getRevision();
        return range(request, at <= 0 ? current : at(at), seen());
    }

    private boolean holds(Compare compare) {
        List<KeyValue> found = select(current, compare.getKey(), compare.getRangeEnd());
        if (found.isEmpty()) {
            return compare.getTarget() != Compare.CompareTarget.VALUE && holds(compare, KeyValue.getDefaultInstance());
        }
        return found.stream().allMatch(kv -> holds(compare, kv));
    }

    private static boolean holds(Compare compare, KeyValue kv) {
        int order = switch (compare.getTarget()) {
            case VERSION -> Long.compare(kv.getVersion(), compare.getVersion());
            case CREATE -> Long.compare(kv.getCreateRevision(), compare.getCreateRevision());
            case MOD -> Long.compare(kv.getModRevision(), compare.getModRevision());
            case LEASE -> Long.compare(kv.getLease(), compare.getLease());
            case VALUE -> ORDER.compare(kv.getValue(), compare.getValue());
            case UNRECOGNIZED -> 0;
        };
        return switch (compare.getResult()) {
            case EQUAL -> order == 0;
            case GREATER -> order > 0;
            case LESS -> order < 0;
            case NOT_EQUAL -> order != 0;
            case UNRECOGNIZED -> true;
        };
    }

    // ---- reads

    static boolean contains(ByteString key, ByteString end, ByteString candidate) {
        if (end.isEmpty()) {
            return key.equals(candidate);
        }
        boolean open = end.size() == 1 && end.byteAt(0) == 0;
        return ORDER.compare(candidate, key) >= 0 && (open || ORDER.compare(candidate, end) < 0);
    }

    private static List<KeyValue> select(NavigableMap<ByteString, KeyValue> state, ByteString key, ByteString end) {
        return state.values().stream()
                .filter(kv -> contains(key, end, kv.getKey()))
                .toList();
    }

    /** A range outside a transaction. */
    Answer range(RangeRequest request) {
        long at = request.getRevision();
        if (at > revision) {
            return new Answer.Refused(EtcdError.FUTURE_REVISION);
        }
        if (at > 0 && at < compacted) {
            return new Answer.Refused(EtcdError.COMPACTED);
        }
        return new Answer.Ok(range(request, at <= 0 ? current : at(at), revision));
    }

    private static RangeResponse range(RangeRequest request, NavigableMap<ByteString, KeyValue> state, long revision) {
        List<KeyValue> found = select(state, request.getKey(), request.getRangeEnd());
        RangeResponse.Builder response =
                RangeResponse.newBuilder().setHeader(header(revision)).setCount(found.size());
        if (request.getCountOnly()) {
            return response.build();
        }
        long limit = Math.max(0, request.getLimit());
        boolean ascending = request.getSortOrder() == SortOrder.NONE
                || request.getSortTarget() == SortTarget.KEY && request.getSortOrder() == SortOrder.ASCEND;
        boolean filtered = request.getMinModRevision() != 0
                || request.getMaxModRevision() != 0
                || request.getMinCreateRevision() != 0
                || request.getMaxCreateRevision() != 0;
        List<KeyValue> kvs = new ArrayList<>(found);
        if (ascending && !filtered && limit > 0 && kvs.size() > limit + 1) {
            kvs = kvs.subList(0, (int) limit + 1);
        }
        kvs.removeIf(kv -> request.getMaxModRevision() != 0 && kv.getModRevision() > request.getMaxModRevision()
                || request.getMinModRevision() != 0 && kv.getModRevision() < request.getMinModRevision()
                || request.getMaxCreateRevision() != 0 && kv.getCreateRevision() > request.getMaxCreateRevision()
                || request.getMinCreateRevision() != 0 && kv.getCreateRevision() < request.getMinCreateRevision());
        if (request.getSortOrder() != SortOrder.NONE || request.getSortTarget() != SortTarget.KEY) {
            Comparator<KeyValue> order = switch (request.getSortTarget()) {
                case KEY -> Comparator.comparing(KeyValue::getKey, ORDER);
                case VERSION -> Comparator.comparingLong(KeyValue::getVersion);
                case CREATE -> Comparator.comparingLong(KeyValue::getCreateRevision);
                case MOD -> Comparator.comparingLong(KeyValue::getModRevision);
                case VALUE -> Comparator.comparing(KeyValue::getValue, ORDER);
                case UNRECOGNIZED -> throw new IllegalArgumentException("refused before");
            };
            // etcd promises no order among equals; ours stay in key order
            kvs.sort(request.getSortOrder() == SortOrder.DESCEND ? order.reversed() : order);
        }
        if (limit > 0 && kvs.size() > limit) {
            kvs = kvs.subList(0, (int) limit);
            response.setMore(true);
        }
        for (KeyValue kv : kvs) {
            response.addKvs(request.getKeysOnly() ? kv.toBuilder().clearValue().build() : kv);
        }
        return response.build();
    }
}
