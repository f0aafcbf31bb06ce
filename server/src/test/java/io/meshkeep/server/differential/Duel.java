package io.meshkeep.server.differential;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Runs one sequence of ops, one op at a time, against a referee and, if there is one, a candidate. */
final class Duel {
    /** Leases other than the shortest last much longer than any run may take. */
    private static final Duration MAX_DURATION = Duration.ofSeconds(120);

    private final Comparison comparison;
    private final Duration patience;

    /**
     * @param patience how long to wait for what a candidate's watches should see
     */
    Duel(Dialect dialect, Duration patience) {
        comparison = new Comparison(dialect);
        this.patience = patience;
    }

    /** The first difference, if any; both servers must have empty stores. {@code seen} gets every step performed. */
    Optional<Mismatch> run(
            OpSource source, SystemUnderTest referee, SystemUnderTest candidate, Consumer<Step> seen) {
        try (Leader leader = new Leader(referee);
                Follower follower = new Follower(candidate, patience)) {
            return run(source, leader, Optional.of(follower), seen);
        }
    }

    /** What the referee alone answers. */
    List<Step> record(OpSource source, SystemUnderTest referee) {
        List<Step> steps = new ArrayList<>();
        try (Leader leader = new Leader(referee)) {
            run(source, leader, Optional.empty(), steps::add);
        }
        return steps;
    }

    /** The first difference to answers recorded earlier, if any; the store must be empty. */
    Optional<Mismatch> replay(List<Step> steps, SystemUnderTest candidate) {
        try (Follower follower = new Follower(candidate, patience)) {
            boolean restarted = false;
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                restarted |= step.op() instanceof Op.Restart;
                Answer actual = follower.perform(step.op(), step.answer());
                Optional<String> difference = comparison.difference(step.op(), restarted, step.answer(), actual);
                if (difference.isPresent()) {
                    return Optional.of(new Mismatch(steps.subList(0, i + 1), withLog(difference.get(), candidate)));
                }
            }
            return Optional.empty();
        }
    }

    private Optional<Mismatch> run(
            OpSource source, Leader leader, Optional<Follower> follower, Consumer<Step> seen) {
        long started = System.nanoTime();
        List<Step> steps = new ArrayList<>();
        boolean more = true;
        while (more) {
            Optional<Op> next = source.next(leader.view());
            more = next.isPresent();
            List<Op> ops = new ArrayList<>();
            if (more) {
                ops.addAll(leader.preparation(next.get()));
                ops.add(next.get());
            } else {
                ops.addAll(leader.ending());
            }
            for (Op op : ops) {
                long revision = leader.view().revision;
                Optional<Answer> expected = leader.perform(op);
                if (expected.isEmpty()) {
                    continue;
                }
                Step step = new Step(op, revision, expected.get());
                steps.add(step);
                seen.accept(step);
                if (follower.isPresent()) {
                    Answer actual = follower.get().perform(op, expected.get());
                    Optional<String> difference =
                            comparison.difference(op, leader.view().restarted, expected.get(), actual);
                    if (difference.isPresent()) {
                        return Optional.of(new Mismatch(
                                steps, withLog(difference.get(), follower.get().server())));
                    }
                }
            }
            if (System.nanoTime() - started > MAX_DURATION.toNanos()) {
                throw new InconclusiveException("the run took longer than " + MAX_DURATION);
            }
        }
        return Optional.empty();
    }

    private static String withLog(String difference, SystemUnderTest candidate) {
        String log = candidate.logTail();
        return log.isEmpty() || !difference.contains("UNAVAILABLE") ? difference : difference + "\n" + log;
    }
}
