package io.meshkeep.clustermesh.troubleshoot;

/**
 * What was found at a step.
 *
 * @param says what was seen, in plain words
 * @param mend what to do about it; empty if nothing is wrong
 */
record Finding(Step step, Level level, String says, String mend) {
    /** How bad it is. */
    enum Level {
        OK,
        /** Clients work, but somebody should know. */
        WARNING,
        /** A client does not work, or not for long. */
        PROBLEM
    }

    static Finding ok(Step step, String says) {
        return new Finding(step, Level.OK, says, "");
    }

    static Finding warning(Step step, String says, String mend) {
        return new Finding(step, Level.WARNING, says, mend);
    }

    static Finding problem(Step step, String says, String mend) {
        return new Finding(step, Level.PROBLEM, says, mend);
    }

    boolean isProblem() {
        return level == Level.PROBLEM;
    }
}
