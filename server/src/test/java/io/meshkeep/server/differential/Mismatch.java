package io.meshkeep.server.differential;

import java.util.List;

/**
 * The candidate answered an op otherwise than the referee.
 *
 * @param steps everything performed, the op in question last
 * @param difference what differs, in words
 */
record Mismatch(List<Step> steps, String difference) {
    Mismatch {
        steps = List.copyOf(steps);
    }

    Step last() {
        return steps.get(steps.size() - 1);
    }

    /** How many ops of the sequence were performed. */
    int length() {
        return drawn().size();
    }

    /** The steps that the sequence holds. */
    List<Step> drawn() {
        return steps.stream().filter(Step::drawn).toList();
    }

    @Override
    public String toString() {
        return report(1);
    }

    /** The last steps, one per line, and the difference. */
    String report(int lastSteps) {
        StringBuilder report = new StringBuilder();
        int from = Math.max(0, steps.size() - lastSteps);
        if (from > 0) {
            report.append("... ").append(from).append(" steps before\n");
        }
        for (Step step : steps.subList(from, steps.size())) {
            report.append("[revision ").append(step.revision()).append("] ");
            report.append(Readable.op(step.op())).append('\n');
        }
        return report.append(difference).toString();
    }
}
