package io.meshkeep.server.compat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.Compare.CompareResult;
import io.meshkeep.proto.Compare.CompareTarget;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.WatchCreateRequest;
import java.util.List;

/** Short ways to write requests, and to name what comes back. */
final class Shapes {
    private Shapes() {}

    static ByteString bytes(String text) {
        return ByteString.copyFromUtf8(text);
    }

    /** The end of the range of all keys that begin with the prefix, as clients work it out. */
    static ByteString end(ByteString prefix) {
        for (int i = prefix.size() - 1; i >= 0; i--) {
            if (prefix.byteAt(i) != (byte) 0xff) {
                byte[] end = prefix.substring(0, i + 1).toByteArray();
                end[i]++;
                return ByteString.copyFrom(end);
            }
        }
        return bytes("\0");
    }

    static ByteString end(String prefix) {
        return end(bytes(prefix));
    }

    static RangeRequest.Builder get(String key) {
        return RangeRequest.newBuilder().setKey(bytes(key));
    }

    static RangeRequest.Builder list(String prefix) {
        return get(prefix).setRangeEnd(end(prefix));
    }

    static PutRequest.Builder put(String key, String value) {
        return PutRequest.newBuilder().setKey(bytes(key)).setValue(bytes(value));
    }

    static DeleteRangeRequest.Builder delete(String key) {
        return DeleteRangeRequest.newBuilder().setKey(bytes(key));
    }

    static DeleteRangeRequest.Builder deleteAll(String prefix) {
        return delete(prefix).setRangeEnd(end(prefix));
    }

    static WatchCreateRequest.Builder watch(String key) {
        return WatchCreateRequest.newBuilder().setKey(bytes(key));
    }

    static WatchCreateRequest.Builder watchAll(String prefix) {
        return watch(prefix).setRangeEnd(end(prefix));
    }

    static RequestOp op(RangeRequest.Builder range) {
        return RequestOp.newBuilder().setRequestRange(range).build();
    }

    static RequestOp op(PutRequest.Builder put) {
        return RequestOp.newBuilder().setRequestPut(put).build();
    }

    static RequestOp op(DeleteRangeRequest.Builder delete) {
        return RequestOp.newBuilder().setRequestDeleteRange(delete).build();
    }

    static Compare version(String key, long version) {
        return compare(key, CompareTarget.VERSION).setVersion(version).build();
    }

    static Compare created(String key, long revision) {
        return compare(key, CompareTarget.CREATE).setCreateRevision(revision).build();
    }

    static Compare modified(String key, long revision) {
        return compare(key, CompareTarget.MOD).setModRevision(revision).build();
    }

    private static Compare.Builder compare(String key, CompareTarget target) {
        return Compare.newBuilder().setKey(bytes(key)).setTarget(target).setResult(CompareResult.EQUAL);
    }

    static List<String> keys(List<KeyValue> pairs) {
        return pairs.stream().map(pair -> pair.getKey().toStringUtf8()).toList();
    }

    /** An event as "type key=value". */
    static String text(Event event) {
        return event.getType() + " " + event.getKv().getKey().toStringUtf8() + "="
                + event.getKv().getValue().toStringUtf8();
    }

    static List<String> texts(List<Event> events) {
        return events.stream().map(Shapes::text).toList();
    }
}
