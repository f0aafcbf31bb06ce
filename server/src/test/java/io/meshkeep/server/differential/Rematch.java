package io.meshkeep.server.differential;

import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Runs a sequence that was found once again, or parts of it, on fresh servers. */
final class Rematch {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final SystemUnderTest.Starter referee;
    private final SystemUnderTest.Starter candidate;
    private final Dialect dialect;
    private final List<Deviation> deviations;

    Rematch(
            SystemUnderTest.Starter referee,
            SystemUnderTest.Starter candidate,
            Dialect dialect,
            List<Deviation> deviations) {
        this.referee = referee;
        this.candidate = candidate;
        this.dialect = dialect;
        this.deviations = deviations;
    }

    /** The first mismatch now, if there is one; none either if the servers could not be run to the end. */
    Optional<Mismatch> run(List<Step> steps) {
        Iterator<Step> iterator = steps.iterator();
        OpSource source = view -> {
            while (iterator.hasNext()) {
                Step step = iterator.next();
                Op op = Shifting.shift(step.op(), view.revision - step.revision());
                if (!dialect.excludes(op, view)) {
                    return Optional.of(op);
                }
            }
            return Optional.empty();
        };
        try (SystemUnderTest leading = referee.start();
                SystemUnderTest following = candidate.start()) {
            return new Duel(dialect, deviations, PATIENCE).run(source, leading, following);
        } catch (InconclusiveException | IllegalStateException e) {
            return Optional.empty();
        }
    }
}
