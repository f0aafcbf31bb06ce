package io.meshkeep.store;

import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Applies commands, one after the other, to a working state on top of the last snapshot, and cuts the next snapshot
 * when asked. Used by one thread. Deterministic: it reads no clock and draws no random number, and what it does never
 * depends on where batches are cut.
 */
final class StateMachine {
    /** Events that a range may go through without anybody minding. */
    static final int FEW_EVENTS = 64;

    private final RangeReader.Values values;
    private final LongFunction<KeyView> history;
    private WorkingState working;
    /** On whose behalf the command at hand is. */
    private Caller caller = Caller.SERVER;

    /** @param history the keys at a revision before the working state's base */
    StateMachine(Snapshot start, RangeReader.Values values, LongFunction<KeyView> history) {
        this.values = values;
        this.history = history;
        this.working = new WorkingState(start);
    }

    /** Changes of keys since the last cut. */
    int pendingEvents() {
        return working.events();
    }

    /**
     * Whether the command should find an empty batch. A range at a revision within the batch goes through the batch's
     * events up to there, and many such ranges in a large batch would go through most of them each.
     */
    boolean wantsCutBefore(Command command) {
        return working.events() > FEW_EVENTS && command.bare() instanceof Command.Txn txn && looksBack(txn.request());
    }

    private boolean looksBack(TxnRequest request) {
        return looksBack(request.getSuccessList()) || looksBack(request.getFailureList());
    }

    private boolean looksBack(List<RequestOp> ops) {
        for (RequestOp op : ops) {
            long at = op.hasRequestRange() ? op.getRequestRange().getRevision() : 0;
            if (at > 0 && working.isInBatch(at) || op.hasRequestTxn() && looksBack(op.getRequestTxn())) {
                return true;
            }
        }
        return false;
    }

    /** The full record of a stub that a command since the last cut put, or null. */
    byte[] pendingFull(byte[] stub) {
        return working.pendingFull(stub);
    }

    /** What the commands applied since the last cut come to; the state machine goes on from there. */
    Cut cut() {
        Cut cut = working.cut();
        working = new WorkingState(cut.snapshot());
        return cut;
    }

    /** Applies one command; a refused one changes nothing but the applied index. */
    Result apply(Command command) {
        working.countApplied();
        caller = command instanceof Command.As as ? as.caller() : Caller.SERVER;
        return applyBare(command.bare());
    }

    private Result applyBare(Command command) {
        if (command instanceof Command.Put put) {
            requireWritable();
            requireSpace();
            AccessChecks.put(working.auth(), caller, put.request(), working);
            return put(put.request());
        } else if (command instanceof Command.Txn txn) {
            requireWritable();
            if (RequestChecks.hasPut(txn.request())) {
                requireSpace();
            }
            AccessChecks.txn(working.auth(), caller, txn.request(), working);
            return txn(txn.request());
        } else if (command instanceof Command.DeleteRange delete) {
            requireWritable();
            AccessChecks.delete(working.auth(), caller, delete.request());
            return delete(delete.request());
        } else if (command instanceof Command.Compact compact) {
            // here etcd asks for the permission first
            working.auth().requireRoot(caller);
            requireWritable();
            return compact(compact.request());
        } else if (command instanceof Command.LeaseGrant grant) {
            working.auth().requireCredentials(caller);
            requireWritable();
            requireSpace();
            return grant(grant);
        } else if (command instanceof Command.LeaseRevoke revoke) {
            working.auth().requireCredentials(caller);
            requireWritable();
            AccessChecks.leaseWrite(working.auth(), caller, revoke.id(), working);
            return revoke(revoke.id());
        } else if (command instanceof Command.LeaseExpire expire) {
            requireWritable();
            if (!working.hasLease(expire.id(), expire.granted())) {
                throw EtcdError.LEASE_NOT_FOUND.exception();
            }
            return revoke(expire.id());
        } else if (command instanceof Command.Auth auth) {
            working.auth().requireRoot(caller);
            working.auth(AuthRules.apply(working.auth(), auth.change()));
            return new Result.Auth(working.revision());
        } else if (command instanceof Command.RaiseAlarm raise) {
            working.auth().requireRoot(caller);
            working.raise(raise.alarm());
            return new Result.Alarm(working.revision(), List.of(raise.alarm()));
        } else {
            working.auth().requireRoot(caller);
            Alarm alarm = ((Command.DisarmAlarm) command).alarm();
            return new Result.Alarm(working.revision(), working.disarm(alarm) ? List.of(alarm) : List.of());
        }
    }

    private void requireWritable() {
        if (working.isCorrupt()) {
            throw EtcdError.CORRUPT.exception();
        }
    }

    private void requireSpace() {
        if (working.isOutOfSpace()) {
            throw EtcdError.NO_SPACE.exception();
        }
    }

    private Result put(PutRequest request) {
        checkLease(request);
        byte[] key = request.getKey().toByteArray();
        byte[] previous = working.find(key);
        checkIgnores(request, previous);
        byte[] before = write(request, key, previous, working.revision(), new AnswerBudget(values));
        return new Result.Put(working.revision(), before);
    }

    /** Puts; returns the full pair before if it was asked for. */
    private byte[] write(PutRequest request, byte[] key, byte[] previous, long begin, AnswerBudget budget) {
        byte[] before = null;
        if (request.getPrevKv() && previous != null) {
            budget.take(previous);
            before = values.full(previous);
        }
        byte[] value = request.getIgnoreValue() && previous != null
                ? KeyValueRecord.value(values.full(previous))
                : request.getValue().toByteArray();
        long lease = request.getIgnoreLease() && previous != null ? KeyValueRecord.lease(previous) : request.getLease();
        beginOnce(begin);
        working.put(key, value, lease, previous);
        return before;
    }

    private void checkLease(PutRequest request) {
        if (request.getLease() != 0 && !working.hasLease(request.getLease())) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
    }

    private static void checkIgnores(PutRequest request, byte[] previous) {
        if (previous == null && (request.getIgnoreValue() || request.getIgnoreLease())) {
            throw EtcdError.KEY_NOT_FOUND.exception();
        }
    }

    private Result delete(DeleteRangeRequest request) {
        return delete(request, working.revision(), new AnswerBudget(values));
    }

    private Result.DeleteRange delete(DeleteRangeRequest request, long begin, AnswerBudget budget) {
        List<byte[]> doomed = working.collect(KeyRange.of(request.getKey(), request.getRangeEnd()), 0, false);
        List<byte[]> previous = List.of();
        if (request.getPrevKv()) {
            budget.take(doomed);
            previous = new ArrayList<>(doomed.size());
            for (byte[] record : doomed) {
                previous.add(values.full(record));
            }
        }
        if (!doomed.isEmpty()) {
            beginOnce(begin);
        }
        for (byte[] record : doomed) {
            working.delete(record);
        }
        return new Result.DeleteRange(working.revision(), doomed.size(), previous);
    }

    private Result compact(CompactionRequest request) {
        long revision = request.getRevision();
        if (revision > working.revision()) {
            throw EtcdError.FUTURE_REVISION.exception();
        }
        if (revision <= working.compactedRevision()) {
            throw EtcdError.COMPACTED.exception();
        }
        working.compact(revision);
        return new Result.Compact(working.revision());
    }

    private Result grant(Command.LeaseGrant grant) {
        if (working.hasLease(grant.id())) {
            throw EtcdError.LEASE_EXISTS.exception();
        }
        working.grant(grant.id(), grant.ttl());
        return new Result.LeaseGrant(working.revision(), grant.id(), grant.ttl(), working.appliedIndex());
    }

    private Result revoke(long id) {
        if (!working.hasLease(id)) {
            throw EtcdError.LEASE_NOT_FOUND.exception();
        }
        List<byte[]> keys = working.leaseKeys(id);
        if (!keys.isEmpty()) {
            working.begin();
        }
        for (byte[] key : keys) {
            working.delete(working.find(key));
        }
        working.revoke(id);
        return new Result.LeaseRevoke(working.revision());
    }

    private Result txn(TxnRequest request) {
        TxnPath path = TxnPath.choose(request, working, values);
        checkPath(request, path);
        if (cannotFail(path.ops(request))) {
            return run(request, path, working.revision(), new AnswerBudget(values));
        }
        // What can still go wrong is that the answer becomes too large, which shows only while it is made.
        working.mark();
        try {
            Result.Txn result = run(request, path, working.revision(), new AnswerBudget(values));
            return new Result.Txn(working.revision(), result.succeeded(), result.responses());
        } catch (EtcdException refused) {
            working.takeBack();
            throw refused;
        } finally {
            working.forgetMark();
        }
    }

    /** Whether these operations have nothing to answer with that could become too large: at most a plain put. */
    private static boolean cannotFail(List<RequestOp> ops) {
        return ops.isEmpty()
                || ops.size() == 1
                        && ops.get(0).hasRequestPut()
                        && !ops.get(0).getRequestPut().getPrevKv();
    }

    /** Refuses, before anything is changed, what would fail on the chosen path. */
    private void checkPath(TxnRequest request, TxnPath path) {
        List<RequestOp> ops = path.ops(request);
        int nested = 0;
        for (RequestOp op : ops) {
            switch (op.getRequestCase()) {
                case REQUEST_RANGE ->
                    RangeRevision.check(
                            op.getRequestRange().getRevision(), working.revision(), working.compactedRevision());
                case REQUEST_PUT -> {
                    PutRequest put = op.getRequestPut();
                    if (put.getIgnoreValue() || put.getIgnoreLease()) {
                        checkIgnores(put, working.find(put.getKey().toByteArray()));
                    }
                    checkLease(put);
                }
                case REQUEST_TXN -> checkPath(op.getRequestTxn(), path.nested().get(nested++));
                default -> {
                    // a delete cannot fail
                }
            }
        }
    }

    private Result.Txn run(TxnRequest request, TxnPath path, long begin, AnswerBudget budget) {
        List<RequestOp> ops = path.ops(request);
        List<Result> responses = new ArrayList<>(ops.size());
        int nested = 0;
        for (RequestOp op : ops) {
            switch (op.getRequestCase()) {
                case REQUEST_RANGE -> {
                    Result.Range range = range(op.getRequestRange(), begin);
                    budget.take(range.records());
                    responses.add(range);
                }
                case REQUEST_PUT -> {
                    PutRequest put = op.getRequestPut();
                    byte[] key = put.getKey().toByteArray();
                    byte[] previous = working.find(key);
                    // A delete before it may have taken what the check of the path saw (see RequestChecks.Deletes).
                    checkIgnores(put, previous);
                    byte[] before = write(put, key, previous, begin, budget);
                    responses.add(new Result.Put(working.revision(), before));
                }
                case REQUEST_DELETE_RANGE -> responses.add(delete(op.getRequestDeleteRange(), begin, budget));
                case REQUEST_TXN ->
                    responses.add(run(op.getRequestTxn(), path.nested().get(nested++), begin, budget));
                case REQUEST_NOT_SET -> throw new IllegalStateException("unset operation passed the checks");
            }
        }
        return new Result.Txn(working.revision(), path.succeeded(), responses);
    }

    private void beginOnce(long begin) {
        if (working.revision() == begin) {
            working.begin();
        }
    }

    private Result.Range range(RangeRequest request, long begin) {
        long at = request.getRevision();
        // A negative revision that passed the check is "current"; the revision before the transaction is history once
        // the transaction has changed something.
        if (at <= 0 || at == begin && working.revision() == begin) {
            return RangeReader.read(request, working, working.revision(), values);
        }
        KeyView view = working.asOf(at);
        return RangeReader.read(request, view != null ? view : history.apply(at), working.revision(), values);
    }

    /**
     * The outcome of some commands.
     *
     * @param snapshot the state after them, to be published once {@code writes} is on disk
     * @param writes what to put on disk
     * @param events the changes for watchers, or null if nothing was changed
     */
    record Cut(Snapshot snapshot, List<Write> writes, EventBatch events) {}

    /** One change of the disk: a put, or a delete when the value is null. */
    record Write(Storage.Family family, byte[] key, byte[] value) {}
}
