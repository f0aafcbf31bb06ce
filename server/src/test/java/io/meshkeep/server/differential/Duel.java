package io.meshkeep.server.differential;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Runs sequences of ops, one op at a time, against a referee and a candidate, and keeps count over all of them. Not
 * thread-safe.
 */
final class Duel {
    /** Leases other than the shortest last much longer than any run may take. */
    private static final Duration MAX_DURATION = Duration.ofSeconds(120);

    private final Comparison comparison;
    private final List<Deviation> deviations;
    private final Duration patience;
    private final ExpectedErrors errors = new ExpectedErrors();
    private final Set<Deviation> deviationsSeen = new HashSet<>();
    private int ops;

    /**
     * @param patience how long to wait for what a candidate's watches should see
     */
    Duel(Dialect dialect, List<Deviation> deviations, Duration patience) {
        comparison = new Comparison(dialect);
        this.deviations = List.copyOf(deviations);
        this.patience = patience;
    }

    /** The errors that both sides gave so far. */
    ExpectedErrors errors() {
        return errors;
    }

    /** The deviations that showed so far. */
    Set<Deviation> deviationsSeen() {
        return Set.copyOf(deviationsSeen);
    }

    /** How many ops were performed so far. */
    int ops() {
        return ops;
    }

    /** The first difference, if any; both servers must have empty stores. */
    Optional<Mismatch> run(OpSource source, SystemUnderTest referee, SystemUnderTest candidate) {
        try (Leader leader = new Leader(referee);
                Follower follower = new Follower(candidate, patience)) {
            List<Step> steps = new ArrayList<>();
            return lead(source, leader, step -> {
                steps.add(step);
                return follow(step, leader.view().restarted, follower).map(d -> new Mismatch(steps, d));
            });
        }
    }

    /** The first difference to answers recorded earlier, if any; the store must be empty. */
    Optional<Mismatch> replay(List<Step> steps, SystemUnderTest candidate) {
        try (Follower follower = new Follower(candidate, patience)) {
            boolean restarted = false;
            for (int i = 0; i < steps.size(); i++) {
                restarted |= steps.get(i).op() instanceof Op.Restart;
                Optional<String> difference = follow(steps.get(i), restarted, follower);
                if (difference.isPresent()) {
                    return Optional.of(new Mismatch(steps.subList(0, i + 1), difference.get()));
                }
            }
            return Optional.empty();
        }
    }

    /** What the referee alone answers; its store must be empty. */
    static List<Step> record(OpSource source, SystemUnderTest referee) {
        List<Step> steps = new ArrayList<>();
        try (Leader leader = new Leader(referee)) {
            lead(source, leader, step -> {
                steps.add(step);
                return Optional.empty();
            });
        }
        return steps;
    }

    @FunctionalInterface
    private interface Judge {
        Optional<Mismatch> judge(Step step);
    }

    private static Optional<Mismatch> lead(OpSource source, Leader leader, Judge judge) {
        long started = System.nanoTime();
        while (true) {
            Optional<Op> next = source.next(leader.view());
            List<Op> ops = new ArrayList<>();
            if (next.isPresent()) {
                ops.addAll(leader.preparation(next.get()));
                ops.add(next.get());
            } else {
                ops.addAll(leader.ending());
            }
            for (Op op : ops) {
                long revision = leader.view().revision;
                Optional<Answer> answer = leader.perform(op);
                if (answer.isPresent()) {
                    Optional<Mismatch> mismatch =
                            judge.judge(new Step(op, revision, answer.get(), next.isPresent() && op == next.get()));
                    if (mismatch.isPresent()) {
                        return mismatch;
                    }
                }
            }
            if (System.nanoTime() - started > MAX_DURATION.toNanos()) {
                throw new InconclusiveException("the run took longer than " + MAX_DURATION);
            }
            if (next.isEmpty()) {
                return Optional.empty();
            }
        }
    }

    /** Has the candidate perform a step; what is different then, in words. */
    private Optional<String> follow(Step step, boolean restarted, Follower follower) {
        ops++;
        Answer actual = follower.perform(step.op(), step.answer());
        Optional<String> difference = comparison.difference(step.op(), restarted, step.answer(), actual);
        if (difference.isEmpty()) {
            errors.saw(step.answer());
            return difference;
        }
        Optional<Deviation> deviation = deviations.stream()
                .filter(d -> d.accepts().test(step.op(), step.answer(), actual))
                .findFirst();
        if (deviation.isPresent()) {
            deviationsSeen.add(deviation.get());
            return Optional.empty();
        }
        String log = follower.server().logTail();
        return difference.map(d -> log.isEmpty() || !d.contains("UNAVAILABLE") ? d : d + "\n" + log);
    }
}
