package io.meshkeep.store;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;

/** Short names for requests. */
final class Requests {
    private Requests() {}

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    static ByteString longValue(int length, int seed) {
        byte[] value = new byte[length];
        new java.util.SplittableRandom(seed).nextBytes(value);
        return ByteString.copyFrom(value);
    }

    static PutRequest put(String key, String value) {
        return put(key, value, 0);
    }

    static PutRequest put(String key, String value, long lease) {
        return PutRequest.newBuilder()
                .setKey(bytes(key))
                .setValue(bytes(value))
                .setLease(lease)
                .build();
    }

    static PutRequest put(String key, ByteString value) {
        return PutRequest.newBuilder().setKey(bytes(key)).setValue(value).build();
    }

    static DeleteRangeRequest delete(String key, String end, boolean previous) {
        return DeleteRangeRequest.newBuilder()
                .setKey(bytes(key))
                .setRangeEnd(bytes(end))
                .setPrevKv(previous)
                .build();
    }

    static RangeRequest.Builder range(String key, String end) {
        return RangeRequest.newBuilder().setKey(bytes(key)).setRangeEnd(bytes(end));
    }

    /** Every key there is. */
    static RangeRequest.Builder all() {
        return range("\0", "\0");
    }

    static CompactionRequest compaction(long revision) {
        return CompactionRequest.newBuilder().setRevision(revision).build();
    }

    static TxnRequest.Builder txn() {
        return TxnRequest.newBuilder();
    }

    static Compare version(String key, long version) {
        return Compare.newBuilder()
                .setTarget(Compare.CompareTarget.VERSION)
                .setKey(bytes(key))
                .setVersion(version)
                .build();
    }

    static RequestOp op(PutRequest put) {
        return RequestOp.newBuilder().setRequestPut(put).build();
    }

    static RequestOp op(DeleteRangeRequest delete) {
        return RequestOp.newBuilder().setRequestDeleteRange(delete).build();
    }

    static RequestOp op(RangeRequest.Builder range) {
        return RequestOp.newBuilder().setRequestRange(range).build();
    }

    static RequestOp op(TxnRequest.Builder txn) {
        return RequestOp.newBuilder().setRequestTxn(txn).build();
    }

    static WatchCreateRequest.Builder watch(String key, String end) {
        return WatchCreateRequest.newBuilder().setKey(bytes(key)).setRangeEnd(bytes(end));
    }

    static WatchCreateRequest.Builder watchAll() {
        return watch("\0", "\0");
    }
}
