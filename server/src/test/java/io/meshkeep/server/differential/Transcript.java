package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.grpc.Status;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.LeaseTimeToLiveResponse;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A sequence with the answers of a referee, on disk: gzip over tag-less protobuf scalars and length-delimited
 * messages, in the order in which {@link #write} writes them.
 *
 * @param referee the version of the etcd that answered
 */
record Transcript(String referee, long seed, List<Step> steps) {
    private static final String FORMAT = "meshkeep-transcript-1";

    Transcript {
        steps = List.copyOf(steps);
    }

    private enum OpKind {
        CALL,
        RAW_CALL,
        KEEP_ALIVE,
        WATCH_CREATE,
        WATCH_CANCEL,
        WATCH_PROGRESS,
        WATCH_UNSET,
        WATCH_HALF_CLOSE,
        WATCH_CLOSE,
        AWAIT_EXPIRY,
        SETTLE,
        RESTART,
        KEEP_ALIVE_ONCE,
        WATCH_ONCE
    }

    private enum AnswerKind {
        REPLY,
        FAILURE,
        SEEN
    }

    private enum SightKind {
        HAPPENED,
        TOLD,
        BROKEN
    }

    void write(OutputStream target) throws IOException {
        try (GZIPOutputStream zip = new GZIPOutputStream(target)) {
            CodedOutputStream out = CodedOutputStream.newInstance(zip);
            out.writeStringNoTag(FORMAT);
            out.writeStringNoTag(referee);
            out.writeSInt64NoTag(seed);
            out.writeUInt32NoTag(steps.size());
            for (Step step : steps) {
                out.writeBoolNoTag(step.drawn());
                out.writeSInt64NoTag(step.revision());
                write(step.op(), out);
                write(step.answer(), out);
            }
            out.flush();
        }
    }

    static Transcript read(InputStream source) throws IOException {
        try (GZIPInputStream zip = new GZIPInputStream(source)) {
            CodedInputStream in = CodedInputStream.newInstance(zip);
            in.setSizeLimit(Integer.MAX_VALUE);
            String format = in.readString();
            if (!format.equals(FORMAT)) {
                throw new IOException("not a transcript of this format: " + format);
            }
            String referee = in.readString();
            long seed = in.readSInt64();
            int size = in.readUInt32();
            List<Step> steps = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                boolean drawn = in.readBool();
                long revision = in.readSInt64();
                Op op = readOp(in);
                steps.add(new Step(op, revision, readAnswer(op, in), drawn));
            }
            return new Transcript(referee, seed, steps);
        }
    }

    private static void write(Op op, CodedOutputStream out) throws IOException {
        if (op instanceof Op.Call call) {
            write(OpKind.CALL, out);
            write(call.rpc(), out);
            out.writeMessageNoTag(call.request());
            write(call.headers(), out);
        } else if (op instanceof Op.RawCall call) {
            write(OpKind.RAW_CALL, out);
            out.writeStringNoTag(call.method());
            out.writeBytesNoTag(call.body());
            write(call.headers(), out);
        } else if (op instanceof Op.KeepAlive keepAlive) {
            write(OpKind.KEEP_ALIVE, out);
            out.writeSInt64NoTag(keepAlive.lease());
        } else if (op instanceof Op.WatchCreate create) {
            write(OpKind.WATCH_CREATE, out);
            out.writeUInt32NoTag(create.stream());
            writeAll(create.requests(), out);
        } else if (op instanceof Op.WatchCancel cancel) {
            write(OpKind.WATCH_CANCEL, out);
            out.writeUInt32NoTag(cancel.stream());
            out.writeSInt64NoTag(cancel.watchId());
        } else if (op instanceof Op.WatchProgress progress) {
            write(OpKind.WATCH_PROGRESS, out);
            out.writeUInt32NoTag(progress.stream());
        } else if (op instanceof Op.WatchUnset unset) {
            write(OpKind.WATCH_UNSET, out);
            out.writeUInt32NoTag(unset.stream());
        } else if (op instanceof Op.WatchHalfClose close) {
            write(OpKind.WATCH_HALF_CLOSE, out);
            out.writeUInt32NoTag(close.stream());
        } else if (op instanceof Op.WatchClose close) {
            write(OpKind.WATCH_CLOSE, out);
            out.writeUInt32NoTag(close.stream());
        } else if (op instanceof Op.AwaitExpiry expiry) {
            write(OpKind.AWAIT_EXPIRY, out);
            out.writeSInt64NoTag(expiry.lease());
        } else if (op instanceof Op.KeepAliveOnce keepAlive) {
            write(OpKind.KEEP_ALIVE_ONCE, out);
            out.writeSInt64NoTag(keepAlive.lease());
            write(keepAlive.headers(), out);
        } else if (op instanceof Op.WatchOnce watch) {
            write(OpKind.WATCH_ONCE, out);
            out.writeMessageNoTag(watch.request());
            write(watch.headers(), out);
        } else if (op instanceof Op.Settle) {
            write(OpKind.SETTLE, out);
        } else if (op instanceof Op.Restart) {
            write(OpKind.RESTART, out);
        } else {
            throw new AssertionError(op);
        }
    }

    private static Op readOp(CodedInputStream in) throws IOException {
        OpKind kind = read(OpKind.values(), in);
        switch (kind) {
            case CALL -> {
                Rpc rpc = read(Rpc.values(), in);
                return new Op.Call(rpc, rpc.parseRequest(in.readBytes()), readHeaders(in));
            }
            case RAW_CALL -> {
                return new Op.RawCall(in.readString(), in.readBytes(), readHeaders(in));
            }
            case KEEP_ALIVE -> {
                return new Op.KeepAlive(in.readSInt64());
            }
            case WATCH_CREATE -> {
                return new Op.WatchCreate(in.readUInt32(), readAll(WatchCreateRequest.parser(), in));
            }
            case WATCH_CANCEL -> {
                return new Op.WatchCancel(in.readUInt32(), in.readSInt64());
            }
            case WATCH_PROGRESS -> {
                return new Op.WatchProgress(in.readUInt32());
            }
            case WATCH_UNSET -> {
                return new Op.WatchUnset(in.readUInt32());
            }
            case WATCH_HALF_CLOSE -> {
                return new Op.WatchHalfClose(in.readUInt32());
            }
            case WATCH_CLOSE -> {
                return new Op.WatchClose(in.readUInt32());
            }
            case AWAIT_EXPIRY -> {
                return new Op.AwaitExpiry(in.readSInt64());
            }
            case SETTLE -> {
                return new Op.Settle();
            }
            case RESTART -> {
                return new Op.Restart();
            }
            case KEEP_ALIVE_ONCE -> {
                return new Op.KeepAliveOnce(in.readSInt64(), readHeaders(in));
            }
            case WATCH_ONCE -> {
                return new Op.WatchOnce(WatchCreateRequest.parseFrom(in.readByteArray()), readHeaders(in));
            }
        }
        throw new AssertionError(kind);
    }

    private static void write(Answer answer, CodedOutputStream out) throws IOException {
        if (answer instanceof Answer.Reply reply) {
            write(AnswerKind.REPLY, out);
            writeAll(reply.messages(), out);
        } else if (answer instanceof Answer.Failure failure) {
            write(AnswerKind.FAILURE, out);
            out.writeUInt32NoTag(failure.code().value());
            out.writeStringNoTag(failure.text());
        } else if (answer instanceof Answer.Seen seen) {
            write(AnswerKind.SEEN, out);
            out.writeUInt32NoTag(seen.tracks().size());
            for (Answer.Track track : seen.tracks()) {
                out.writeUInt32NoTag(track.stream());
                out.writeSInt64NoTag(track.watchId());
                out.writeUInt32NoTag(track.sights().size());
                for (Sight sight : track.sights()) {
                    write(sight, out);
                }
            }
        } else {
            throw new AssertionError(answer);
        }
    }

    private static Answer readAnswer(Op op, CodedInputStream in) throws IOException {
        AnswerKind kind = read(AnswerKind.values(), in);
        switch (kind) {
            case REPLY -> {
                List<Message> messages = new ArrayList<>();
                int size = in.readUInt32();
                for (int i = 0; i < size; i++) {
                    messages.add(parseReply(op, in.readBytes()));
                }
                return new Answer.Reply(messages);
            }
            case FAILURE -> {
                return new Answer.Failure(Status.fromCodeValue(in.readUInt32()).getCode(), in.readString());
            }
            case SEEN -> {
                List<Answer.Track> tracks = new ArrayList<>();
                int size = in.readUInt32();
                for (int i = 0; i < size; i++) {
                    int stream = in.readUInt32();
                    long watchId = in.readSInt64();
                    List<Sight> sights = new ArrayList<>();
                    int seen = in.readUInt32();
                    for (int j = 0; j < seen; j++) {
                        sights.add(readSight(in));
                    }
                    tracks.add(new Answer.Track(stream, watchId, sights));
                }
                return new Answer.Seen(tracks);
            }
        }
        throw new AssertionError(kind);
    }

    private static Message parseReply(Op op, ByteString bytes) throws IOException {
        if (op instanceof Op.Call call) {
            return call.rpc().parseReply(bytes);
        }
        if (op instanceof Op.RawCall) {
            return BytesValue.parseFrom(bytes);
        }
        if (op instanceof Op.KeepAlive || op instanceof Op.KeepAliveOnce) {
            return LeaseKeepAliveResponse.parseFrom(bytes);
        }
        if (op instanceof Op.AwaitExpiry) {
            return LeaseTimeToLiveResponse.parseFrom(bytes);
        }
        return WatchResponse.parseFrom(bytes);
    }

    private static void write(Sight sight, CodedOutputStream out) throws IOException {
        if (sight instanceof Sight.Happened happened) {
            write(SightKind.HAPPENED, out);
            out.writeMessageNoTag(happened.event());
        } else if (sight instanceof Sight.Told told) {
            write(SightKind.TOLD, out);
            out.writeMessageNoTag(told.response());
        } else if (sight instanceof Sight.Broken broken) {
            write(SightKind.BROKEN, out);
            out.writeStringNoTag(broken.how());
        } else {
            throw new AssertionError(sight);
        }
    }

    private static Sight readSight(CodedInputStream in) throws IOException {
        SightKind kind = read(SightKind.values(), in);
        return switch (kind) {
            case HAPPENED -> new Sight.Happened(Event.parseFrom(in.readBytes()));
            case TOLD -> new Sight.Told(WatchResponse.parseFrom(in.readBytes()));
            case BROKEN -> new Sight.Broken(in.readString());
        };
    }

    private static void write(Headers headers, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(headers.headers().size());
        for (Headers.Header header : headers.headers()) {
            out.writeStringNoTag(header.name());
            out.writeBytesNoTag(header.value());
        }
    }

    private static Headers readHeaders(CodedInputStream in) throws IOException {
        List<Headers.Header> headers = new ArrayList<>();
        int size = in.readUInt32();
        for (int i = 0; i < size; i++) {
            headers.add(new Headers.Header(in.readString(), in.readBytes()));
        }
        return new Headers(headers);
    }

    private static void writeAll(List<? extends Message> messages, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(messages.size());
        for (Message message : messages) {
            out.writeMessageNoTag(message);
        }
    }

    private static <M extends Message> List<M> readAll(Parser<M> parser, CodedInputStream in) throws IOException {
        List<M> messages = new ArrayList<>();
        int size = in.readUInt32();
        for (int i = 0; i < size; i++) {
            messages.add(parser.parseFrom(in.readBytes()));
        }
        return messages;
    }

    private static void write(Enum<?> value, CodedOutputStream out) throws IOException {
        out.writeUInt32NoTag(value.ordinal());
    }

    private static <E> E read(E[] values, CodedInputStream in) throws IOException {
        int ordinal = in.readUInt32();
        if (ordinal >= values.length) {
            throw new IOException("unknown ordinal " + ordinal + " in a transcript");
        }
        return values[ordinal];
    }
}
