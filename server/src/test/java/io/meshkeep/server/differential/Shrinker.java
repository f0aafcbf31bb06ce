package io.meshkeep.server.differential;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes the sequence that led to a mismatch as short as it can within a budget of time: first by leaving out ops,
 * larger stretches before smaller ones, then by leaving out parts of the ops that remain.
 */
final class Shrinker {
    private final Function<List<Step>, Optional<Mismatch>> rerun;
    private final long deadline;

    /**
     * @param rerun performs these steps' ops on fresh servers; what the first mismatch is then, if any
     * @param budget after which no further attempt is started
     */
    Shrinker(Function<List<Step>, Optional<Mismatch>> rerun, Duration budget) {
        this.rerun = rerun;
        deadline = System.nanoTime() + budget.toNanos();
    }

    /** A mismatch at the same kind of op, reached by no more ops; the given one if it does not show again. */
    Mismatch shrink(Mismatch found) {
        return withoutParts(withoutSteps(withoutKinds(found)));
    }

    /** Leaves out all ops of one kind at a time: most have nothing to do with it. */
    private Mismatch withoutKinds(Mismatch found) {
        Mismatch best = found;
        List<String> kinds =
                best.drawn().stream().map(s -> kind(s.op())).distinct().toList();
        for (String kind : kinds) {
            List<Step> drawn = best.drawn();
            List<Step> fewer = new ArrayList<>(drawn.stream()
                    .limit(drawn.size() - 1)
                    .filter(s -> !kind(s.op()).equals(kind))
                    .toList());
            fewer.add(drawn.get(drawn.size() - 1));
            best = attempt(fewer, best).orElse(best);
        }
        return best;
    }

    private Mismatch withoutSteps(Mismatch found) {
        Mismatch best = found;
        for (int chunk = best.length() / 2; chunk > 0 && !isLate(); chunk /= 2) {
            boolean shorter;
            do {
                shorter = false;
                for (int to = best.length(); to > 0 && !isLate(); to -= chunk) {
                    List<Step> fewer = new ArrayList<>(best.drawn());
                    fewer.subList(Math.max(0, to - chunk), to).clear();
                    int length = best.length();
                    Optional<Mismatch> again = attempt(fewer, best).filter(m -> m.length() < length);
                    if (again.isPresent()) {
                        best = again.get();
                        shorter = true;
                        to = Math.min(to, best.length() + chunk);
                    }
                }
            } while (shorter && chunk == 1 && !isLate());
        }
        return best;
    }

    private Mismatch withoutParts(Mismatch found) {
        Mismatch best = found;
        for (int i = best.length() - 1; i >= 0 && !isLate(); i--) {
            boolean simpler = true;
            while (simpler && !isLate() && i < best.length()) {
                simpler = false;
                Step step = best.drawn().get(i);
                if (!(step.op() instanceof Op.Call call)) {
                    break;
                }
                for (Message part : simplerThan(call.request())) {
                    List<Step> steps = new ArrayList<>(best.drawn());
                    Op op = new Op.Call(call.rpc(), part, call.headers());
                    steps.set(i, new Step(op, step.revision(), step.answer(), true));
                    Optional<Mismatch> again = attempt(steps, best);
                    if (again.isPresent()) {
                        best = again.get();
                        simpler = true;
                        break;
                    }
                    if (isLate()) {
                        break;
                    }
                }
            }
        }
        return best;
    }

    /** The message with one element of a list or one field less, at any depth, the largest cuts first. */
    static List<Message> simplerThan(Message message) {
        List<Message> simpler = new ArrayList<>();
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            if (field.isRepeated()) {
                simpler.add(message.toBuilder().clearField(field).build());
                List<?> elements = (List<?>) entry.getValue();
                for (int i = 0; i < elements.size() && elements.size() > 1; i++) {
                    List<Object> fewer = new ArrayList<>(elements);
                    fewer.remove(i);
                    simpler.add(message.toBuilder().setField(field, fewer).build());
                }
            } else {
                simpler.add(message.toBuilder().clearField(field).build());
            }
        }
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            if (!field.isRepeated()) {
                for (Message part : simplerThan((Message) entry.getValue())) {
                    simpler.add(message.toBuilder().setField(field, part).build());
                }
                continue;
            }
            List<?> elements = (List<?>) entry.getValue();
            for (int i = 0; i < elements.size(); i++) {
                for (Message part : simplerThan((Message) elements.get(i))) {
                    simpler.add(
                            message.toBuilder().setRepeatedField(field, i, part).build());
                }
            }
        }
        return simpler;
    }

    private Optional<Mismatch> attempt(List<Step> steps, Mismatch best) {
        if (steps.isEmpty() || isLate()) {
            return Optional.empty();
        }
        // A shorter run may go wrong in a way of its own, even sooner: good, as long as it is of the same kind.
        return rerun.apply(steps)
                .filter(m -> m.length() <= best.length()
                        && kind(m.last().op()).equals(kind(best.last().op())));
    }

    private boolean isLate() {
        return System.nanoTime() - deadline > 0;
    }

    private static String kind(Op op) {
        return op instanceof Op.Call call ? call.rpc().name() : op.getClass().getSimpleName();
    }
}
