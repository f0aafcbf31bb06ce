package io.meshkeep.loadtest.client;

import io.grpc.MethodDescriptor;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.WatchGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The calls that the loads make, with requests and answers that are not turned into objects. */
public final class Rpcs {
    public static final MethodDescriptor<byte[], byte[]> PUT = raw(KVGrpc.getPutMethod());
    public static final MethodDescriptor<byte[], byte[]> RANGE = raw(KVGrpc.getRangeMethod());
    public static final MethodDescriptor<byte[], byte[]> DELETE_RANGE = raw(KVGrpc.getDeleteRangeMethod());
    public static final MethodDescriptor<byte[], byte[]> TXN = raw(KVGrpc.getTxnMethod());
    public static final MethodDescriptor<byte[], byte[]> WATCH = raw(WatchGrpc.getWatchMethod());
    public static final MethodDescriptor<byte[], byte[]> KEEP_ALIVE = raw(LeaseGrpc.getLeaseKeepAliveMethod());
    public static final MethodDescriptor<byte[], byte[]> LEASE_GRANT = raw(LeaseGrpc.getLeaseGrantMethod());

    /** A range whose answer is only measured, since copying megabytes would tell more of the client than the server. */
    public static final MethodDescriptor<byte[], Integer> RANGE_SIZE = as(KVGrpc.getRangeMethod(), new Size());

    private Rpcs() {}

    private static MethodDescriptor<byte[], byte[]> raw(MethodDescriptor<?, ?> typed) {
        return as(typed, new Raw());
    }

    private static <R> MethodDescriptor<byte[], R> as(
            MethodDescriptor<?, ?> typed, MethodDescriptor.Marshaller<R> answers) {
        return MethodDescriptor.<byte[], R>newBuilder()
                .setFullMethodName(typed.getFullMethodName())
                .setType(typed.getType())
                .setRequestMarshaller(new Raw())
                .setResponseMarshaller(answers)
                .build();
    }

    private static final class Raw implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] message) {
            return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Size implements MethodDescriptor.Marshaller<Integer> {
        @Override
        public InputStream stream(Integer message) {
            throw new UnsupportedOperationException("only answers are measured");
        }

        @Override
        public Integer parse(InputStream stream) {
            try {
                return (int) stream.skip(Integer.MAX_VALUE);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
