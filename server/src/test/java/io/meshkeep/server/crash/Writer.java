package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.History.bytes;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.Channel;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.DeleteRangeResponse;
import io.meshkeep.proto.Event.EventType;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Writes under a prefix of its own, one request at a time, until the server is gone: puts, deletes, transactions that
 * write several keys (some of them shared with other writers), leases with keys. What its keys are it therefore always
 * knows, but for the one request without an answer.
 */
final class Writer implements Runnable {
    /** The TTL of leases that must not end by themselves, in seconds. */
    static final long LONG_TTL = 3600;

    /** Keys that all writers write. */
    static final String SHARED = "shared/";

    private static final int KEYS = 24;
    private static final int SHARED_KEYS = 4;
    private static final int MAX_LEASES = 3;

    private final String name;
    private final Random random;
    private final Observations seen;
    private final KVGrpc.KVBlockingStub kv;
    private final LeaseGrpc.LeaseBlockingStub lease;
    private final NavigableMap<String, Long> keys = new TreeMap<>();
    private final NavigableSet<Long> leases;
    private long written;
    private boolean lost;

    /**
     * @param name unlike that of any other writer of any life of the server, its first part the prefix of its keys
     * @param history what the server holds
     * @param leases the leases of this writer that the server holds
     */
    Writer(String name, Random random, Observations seen, Channel channel, History history, Collection<Long> leases) {
        this.name = name;
        this.random = random;
        this.seen = seen;
        this.kv = KVGrpc.newBlockingStub(channel);
        this.lease = LeaseGrpc.newBlockingStub(channel);
        this.leases = new TreeSet<>(leases);
        History.prefixed(history.keys(), prefix())
                .forEach(pair -> keys.put(pair.getKey().toStringUtf8(), pair.getLease()));
    }

    private String prefix() {
        return name.substring(0, name.indexOf('/') + 1);
    }

    @Override
    public void run() {
        try {
            while (!seen.isEnding() && !lost) {
                step();
            }
        } catch (RuntimeException e) {
            seen.violation(name + " failed: " + e);
        }
    }

    private void step() {
        int kind = random.nextInt(100);
        if (kind < 40) {
            put();
        } else if (kind < 65) {
            transaction();
        } else if (kind < 70) {
            failedTransaction();
        } else if (kind < 80) {
            delete();
        } else if (kind < 85) {
            deleteRange();
        } else if (kind < 95 && leases.size() < MAX_LEASES) {
            grant();
        } else if (!leases.isEmpty()) {
            revoke();
        }
    }

    private String key() {
        return key(random.nextInt(KEYS));
    }

    private String key(int i) {
        return String.format("%sk%02d", prefix(), i);
    }

    /** A value that no other write has; now and then one that is too long to be kept in memory. */
    private String value() {
        int padding = random.nextInt(200) == 0 ? 20_000 + random.nextInt(40_000) : random.nextInt(200);
        return name + "." + ++written + ":" + "x".repeat(padding);
    }

    private long anyLease() {
        return leases.isEmpty() || random.nextInt(3) > 0
                ? 0
                : List.copyOf(leases).get(random.nextInt(leases.size()));
    }

    private Operation.Builder operation() {
        return new Operation.Builder(keys);
    }

    /** Takes over what an acknowledged operation did to this writer's own keys. */
    private void apply(Operation operation) {
        for (Operation.Change change : operation.changes()) {
            if (change.type() == EventType.DELETE) {
                keys.remove(change.key());
            } else if (change.key().startsWith(prefix())) {
                keys.put(change.key(), change.lease());
            }
        }
    }

    private void lost(Operation operation) {
        lost = true;
        seen.unanswered(operation);
    }

    private KVGrpc.KVBlockingStub kv() {
        return kv.withDeadlineAfter(60, SECONDS);
    }

    private void put() {
        PutRequest request = putRequest(key());
        Operation operation = operation()
                .put(request.getKey().toStringUtf8(), request.getValue().toStringUtf8(), request.getLease())
                .build(name + " put", seen.newest());
        seen.call(name, () -> kv().put(request))
                .ifPresentOrElse(
                        answer -> {
                            seen.answered(operation, answer.getHeader());
                            apply(operation);
                        },
                        () -> lost(operation));
    }

    private PutRequest putRequest(String key) {
        return PutRequest.newBuilder()
                .setKey(bytes(key))
                .setValue(bytes(value()))
                .setLease(anyLease())
                .build();
    }

    private void transaction() {
        Operation.Builder operation = operation();
        TxnRequest.Builder request = TxnRequest.newBuilder();
        int from = random.nextInt(KEYS);
        int puts = 1 + random.nextInt(4);
        for (int i = 0; i < puts; i++) {
            add(request, operation, putRequest(key((from + i) % KEYS)));
        }
        if (random.nextBoolean()) {
            String doomed = key((from + puts) % KEYS);
            request.addSuccess(RequestOp.newBuilder()
                    .setRequestDeleteRange(DeleteRangeRequest.newBuilder().setKey(bytes(doomed))));
            operation.delete(doomed);
        }
        if (random.nextBoolean()) {
            PutRequest shared = PutRequest.newBuilder()
                    .setKey(bytes(SHARED + random.nextInt(SHARED_KEYS)))
                    .setValue(bytes(value()))
                    .build();
            add(request, operation, shared);
        }
        send(operation.build(name + " txn", seen.newest()), request.build(), true);
    }

    private static void add(TxnRequest.Builder request, Operation.Builder operation, PutRequest put) {
        request.addSuccess(RequestOp.newBuilder().setRequestPut(put));
        operation.put(put.getKey().toStringUtf8(), put.getValue().toStringUtf8(), put.getLease());
    }

    /** A transaction whose compare fails: it writes nothing, but its answer tells a revision. */
    private void failedTransaction() {
        TxnRequest request = TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(bytes(key()))
                        .setTarget(Compare.CompareTarget.MOD)
                        .setResult(Compare.CompareResult.EQUAL)
                        .setModRevision(Long.MAX_VALUE))
                .addSuccess(RequestOp.newBuilder().setRequestPut(putRequest(key())))
                .build();
        send(operation().build(name + " failing txn", seen.newest()), request, false);
    }

    private void send(Operation operation, TxnRequest request, boolean succeeds) {
        seen.call(name, () -> kv().txn(request))
                .ifPresentOrElse(answer -> answered(operation, answer, succeeds), () -> lost(operation));
    }

    private void answered(Operation operation, TxnResponse answer, boolean succeeds) {
        if (answer.getSucceeded() != succeeds) {
            seen.violation(operation + " was answered with succeeded=" + answer.getSucceeded());
        }
        seen.answered(operation, answer.getHeader());
        apply(operation);
    }

    private void delete() {
        String key = key();
        send(
                operation().delete(key).build(name + " delete", seen.newest()),
                DeleteRangeRequest.newBuilder().setKey(bytes(key)).build());
    }

    private void deleteRange() {
        int from = random.nextInt(KEYS);
        int to = from + random.nextInt(8);
        send(
                operation().deleteRange(key(from), key(to)).build(name + " delete of a range", seen.newest()),
                DeleteRangeRequest.newBuilder()
                        .setKey(bytes(key(from)))
                        .setRangeEnd(bytes(key(to)))
                        .build());
    }

    private void send(Operation operation, DeleteRangeRequest request) {
        seen.call(name, () -> kv().deleteRange(request))
                .ifPresentOrElse(answer -> answered(operation, answer), () -> lost(operation));
    }

    private void answered(Operation operation, DeleteRangeResponse answer) {
        if (answer.getDeleted() != operation.changes().size()) {
            seen.violation(operation + " is said to have deleted " + answer.getDeleted() + " keys");
        }
        seen.answered(operation, answer.getHeader());
        apply(operation);
    }

    private void grant() {
        long id = 1 + (random.nextLong() >>> 1);
        LeaseGrantRequest request =
                LeaseGrantRequest.newBuilder().setID(id).setTTL(LONG_TTL).build();
        seen.call(name, () -> lease.withDeadlineAfter(60, SECONDS).leaseGrant(request))
                .ifPresentOrElse(
                        answer -> {
                            seen.saw(answer.getHeader());
                            seen.granted(id, prefix());
                            leases.add(id);
                        },
                        () -> {
                            lost = true;
                            seen.inDoubt(new Observations.LeaseInDoubt(id, prefix(), null));
                        });
    }

    private void revoke() {
        long id = new ArrayList<>(leases).get(random.nextInt(leases.size()));
        Operation operation = operation().deleteOfLease(id).build(name + " revoke", seen.newest());
        LeaseRevokeRequest request = LeaseRevokeRequest.newBuilder().setID(id).build();
        seen.call(name, () -> lease.withDeadlineAfter(60, SECONDS).leaseRevoke(request))
                .ifPresentOrElse(
                        answer -> {
                            seen.answered(operation, answer.getHeader());
                            seen.revoked(id);
                            leases.remove(id);
                            apply(operation);
                        },
                        () -> {
                            lost(operation);
                            seen.inDoubt(new Observations.LeaseInDoubt(id, prefix(), operation));
                        });
    }
}
