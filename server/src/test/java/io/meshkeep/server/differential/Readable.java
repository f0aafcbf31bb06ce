package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Ops and answers as one line of text each, for a failure's report. */
final class Readable {
    private static final int MAX_LENGTH = 1_500;
    private static final int MAX_BYTES = 64;

    private Readable() {}

    static String op(Op op) {
        if (op instanceof Op.Call call) {
            return call.rpc() + " {" + message(call.request()) + "}" + headers(call.headers());
        }
        if (op instanceof Op.RawCall call) {
            return call.method() + " with the body " + TextFormat.escapeBytes(call.body()) + headers(call.headers());
        }
        if (op instanceof Op.WatchOnce watch) {
            return "WATCH once {" + message(watch.request()) + "}" + headers(watch.headers());
        }
        if (op instanceof Op.WatchCreate create) {
            return "WATCH stream " + create.stream() + " "
                    + create.requests().stream()
                            .map(r -> "{" + message(r) + "}")
                            .collect(Collectors.joining(", "));
        }
        return cut(op.toString());
    }

    private static String headers(Headers headers) {
        return headers.headers().stream()
                .map(h -> " with " + h.name() + ": " + TextFormat.escapeBytes(h.value()))
                .collect(Collectors.joining());
    }

    static String answer(Answer answer) {
        if (answer instanceof Answer.Reply reply) {
            return reply.messages().isEmpty()
                    ? "no answer"
                    : reply.messages().stream().map(m -> "{" + message(m) + "}").collect(Collectors.joining(", "));
        }
        if (answer instanceof Answer.Seen seen) {
            return seen.tracks().stream()
                    .map(t -> "stream " + t.stream() + " watch " + t.watchId() + ": "
                            + t.sights().stream().map(Readable::sight).collect(Collectors.joining("; ")))
                    .collect(Collectors.joining(" | "));
        }
        return answer.toString();
    }

    static String sight(Sight sight) {
        if (sight instanceof Sight.Happened happened) {
            return "event {" + message(happened.event()) + "}";
        }
        if (sight instanceof Sight.Told told) {
            return "response {" + message(told.response()) + "}";
        }
        return sight.toString();
    }

    private static String message(Message message) {
        return cut(TextFormat.printer().emittingSingleLine(true).printToString(withoutLongBytes(message)));
    }

    private static Message withoutLongBytes(Message message) {
        Message.Builder builder = message.toBuilder();
        message.getAllFields().forEach((field, value) -> builder.setField(field, withoutLongBytes(field, value)));
        return builder.build();
    }

    private static Object withoutLongBytes(FieldDescriptor field, Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(v -> withoutLongBytes(field, v)).toList();
        }
        if (value instanceof ByteString bytes && bytes.size() > MAX_BYTES) {
            return ByteString.copyFromUtf8("(" + bytes.size() + " bytes)");
        }
        return value instanceof Message message ? withoutLongBytes(message) : value;
    }

    private static String cut(String text) {
        return text.length() <= MAX_LENGTH
                ? text
                : text.substring(0, MAX_LENGTH) + "... (" + text.length() + " characters)";
    }
}
