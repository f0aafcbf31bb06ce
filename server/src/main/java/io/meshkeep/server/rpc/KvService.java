package io.meshkeep.server.rpc;

import io.grpc.ServerServiceDefinition;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.CompactionResponse;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.server.metrics.MvccMetrics;
import io.meshkeep.store.Command;
import io.meshkeep.store.EtcdError;
import io.meshkeep.store.RequestChecks;
import io.meshkeep.store.Result;
import io.meshkeep.store.Store;

/** {@code etcdserverpb.KV}. */
final class KvService {
    private final Store store;
    private final Headers headers;
    private final SlowCalls slowCalls;
    private final MvccMetrics metrics;
    private final Limits limits;

    /**
     * @param maxTxnOps most operations of a branch
     * @param maxRequestBytes most bytes of a request that changes something
     */
    record Limits(int maxTxnOps, int maxRequestBytes) {}

    KvService(Store store, Headers headers, SlowCalls slowCalls, MvccMetrics metrics, Limits limits) {
        this.store = store;
        this.headers = headers;
        this.slowCalls = slowCalls;
        this.metrics = metrics;
        this.limits = limits;
    }

    ServerServiceDefinition bind(ServiceBinder binder) {
        return binder.service(KVGrpc.getServiceDescriptor())
                .unary(KVGrpc.getRangeMethod(), this::range)
                .unary(KVGrpc.getPutMethod(), this::put)
                .unary(KVGrpc.getDeleteRangeMethod(), this::deleteRange)
                .unary(KVGrpc.getTxnMethod(), this::txn)
                .unary(KVGrpc.getCompactMethod(), this::compact)
                .unbuilt("it comes with etcd 3.7; use Range, in pages if the list is long")
                .build();
    }

    private void range(RangeRequest request, Reply reply) {
        RequestChecks.check(request);
        SlowCalls.Read read = first -> {
            Result.Range result = store.range(request, reply.credentials());
            if (first) {
                metrics.ranges().increment();
            }
            return KvResponses.range(headers.field(result.revision()), result);
        };
        if (store.isCheap(request)) {
            slowCalls.readHere(reply, read);
        } else {
            slowCalls.read(reply, read);
        }
    }

    private void put(PutRequest request, Reply reply) {
        RequestChecks.check(request);
        int size = checkSize(request.getSerializedSize());
        store.write(new Command.Put(request), reply.credentials(), size, (result, error) -> {
            if (error != null) {
                reply.fail(error);
            } else {
                metrics.puts().increment();
                metrics.putBytes()
                        .add(request.getKey().size() + request.getValue().size());
                slowCalls.send(reply, KvResponses.put(headers.field(result.revision()), (Result.Put) result));
            }
        });
    }

    private void deleteRange(DeleteRangeRequest request, Reply reply) {
        RequestChecks.check(request);
        int size = checkSize(request.getSerializedSize());
        store.write(new Command.DeleteRange(request), reply.credentials(), size, (result, error) -> {
            if (error != null) {
                reply.fail(error);
            } else {
                metrics.deletes().increment();
                slowCalls.send(
                        reply, KvResponses.deleteRange(headers.field(result.revision()), (Result.DeleteRange) result));
            }
        });
    }

    private void txn(TxnRequest request, Reply reply) {
        RequestChecks.check(request, limits.maxTxnOps());
        if (RequestChecks.isReadOnly(request)) {
            SlowCalls.Read read = first -> encode(store.read(request, reply.credentials()), first);
            if (store.isCheap(request)) {
                slowCalls.readHere(reply, read);
            } else {
                slowCalls.read(reply, read);
            }
            return;
        }
        int size = checkSize(request.getSerializedSize());
        store.write(new Command.Txn(request), reply.credentials(), size, (result, error) -> {
            if (error != null) {
                reply.fail(error);
            } else {
                slowCalls.send(reply, encode((Result.Txn) result, true));
            }
        });
    }

    private Encoded encode(Result.Txn result, boolean first) {
        if (first && count(result) > 1) {
            metrics.txns().increment();
        }
        return KvResponses.txn(headers.field(result.revision()), result);
    }

    /** Counts the operations that a transaction carried out, each under its kind, and returns how many there were. */
    private int count(Result.Txn result) {
        int operations = 0;
        for (Result response : result.responses()) {
            if (response instanceof Result.Txn nested) {
                operations += count(nested);
                continue;
            }
            operations++;
            if (response instanceof Result.Put) {
                metrics.puts().increment();
            } else if (response instanceof Result.Range) {
                metrics.ranges().increment();
            } else {
                metrics.deletes().increment();
            }
        }
        return operations;
    }

    private void compact(CompactionRequest request, Reply reply) {
        store.write(new Command.Compact(request), reply.credentials(), request.getSerializedSize(), (result, error) -> {
            if (error != null) {
                reply.fail(error);
                return;
            }
            Encoded answer = Encoded.of(CompactionResponse.newBuilder()
                    .setHeader(headers.at(result.revision()))
                    .build());
            if (request.getPhysical()) {
                store.compactionDone().whenComplete((done, failure) -> {
                    if (failure == null) {
                        reply.send(answer);
                    } else {
                        reply.fail(failure);
                    }
                });
            } else {
                reply.send(answer);
            }
        });
    }

    private int checkSize(int bytes) {
        if (bytes > limits.maxRequestBytes()) {
            throw EtcdError.REQUEST_TOO_LARGE.exception();
        }
        return bytes;
    }
}
