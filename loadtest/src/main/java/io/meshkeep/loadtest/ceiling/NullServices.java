package io.meshkeep.loadtest.ceiling;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.meshkeep.proto.DeleteRangeResponse;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrantResponse;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.PutResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.TxnResponse;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/**
 * Services that keep nothing: each request is parsed, as any server must, and answered with bytes that are there already.
 * Every key is there with a value of 200 bytes, every range has 10,000 keys, every transaction succeeds, every lease
 * lives. What is put goes to all watchers.
 */
final class NullServices implements AutoCloseable {
    private static final int VALUE_BYTES = 200;
    private static final int LISTED = 10_000;

    private static final ResponseHeader HEADER = ResponseHeader.newBuilder()
            .setClusterId(0x123456789abcdefL)
            .setMemberId(0xfedcba987654321L)
            .setRevision(1_000_000)
            .setRaftTerm(2)
            .build();

    private final Broadcast broadcast = new Broadcast(HEADER);
    private final AtomicLong leases = new AtomicLong(0x7000000000000000L);
    private final List<ServerServiceDefinition> definitions;

    NullServices() {
        SharedBytes put =
                SharedBytes.of(PutResponse.newBuilder().setHeader(HEADER).build());
        SharedBytes one = SharedBytes.of(range(1));
        SharedBytes list = SharedBytes.of(range(LISTED));
        SharedBytes deleted = SharedBytes.of(
                DeleteRangeResponse.newBuilder().setHeader(HEADER).build());
        SharedBytes succeeded = SharedBytes.of(
                TxnResponse.newBuilder().setHeader(HEADER).setSucceeded(true).build());
        definitions = List.of(
                ServerServiceDefinition.builder(KVGrpc.SERVICE_NAME)
                        .addMethod(
                                SharedBytes.answering(KVGrpc.getRangeMethod()),
                                unary((RangeRequest request) ->
                                        request.getRangeEnd().isEmpty() ? one : list))
                        .addMethod(SharedBytes.answering(KVGrpc.getPutMethod()), unary((PutRequest request) -> {
                            broadcast.put(request);
                            return put;
                        }))
                        .addMethod(SharedBytes.answering(KVGrpc.getDeleteRangeMethod()), unary(request -> deleted))
                        .addMethod(SharedBytes.answering(KVGrpc.getTxnMethod()), unary(request -> succeeded))
                        .build(),
                ServerServiceDefinition.builder(LeaseGrpc.SERVICE_NAME)
                        .addMethod(SharedBytes.answering(LeaseGrpc.getLeaseGrantMethod()), unary(this::grant))
                        .addMethod(
                                SharedBytes.answering(LeaseGrpc.getLeaseKeepAliveMethod()),
                                stream((LeaseKeepAliveRequest request, ServerCall<?, SharedBytes> call) ->
                                        call.sendMessage(alive(request))))
                        .build(),
                ServerServiceDefinition.builder(WatchGrpc.SERVICE_NAME)
                        .addMethod(
                                SharedBytes.answering(WatchGrpc.getWatchMethod()),
                                stream((WatchRequest request, ServerCall<?, SharedBytes> call) ->
                                        broadcast.create(request.getCreateRequest(), call)))
                        .build());
    }

    private static RangeResponse range(int keys) {
        RangeResponse.Builder range =
                RangeResponse.newBuilder().setHeader(HEADER).setCount(keys);
        SplittableRandom random = new SplittableRandom(1);
        byte[] value = new byte[VALUE_BYTES];
        for (int i = 0; i < keys; i++) {
            random.nextBytes(value);
            range.addKvs(KeyValue.newBuilder()
                    .setKey(ByteString.copyFromUtf8(String.format("bench/default/null/%010d", i)))
                    .setCreateRevision(2 + i)
                    .setModRevision(2 + i)
                    .setVersion(1)
                    .setValue(ByteString.copyFrom(value)));
        }
        return range.build();
    }

    private SharedBytes grant(LeaseGrantRequest request) {
        return SharedBytes.of(LeaseGrantResponse.newBuilder()
                .setHeader(HEADER)
                .setID(leases.incrementAndGet())
                .setTTL(request.getTTL())
                .build());
    }

    private static SharedBytes alive(LeaseKeepAliveRequest request) {
        return SharedBytes.of(LeaseKeepAliveResponse.newBuilder()
                .setHeader(HEADER)
                .setID(request.getID())
                .setTTL(3600)
                .build());
    }

    List<ServerServiceDefinition> definitions() {
        return definitions;
    }

    private static <Q> ServerCallHandler<Q, SharedBytes> unary(Function<Q, SharedBytes> answer) {
        return (call, headers) -> {
            call.request(2);
            return new ServerCall.Listener<>() {
                private Q request;

                @Override
                public void onMessage(Q message) {
                    request = message;
                }

                @Override
                public void onHalfClose() {
                    call.sendHeaders(new Metadata());
                    call.sendMessage(answer.apply(request));
                    call.close(Status.OK, new Metadata());
                }
            };
        };
    }

    private interface Take<Q> {
        void message(Q request, ServerCall<?, SharedBytes> call);
    }

    private <Q> ServerCallHandler<Q, SharedBytes> stream(Take<Q> take) {
        return (call, headers) -> {
            call.request(1);
            call.sendHeaders(new Metadata());
            return new ServerCall.Listener<>() {
                @Override
                public void onMessage(Q message) {
                    take.message(message, call);
                    call.request(1);
                }

                @Override
                public void onHalfClose() {
                    broadcast.remove(call);
                    call.close(Status.OK, new Metadata());
                }

                @Override
                public void onCancel() {
                    broadcast.remove(call);
                }
            };
        };
    }

    @Override
    public void close() {
        broadcast.close();
    }
}
