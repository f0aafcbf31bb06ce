package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Plays callers and a disk by a clock of its own, with the delay and without, and compares what gets done. */
class CommitDelayTest {
    private static final long MICROSECOND = 1_000;
    private static final long SECOND = 1_000_000_000;

    /** What came of a second. */
    private record Played(long commands, long syncs, long waited, long latencies) {
        double perSync() {
            return (double) commands / syncs;
        }

        double meanLatency() {
            return (double) latencies / commands;
        }
    }

    /** A disk that syncs one group at a time, and callers whose next command comes some time after their answer. */
    private static final class Play {
        private final CommitDelay delay;
        private final LongSupplier syncTime;
        private final LongSupplier turnaround;
        /** When commands will arrive. */
        private final PriorityQueue<Long> arrivals = new PriorityQueue<>();
        /** When those arrived that wait for their sync. */
        private final Deque<Long> queue = new ArrayDeque<>();

        private long now;

        /** @param delay null to sync as soon as there is something to sync */
        Play(CommitDelay delay, LongSupplier syncTime, LongSupplier turnaround) {
            this.delay = delay;
            this.syncTime = syncTime;
            this.turnaround = turnaround;
        }

        /** Lets so many callers wait for their answers, and then come back. */
        Played callers(int callers) {
            for (int i = 0; i < callers; i++) {
                arrivals.add(turnaround.getAsLong());
            }
            return play(true);
        }

        /** Lets commands come by the clock: the turnaround is the time from one to the next. */
        Played openLoop() {
            for (long at = 0; at < SECOND; at += turnaround.getAsLong()) {
                arrivals.add(at);
            }
            return play(false);
        }

        private Played play(boolean comeBack) {
            long commands = 0;
            long syncs = 0;
            long waited = 0;
            long latencies = 0;
            while (now < SECOND && arrived() + arrivals.size() > 0) {
                if (queue.isEmpty()) {
                    now = arrivals.peek();
                }
                long free = now;
                gather();
                waited += now - free;
                int size = arrived();
                long nanos = syncTime.getAsLong();
                now += nanos;
                for (long at : queue) {
                    latencies += now - at;
                }
                queue.clear();
                if (comeBack) {
                    for (int i = 0; i < size; i++) {
                        arrivals.add(now + turnaround.getAsLong());
                    }
                }
                commands += size;
                syncs++;
                if (delay != null) {
                    delay.answered(size, arrived(), nanos, now);
                }
            }
            return new Played(commands, syncs, waited, latencies);
        }

        /** Goes on in time until the group is to be synced. */
        private void gather() {
            if (delay == null) {
                return;
            }
            long remaining;
            while ((remaining = delay.remaining(arrived(), now)) > 0) {
                now = arrivals.isEmpty() ? now + remaining : Math.min(now + remaining, arrivals.peek());
            }
            delay.committed(arrived(), now);
        }

        private int arrived() {
            while (!arrivals.isEmpty() && arrivals.peek() <= now) {
                queue.add(arrivals.poll());
            }
            return queue.size();
        }
    }

    private static LongSupplier about(long nanos, SplittableRandom random) {
        return () -> random.nextLong(nanos * 8 / 10, nanos * 12 / 10);
    }

    private static Played callers(boolean delayed, int callers, long syncMicros, long turnaroundMicros, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new Play(
                        delayed ? new CommitDelay() : null,
                        about(syncMicros * MICROSECOND, random.split()),
                        about(turnaroundMicros * MICROSECOND, random.split()))
                .callers(callers);
    }

    @ParameterizedTest
    @CsvSource({"2, 3000, 300", "10, 3000, 300", "100, 3000, 1000", "100, 800, 100"})
    void callersWhoComeBackSoonShareASync(int callers, long syncMicros, long turnaroundMicros) {
        Played plain = callers(false, callers, syncMicros, turnaroundMicros, 1);
        Played delayed = callers(true, callers, syncMicros, turnaroundMicros, 1);
        assertThat(plain.perSync()).isLessThan(0.6 * callers);
        assertThat(delayed.perSync()).isGreaterThan(0.9 * callers);
        assertThat(delayed.commands()).isGreaterThan(plain.commands() * 5 / 4);
        assertThat(delayed.meanLatency()).isLessThan(plain.meanLatency());
    }

    @ParameterizedTest
    @CsvSource({"2, 200, 2000", "10, 200, 500", "100, 200, 2000", "1000, 200, 10000", "100, 1000, 1000"})
    void callersWhoTakeLongerThanTheDiskLoseNothing(int callers, long syncMicros, long turnaroundMicros) {
        Played plain = callers(false, callers, syncMicros, turnaroundMicros, 2);
        Played delayed = callers(true, callers, syncMicros, turnaroundMicros, 2);
        assertThat(delayed.commands()).isGreaterThan(plain.commands() * 96 / 100);
    }

    @ParameterizedTest
    @ValueSource(longs = {50, 500, 5_000})
    void aLoneCallerNeverWaits(long turnaroundMicros) {
        assertThat(callers(true, 1, 1_000, turnaroundMicros, 3).waited()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {20, 200, 900, 2_000})
    void commandsByTheClockHardlyWaitLonger(long apartMicros) {
        SplittableRandom random = new SplittableRandom(4);
        LongSupplier exponential = () -> 1 + (long) (-Math.log(1 - random.nextDouble()) * apartMicros * MICROSECOND);
        LongSupplier syncTime = () -> 1_000 * MICROSECOND;
        double plain = new Play(null, syncTime, exponential).openLoop().meanLatency();
        double delayed =
                new Play(new CommitDelay(), syncTime, exponential).openLoop().meanLatency();
        assertThat(delayed).isLessThan(plain * 1.1);
    }

    @Test
    void aSyncThatTookLongDoesNotMakeTheNextGroupWaitAsLong() {
        CommitDelay delay = new CommitDelay();
        for (int i = 0; i < 100; i++) {
            delay.answered(1, 1, 200 * MICROSECOND, i * SECOND);
        }
        delay.answered(1, 1, SECOND, 100 * SECOND);
        assertThat(delay.remaining(1, 100 * SECOND)).isBetween(1L, CommitDelay.MAX_NANOS);
        delay.answered(1, 1, 200 * MICROSECOND, 101 * SECOND);
        assertThat(delay.remaining(1, 101 * SECOND)).isBetween(1L, 100 * MICROSECOND);
    }

    @Test
    void aWaitThatNeverPaysIsSeldomTried() {
        CommitDelay delay = new CommitDelay();
        int waits = 0;
        for (int i = 0; i < 10_000; i++) {
            delay.answered(10, 10, 1_000 * MICROSECOND, i * SECOND);
            long wait = delay.remaining(10, i * SECOND);
            if (wait > 0) {
                waits++;
            }
            delay.committed(10, i * SECOND + wait);
        }
        assertThat(waits).isBetween(10_000 / CommitDelay.MAX_SKIPPED / 2, 10_000 / CommitDelay.MAX_SKIPPED * 2);
    }
}
