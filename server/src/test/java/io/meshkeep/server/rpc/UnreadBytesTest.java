package io.meshkeep.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UnreadBytesTest {
    private final AtomicLong time = new AtomicLong();
    private final UnreadBytes unread = new UnreadBytes("test", 100, time::get);

    @AfterEach
    void close() {
        unread.close();
    }

    private static void never() {
        throw new AssertionError("not to be called");
    }

    @Test
    void thereIsRoomUntilTheCapacityIsHeld() {
        UnreadBytes.Held first = unread.tryHold(60, null);
        assertThat(first).isNotNull();
        assertThat(unread.tryHold(41, null)).isNull();
        assertThat(unread.tryHold(40, null)).isNotNull();
        assertThat(unread.held()).isEqualTo(100);
        first.release();
        first.release();
        assertThat(unread.held()).isEqualTo(40);
    }

    @Test
    void whatIsLargerThanTheCapacityIsLetThroughAlone() {
        UnreadBytes.Held all = unread.tryHold(1000, null);
        assertThat(all).isNotNull();
        assertThat(unread.tryHold(1, null)).isNull();
        all.release();
        assertThat(unread.tryHold(1, null)).isNotNull();
        assertThat(unread.tryHold(1000, null)).isNull();
    }

    @Test
    void thoseWhoWaitGetTheirTurnInOrder() {
        UnreadBytes.Held first = unread.tryHold(100, null);
        List<String> turns = new CopyOnWriteArrayList<>();
        List<UnreadBytes.Held> rooms = new ArrayList<>();
        for (int bytes : new int[] {90, 5, 20}) {
            assertThat(unread.await(
                            bytes,
                            0,
                            null,
                            room -> {
                                turns.add(bytes + "");
                                rooms.add(room);
                            },
                            UnreadBytesTest::never))
                    .isTrue();
        }
        assertThat(unread.tryHold(1, null)).isNull();
        first.release();
        assertThat(turns).containsExactly("90", "5");
        rooms.get(0).release();
        assertThat(turns).containsExactly("90", "5", "20");
        assertThat(unread.held()).isEqualTo(25);
    }

    @Test
    void whoeverDoesNotUseItsTurnLetsTheNextOneHaveIt() {
        UnreadBytes.Held first = unread.tryHold(100, null);
        AtomicInteger turns = new AtomicInteger();
        for (int i = 0; i < 4000; i++) {
            assertThat(unread.await(
                            100,
                            0,
                            null,
                            room -> {
                                turns.incrementAndGet();
                                room.release();
                            },
                            UnreadBytesTest::never))
                    .isTrue();
        }
        first.release();
        assertThat(turns).hasValue(4000);
        assertThat(unread.held()).isZero();
    }

    @Test
    void whoHoldsTooLongIsCutOnlyIfOthersWait() {
        List<String> cut = new CopyOnWriteArrayList<>();
        List<UnreadBytes.Held> held = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String name = "client " + i;
            int number = i;
            held.add(unread.tryHold(25, () -> {
                cut.add(name);
                held.get(number).release();
            }));
        }
        time.addAndGet(TimeUnit.SECONDS.toNanos(3));
        unread.look();
        assertThat(cut).isEmpty();
        AtomicInteger turns = new AtomicInteger();
        unread.await(30, 0, null, room -> turns.incrementAndGet(), UnreadBytesTest::never);
        await().atMost(Duration.ofSeconds(5)).until(() -> turns.get() == 1);
        assertThat(cut).containsExactly("client 0", "client 1");
        assertThat(unread.held()).isEqualTo(80);
    }

    @Test
    void whoMayTakeItsTimeIsNotCut() {
        unread.tryHold(100, UnreadBytesTest::never);
        AtomicInteger late = new AtomicInteger();
        time.addAndGet(TimeUnit.SECONDS.toNanos(1));
        unread.await(30, 0, null, room -> never(), late::incrementAndGet);
        unread.look();
        assertThat(late).hasValue(0);
    }

    @Test
    void whoseTurnDoesNotComeIsToldSo() {
        unread.tryHold(100, null);
        AtomicInteger late = new AtomicInteger();
        unread.await(30, 0, null, room -> never(), late::incrementAndGet);
        time.addAndGet(TimeUnit.SECONDS.toNanos(6));
        unread.look();
        assertThat(late).hasValue(0);
        time.addAndGet(TimeUnit.SECONDS.toNanos(2));
        unread.look();
        assertThat(late).hasValue(1);
    }

    @Test
    void whoAsksForRoomIsToldOfIt() {
        AtomicInteger told = new AtomicInteger();
        assertThat(unread.hasRoom(UnreadBytesTest::never)).isTrue();
        UnreadBytes.Held all = unread.hold(100, null);
        assertThat(unread.hasRoom(told::incrementAndGet)).isFalse();
        Runnable forgetful = UnreadBytesTest::never;
        assertThat(unread.hasRoom(forgetful)).isFalse();
        unread.forget(forgetful);
        all.resize(99);
        all.release();
        assertThat(told).hasValue(1);
    }

    @Test
    void whatWaitsInMemoryIsBounded() {
        unread.hold(100, null);
        AtomicInteger late = new AtomicInteger();
        assertThat(unread.await(80, 80, null, room -> never(), late::incrementAndGet))
                .isTrue();
        assertThat(unread.await(30, 30, null, room -> never(), late::incrementAndGet))
                .isFalse();
        assertThat(unread.await(30, 0, null, room -> never(), late::incrementAndGet))
                .isTrue();
        unread.close();
        assertThat(late).hasValue(2);
    }
}
