package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.meshkeep.proto.WatchCreateRequest;
import java.util.List;

/**
 * One step of a sequence. Ids that a server chooses stand in an op as {@linkplain Identities symbols}, so that the
 * same op can be performed on any server.
 */
sealed interface Op {

    /** A unary call. */
    record Call(Rpc rpc, Message request, Headers headers) implements Op {
        static Call of(Rpc rpc, Message request) {
            return new Call(rpc, request, Headers.NONE);
        }
    }

    /** A unary call by name with a body and headers of any bytes: unknown methods, undecodable requests. */
    record RawCall(String method, ByteString body, Headers headers) implements Op {}

    /** One request on the session's keep-alive stream, and its response. */
    record KeepAlive(long lease) implements Op {}

    /** One request on a keep-alive stream of its own, opened with these headers, and its response. */
    record KeepAliveOnce(long lease, Headers headers) implements Op {}

    /** One watch on a stream of its own, opened with these headers: its "created" response, then the stream is closed. */
    record WatchOnce(WatchCreateRequest request, Headers headers) implements Op {}

    /** Requests sent back to back on one watch stream, which is opened if need be, and their "created" responses. */
    record WatchCreate(int stream, List<WatchCreateRequest> requests) implements Op {
        public WatchCreate {
            requests = List.copyOf(requests);
        }
    }

    /** A cancel request: answered if the stream has such a watch, else not. */
    record WatchCancel(int stream, long watchId) implements Op {}

    /** A progress request: answered if every watch of the stream has caught up, else not. */
    record WatchProgress(int stream) implements Op {}

    /** A watch request with no member of its oneof set. */
    record WatchUnset(int stream) implements Op {}

    /** The client says that it will send nothing more on this stream; events go on. */
    record WatchHalfClose(int stream) implements Op {}

    /** The client cancels the stream. */
    record WatchClose(int stream) implements Op {}

    /** Waits until the lease has run out and what was attached to it is gone. */
    record AwaitExpiry(long lease) implements Op {}

    /** Waits until every watch has caught up and answers what each has seen since the last time. */
    record Settle() implements Op {}

    /** Closes every stream, stops the server and starts it again on the same data. */
    record Restart() implements Op {}
}
