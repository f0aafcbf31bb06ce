package io.meshkeep.loadtest.load;

/** Tells how much processor time the server under test has used so far. */
@FunctionalInterface
public interface CpuClock {
    /** For a server whose process cannot be seen. */
    CpuClock NONE = () -> 0;

    /** Processor time, user and system, in nanoseconds. */
    long nanos();
}
