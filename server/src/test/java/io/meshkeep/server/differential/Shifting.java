package io.meshkeep.server.differential;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.meshkeep.proto.WatchCreateRequest;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Moves the revisions that an op names, when the ops before it that made revisions have been taken away. */
final class Shifting {
    private static final Set<String> REVISIONS = Set.of(
            "etcdserverpb.RangeRequest.revision",
            "etcdserverpb.RangeRequest.min_mod_revision",
            "etcdserverpb.RangeRequest.max_mod_revision",
            "etcdserverpb.RangeRequest.min_create_revision",
            "etcdserverpb.RangeRequest.max_create_revision",
            "etcdserverpb.Compare.create_revision",
            "etcdserverpb.Compare.mod_revision",
            "etcdserverpb.CompactionRequest.revision",
            "etcdserverpb.HashKVRequest.revision",
            "etcdserverpb.WatchCreateRequest.start_revision");

    private Shifting() {}

    /** The op with every revision above 1 that it names moved by so much, but not below 1. */
    static Op shift(Op op, long by) {
        if (by == 0) {
            return op;
        }
        if (op instanceof Op.Call call) {
            return new Op.Call(call.rpc(), shift(call.request(), by), call.headers());
        }
        if (op instanceof Op.WatchOnce watch) {
            return new Op.WatchOnce((WatchCreateRequest) shift(watch.request(), by), watch.headers());
        }
        if (op instanceof Op.WatchCreate create) {
            return new Op.WatchCreate(
                    create.stream(),
                    create.requests().stream()
                            .map(r -> (WatchCreateRequest) shift(r, by))
                            .toList());
        }
        return op;
    }

    private static Message shift(Message message, long by) {
        Message.Builder builder = message.toBuilder();
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                builder.setField(
                        field,
                        field.isRepeated()
                                ? ((List<?>) entry.getValue())
                                        .stream()
                                                .map(m -> shift((Message) m, by))
                                                .toList()
                                : shift((Message) entry.getValue(), by));
            } else if (REVISIONS.contains(field.getFullName())) {
                long revision = (Long) entry.getValue();
                if (revision > 1 && revision < Long.MAX_VALUE) {
                    builder.setField(field, Math.max(1, revision + by));
                }
            }
        }
        return builder.build();
    }
}
