package io.meshkeep.server.rpc;

import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.store.Protobuf;
import io.meshkeep.store.Store;

/** Makes response headers: who answers, and at which revision. */
final class Headers {
    private final long clusterId;
    private final long memberId;
    private final long raftTerm;

    Headers(Store store) {
        this.clusterId = store.clusterId();
        this.memberId = store.memberId();
        this.raftTerm = store.raftTerm();
    }

    /** The header as a message. */
    ResponseHeader at(long revision) {
        return ResponseHeader.newBuilder()
                .setClusterId(clusterId)
                .setMemberId(memberId)
                .setRevision(revision)
                .setRaftTerm(raftTerm)
                .build();
    }

    /** The header as field 1 of a response, encoded. */
    byte[] field(long revision) {
        int content = Protobuf.int64FieldSize(clusterId)
                + Protobuf.int64FieldSize(memberId)
                + Protobuf.int64FieldSize(revision)
                + Protobuf.int64FieldSize(raftTerm);
        byte[] out = new byte[Protobuf.bytesFieldSize(content)];
        int at = Protobuf.putBytesHeader(out, 0, 0x0a, content);
        at = Protobuf.putInt64Field(out, at, 0x08, clusterId);
        at = Protobuf.putInt64Field(out, at, 0x10, memberId);
        at = Protobuf.putInt64Field(out, at, 0x18, revision);
        Protobuf.putInt64Field(out, at, 0x20, raftTerm);
        return out;
    }

    /** The header of an operation inside a transaction: nothing but the revision. */
    static byte[] innerField(long revision) {
        int content = Protobuf.int64FieldSize(revision);
        byte[] out = new byte[2 + content];
        Protobuf.putInt64Field(out, Protobuf.putBytesHeader(out, 0, 0x0a, content), 0x18, revision);
        return out;
    }
}
