package io.meshkeep.server.differential;

import com.google.protobuf.Message;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.UnaryOperator;

/**
 * In what a referee differs from the behaviour that we follow, item by item: ops that are not put to it at all, and
 * parts of answers that are not compared.
 */
record Dialect(String name, List<Exclusion> exclusions, List<Blindness> blindnesses) {
    Dialect {
        exclusions = List.copyOf(exclusions);
        blindnesses = List.copyOf(blindnesses);
    }

    /** Ops that are not generated, and why. */
    record Exclusion(String reason, BiPredicate<Op, View> matches) {}

    /** What is removed from both answers before they are compared, and why. */
    record Blindness(String reason, UnaryOperator<Message> remove) {}

    boolean excludes(Op op, View view) {
        return exclusions.stream().anyMatch(e -> e.matches().test(op, view));
    }

    Message blind(Message message) {
        Message seen = message;
        for (Blindness blindness : blindnesses) {
            seen = blindness.remove().apply(seen);
        }
        return seen;
    }
}
