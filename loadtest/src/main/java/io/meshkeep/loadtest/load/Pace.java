package io.meshkeep.loadtest.load;

/**
 * When the calls of a fixed rate are due. Times come from the number of the call, not from the call before it, so
 * nothing adds up: neither rounding nor lateness. Not thread-safe.
 */
public final class Pace {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final long start;
    private final long perSecond;
    private long call;

    /**
     * @param start when the first call is due, as {@link System#nanoTime} tells it
     * @param perSecond calls a second, positive
     */
    public Pace(long start, long perSecond) {
        if (perSecond <= 0) {
            throw new IllegalArgumentException("a rate must be positive, not " + perSecond);
        }
        this.start = start;
        this.perSecond = perSecond;
    }

    /** When the next call is due. */
    public long due() {
        return start + call / perSecond * NANOS_PER_SECOND + call % perSecond * NANOS_PER_SECOND / perSecond;
    }

    /** Goes on to the call after it. */
    public void advance() {
        call++;
    }
}
