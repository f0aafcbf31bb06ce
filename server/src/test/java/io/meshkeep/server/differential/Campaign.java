package io.meshkeep.server.differential;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Sequences of many seeds against the same two sides. Not thread-safe. */
final class Campaign {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Duration SHRINKING = Duration.ofSeconds(120);
    private static final int ATTEMPTS = 3;
    private static final int REPORTED_STEPS = 40;

    private final SystemUnderTest.Starter referee;
    private final SystemUnderTest.Starter candidate;
    private final Dialect dialect;
    private final List<Deviation> deviations;
    private final Sequences sequences;
    private final Duel duel;
    private boolean shrunk;

    /** Makes the ops of a seed. */
    @FunctionalInterface
    interface Sequences {
        OpSource of(long seed, int ops, Dialect dialect);
    }

    Campaign(
            SystemUnderTest.Starter referee,
            SystemUnderTest.Starter candidate,
            Dialect dialect,
            List<Deviation> deviations,
            Sequences sequences) {
        this.sequences = sequences;
        this.referee = referee;
        this.candidate = candidate;
        this.dialect = dialect;
        this.deviations = deviations;
        duel = new Duel(dialect, deviations, PATIENCE);
    }

    /** Counts over all seeds so far. */
    Duel duel() {
        return duel;
    }

    /** What went wrong with this seed's sequence, ready to be read; the first time, the sequence is made short. */
    Optional<String> run(long seed, int ops) {
        return find(seed, ops).map(found -> {
            if (shrunk) {
                return "seed " + seed + ", found after " + found.length() + " ops:\n"
                        + found.report(REPORTED_STEPS / 4);
            }
            shrunk = true;
            Mismatch shortest = shrink(found);
            return "seed " + seed + ", found after " + found.length() + " ops, shrunk to " + shortest.length() + ":\n"
                    + shortest.report(REPORTED_STEPS)
                    + (shortest == found ? "" : "\nFirst found as:\n" + found.difference());
        });
    }

    private Optional<Mismatch> find(long seed, int ops) {
        for (int attempt = 1; ; attempt++) {
            try (SystemUnderTest leading = referee.start();
                    SystemUnderTest following = candidate.start()) {
                return duel.run(sequences.of(seed, ops, dialect), leading, following);
            } catch (InconclusiveException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private Mismatch shrink(Mismatch found) {
        Rematch rematch = new Rematch(referee, candidate, dialect, deviations);
        return new Shrinker(rematch::run, SHRINKING).shrink(found);
    }
}
