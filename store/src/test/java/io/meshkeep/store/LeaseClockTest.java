package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When leases end, on a clock that the test moves. */
class LeaseClockTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    /** The wheel turns in steps of 100 ms, and a lease is found in the step after the one in which its time is up. */
    private static final long LATE = 2 * TimeUnit.MILLISECONDS.toNanos(100);

    private final AtomicLong time = new AtomicLong(-5 * SECOND);

    private record Expiry(long id, long granted, long at, CommitLog.Completion completion) {}

    private final List<Expiry> expiries = new ArrayList<>();
    private boolean accepting = true;
    private boolean completing = true;

    private final LeaseClock clock = new LeaseClock("test", this::revoke, time::get);

    private boolean revoke(long id, long granted, CommitLog.Completion completion) {
        if (accepting) {
            expiries.add(new Expiry(id, granted, time.get(), completion));
            if (completing) {
                complete(id, completion);
            }
        }
        return accepting;
    }

    private void complete(long id, CommitLog.Completion completion) {
        clock.revoked(id);
        completion.complete(new Result.LeaseRevoke(1), null);
    }

    private void advance(long nanos) {
        time.addAndGet(nanos);
        clock.advance();
    }

    private List<Long> expired() {
        return expiries.stream().map(Expiry::id).toList();
    }

    private static final class Answer {
        private final List<Long> ttls = new ArrayList<>();

        static Answer of(LeaseClock clock, long id) {
            Answer answer = new Answer();
            clock.keepAlive(id, answer.ttls::add);
            return answer;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void leasesEndInTheirOrderAndNeverEarlyAndHardlyLate(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<Long, Long> deadlines = new HashMap<>();
        long lastStep = 0;
        long next = 1;
        while (deadlines.size() > 0 || next <= 3000) {
            for (int i = random.nextInt(20); i > 0 && next <= 3000; i--) {
                long ttl = 1 + (random.nextInt(4) > 0 ? random.nextInt(30) : random.nextInt(2000));
                clock.granted(next, ttl, next + 7);
                deadlines.put(next++, time.get() + ttl * SECOND);
            }
            for (int i = random.nextInt(20); i > 0 && next <= 3000; i--) {
                long id = 1 + random.nextLong(next);
                Answer answer = Answer.of(clock, id);
                assertThat(answer.ttls).as("answers at once").hasSize(1);
                long ttl = answer.ttls.get(0);
                assertThat(ttl > 0).as("lease %d is there", id).isEqualTo(deadlines.containsKey(id));
                deadlines.computeIfPresent(id, (lease, deadline) -> time.get() + ttl * SECOND);
            }
            if (random.nextInt(10) == 0) {
                long id = 1 + random.nextLong(next);
                clock.revoked(id);
                deadlines.remove(id);
            }
            // mostly less than a tick, now and then a jump as of a machine that was asleep
            lastStep = random.nextInt(200) == 0 ? random.nextLong(700 * SECOND) : random.nextLong(SECOND / 4);
            if (next > 3000) {
                lastStep += random.nextLong(SECOND);
            }
            expiries.clear();
            advance(lastStep);
            for (Expiry expiry : expiries) {
                assertThat(expiry.granted).isEqualTo(expiry.id + 7);
                assertThat(deadlines.remove(expiry.id))
                        .as("deadline of %d", expiry.id)
                        .isLessThanOrEqualTo(expiry.at);
            }
            for (Map.Entry<Long, Long> left : deadlines.entrySet()) {
                assertThat(time.get() - left.getValue())
                        .as("lease %d is late", left.getKey())
                        .isLessThan(LATE);
            }
            assertThat(clock.byDeadline())
                    .containsExactlyElementsOf(deadlines.entrySet().stream()
                            .sorted(Map.Entry.<Long, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
                            .map(Map.Entry::getKey)
                            .toList());
        }
    }

    @Test
    void afterAJumpTheOneThatWasToEndFirstEndsFirst() {
        for (int ttl = 600; ttl > 0; ttl--) {
            clock.granted(ttl, ttl, 0);
        }
        advance(301 * SECOND);
        List<Long> first = expired();
        assertThat(first).hasSize(300).isSorted();
        advance(10_000 * SECOND);
        assertThat(expired()).hasSize(600).isSorted();
    }

    @Test
    void theLongestTimesDoNotOverflow() {
        long longest = 9_000_000_000L;
        clock.granted(1, longest, 0);
        clock.granted(2, 100_000_000, 0);
        for (int i = 0; i < 100; i++) {
            advance(1000 * SECOND);
        }
        assertThat(Answer.of(clock, 1).ttls).containsExactly(longest);
        assertThat(clock.remaining(1)).isEqualTo(new LeaseClock.Remaining(longest, longest));
        assertThat(clock.remaining(2)).isEqualTo(new LeaseClock.Remaining(100_000_000 - 100_000, 100_000_000));
        assertThat(expiries).isEmpty();
    }

    // ---- keepalives that come when it is nearly, or just, too late

    @Test
    void aKeepaliveAfterTheMarkWaitsAndIsToldThatTheLeaseIsGone() {
        completing = false;
        clock.granted(1, 1, 0);
        advance(SECOND + LATE);
        assertThat(expired()).containsExactly(1L);
        Answer early = Answer.of(clock, 1);
        Answer other = Answer.of(clock, 1);
        assertThat(clock.remaining(1)).isEqualTo(new LeaseClock.Remaining(0, 1));
        assertThat(early.ttls).isEmpty();
        complete(1, expiries.get(0).completion);
        assertThat(early.ttls).containsExactly(0L);
        assertThat(other.ttls).containsExactly(0L);
        assertThat(Answer.of(clock, 1).ttls).containsExactly(0L);
        assertThat(clock.remaining(1)).isNull();
    }

    @Test
    void anExpiryThatCannotBeProposedIsTriedAgain() {
        accepting = false;
        clock.granted(1, 1, 0);
        advance(5 * SECOND);
        Answer waiting = Answer.of(clock, 1);
        assertThat(waiting.ttls).isEmpty();
        accepting = true;
        advance(LATE);
        assertThat(expired()).containsExactly(1L);
        assertThat(waiting.ttls).containsExactly(0L);
    }

    @Test
    void anExpiryThatFailsIsTriedAgain() {
        completing = false;
        clock.granted(1, 1, 0);
        advance(SECOND + LATE);
        expiries.get(0).completion.complete(null, EtcdError.CORRUPT.exception());
        advance(LATE);
        assertThat(expired()).containsExactly(1L, 1L);
    }

    @Test
    void aLeaseThatIsGrantedAgainUnderItsIdHasATimeOfItsOwn() {
        completing = false;
        clock.granted(1, 1, 10);
        advance(SECOND + LATE);
        clock.revoked(1);
        clock.granted(1, 5, 11);
        // the expiry of the first one finds that it is gone
        expiries.get(0).completion.complete(null, EtcdError.LEASE_NOT_FOUND.exception());
        advance(4 * SECOND);
        assertThat(expiries).hasSize(1);
        assertThat(Answer.of(clock, 1).ttls).containsExactly(5L);
        advance(5 * SECOND + LATE);
        assertThat(expiries.get(1).granted).isEqualTo(11);
    }

    /** However many end at once, only some are under way at a time, and all end. */
    @Test
    void manyThatEndAtOnceEndBitByBit() {
        completing = false;
        int leases = 1000;
        for (int i = 0; i < leases; i++) {
            clock.granted(i, 1, 0);
        }
        advance(SECOND + LATE);
        int underWay = expiries.size();
        assertThat(underWay).isBetween(1, leases / 2);
        int done = 0;
        while (done < leases) {
            assertThat(expiries.size() - done).isBetween(1, underWay);
            while (done < expiries.size()) {
                Expiry expiry = expiries.get(done++);
                complete(expiry.id, expiry.completion);
            }
            advance(LATE);
        }
        assertThat(expired()).doesNotHaveDuplicates().hasSize(leases);
    }

    /** Whoever was told that a lease lives on sees it live for that long. */
    @Test
    void keepalivesOfManyThreadsAndExpiriesDoNotContradictEachOther() throws InterruptedException {
        int leases = 5000;
        Map<Long, Long> promised = new ConcurrentHashMap<>();
        ConcurrentLinkedQueue<String> broken = new ConcurrentLinkedQueue<>();
        AtomicLong now = new AtomicLong();
        AtomicLong[] ended = new AtomicLong[1];
        ended[0] = new AtomicLong();
        LeaseClock[] shared = new LeaseClock[1];
        shared[0] = new LeaseClock(
                "test",
                (id, granted, completion) -> {
                    long until = promised.getOrDefault(id, 0L);
                    if (now.get() < until) {
                        broken.add("lease " + id + " ended at " + now.get() + ", promised until " + until);
                    }
                    ended[0].incrementAndGet();
                    shared[0].revoked(id);
                    completion.complete(new Result.LeaseRevoke(1), null);
                    return true;
                },
                now::get);
        for (long id = 0; id < leases; id++) {
            shared[0].granted(id, 1, 0);
        }
        AtomicBoolean running = new AtomicBoolean(true);
        AtomicLong renewed = new AtomicLong();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            SplittableRandom random = new SplittableRandom(i);
            Thread client = new Thread(() -> {
                while (running.get()) {
                    long id = random.nextInt(leases);
                    long before = now.get();
                    shared[0].keepAlive(id, ttl -> {
                        if (ttl > 0) {
                            promised.merge(id, before + ttl * SECOND, Math::max);
                            renewed.incrementAndGet();
                        }
                    });
                }
            });
            client.start();
            clients.add(client);
        }
        while (ended[0].get() < leases) {
            if (running.get()) {
                long more = renewed.get() + 100;
                Await.until("some are kept", () -> renewed.get() >= more || ended[0].get() > leases * 9 / 10);
                running.set(renewed.get() < 200_000 && ended[0].get() < leases * 9 / 10);
            }
            now.addAndGet(SECOND / 3);
            shared[0].advance();
        }
        running.set(false);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(broken).isEmpty();
        assertThat(renewed.get()).as("keepalives in time").isPositive();
    }

    @Test
    void aLeaseHasItsFullTimeAfterARestart(@TempDir Path directory) {
        StoreOptions options = StoreOptions.builder().unsafeNoSync(true).build();
        try (Store store = Store.open(directory, options)) {
            TestStore.write(store, new Command.LeaseGrant(7, 100));
            Await.until(
                    "a part of the time is over",
                    () -> store.leases().remaining(7).seconds() < 98);
        }
        try (Store store = Store.open(directory, options)) {
            assertThat(store.leases().remaining(7).granted()).isEqualTo(100);
            assertThat(store.leases().remaining(7).seconds()).isGreaterThanOrEqualTo(98);
        }
    }

    @Test
    void aKeepaliveWhoseCallerFailsKeepsNoOtherWaiting() {
        completing = false;
        clock.granted(1, 1, 1);
        advance(2 * SECOND);
        clock.keepAlive(1, ttl -> {
            throw new IllegalStateException("the call is closed");
        });
        Answer other = Answer.of(clock, 1);
        assertThat(other.ttls).isEmpty();

        complete(1, expiries.get(0).completion);

        assertThat(other.ttls).containsExactly(0L);
    }

    @Test
    void leasesThatAreRevokedEarlyDoNotPileUp() {
        for (int lease = 1; lease <= 1000; lease++) {
            clock.granted(lease, 3600, 1);
        }
        for (int tick = 0; tick < 50; tick++) {
            // they are in the wheel before they are revoked
            for (int lease = 1001; lease <= 3000; lease++) {
                clock.granted(lease, 3600, 1);
            }
            advance(SECOND / 10);
            for (int lease = 1001; lease <= 3000; lease++) {
                clock.revoked(lease);
            }
        }
        advance(SECOND / 10);
        assertThat(clock.scheduled()).isBetween(1000, 1000 + LeaseClock.FEW_REVOKED);
        advance(3600 * SECOND);
        assertThat(expired()).hasSize(1000).allMatch(lease -> lease <= 1000);
    }
}
