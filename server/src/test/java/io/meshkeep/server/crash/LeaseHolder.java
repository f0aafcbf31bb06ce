package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.History.bytes;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.TxnResponse;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** Grants leases of the shortest time, gives each a few keys and lets it end by itself. */
final class LeaseHolder implements Runnable {
    /** Where the keys are; each lease has a directory below. */
    static final String PREFIX = "expiring/";

    private final Random random;
    private final Observations seen;
    private final KVGrpc.KVBlockingStub kv;
    private final LeaseGrpc.LeaseBlockingStub lease;

    LeaseHolder(Random random, Observations seen, Channel channel) {
        this.random = random;
        this.seen = seen;
        this.kv = KVGrpc.newBlockingStub(channel);
        this.lease = LeaseGrpc.newBlockingStub(channel);
    }

    @Override
    public void run() {
        try {
            while (!seen.isEnding() && leaseWithKeys()) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            seen.violation("the lease holder failed: " + e);
        }
    }

    /** Returns false if the server is gone. */
    private boolean leaseWithKeys() {
        long id = 1 + (random.nextLong() >>> 1);
        LeaseGrantRequest grant =
                LeaseGrantRequest.newBuilder().setID(id).setTTL(1).build();
        if (seen.call("lease holder", () -> lease.withDeadlineAfter(60, SECONDS).leaseGrant(grant))
                .isEmpty()) {
            return false;
        }
        Operation.Builder operation = new Operation.Builder(new TreeMap<>());
        TxnRequest.Builder request = TxnRequest.newBuilder();
        for (int i = 0; i < 3; i++) {
            String key = PREFIX + id + "/" + i;
            request.addSuccess(RequestOp.newBuilder()
                    .setRequestPut(PutRequest.newBuilder()
                            .setKey(bytes(key))
                            .setValue(bytes(key))
                            .setLease(id)));
            operation.put(key, key, id);
        }
        return put(operation.build("keys of lease " + id, seen.newest()), request.build());
    }

    private boolean put(Operation operation, TxnRequest request) {
        try {
            Optional<TxnResponse> answer = seen.call(
                    "lease holder", () -> kv.withDeadlineAfter(60, SECONDS).txn(request));
            answer.ifPresentOrElse(
                    response -> seen.answered(operation, response.getHeader()), () -> seen.unanswered(operation));
            return answer.isPresent();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.NOT_FOUND) {
                throw e;
            }
            // the machine is so slow that the lease has ended before its keys came
            return true;
        }
    }
}
