package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchResponse;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Single situations of watches; {@link WatchHubTest} mixes them at random. */
class WatchTest {
    /** From there on a value stays on disk. */
    private static final int LONG = KeyValueRecord.MAX_RESIDENT_VALUE + 1;

    @TempDir
    Path directory;

    private Store store;

    private StoreOptions.Builder options() {
        return StoreOptions.builder().unsafeNoSync(true);
    }

    private void open(StoreOptions.Builder options) {
        store = Store.open(directory, options.build());
    }

    @AfterEach
    void close() {
        if (store != null) {
            store.close();
        }
    }

    private void put(String key, ByteString value) {
        TestStore.write(store, new Command.Put(Requests.put(key, value)));
    }

    private static List<Event> events(FakeTransport transport) {
        return transport.received().stream()
                .flatMap(response -> response.getEventsList().stream())
                .toList();
    }

    @ParameterizedTest
    @CsvSource({"10, 1000000", "10, 1", LONG + ", 1000000", LONG + ", 1"})
    void aWatchFromTheCompactedRevisionGetsItWithoutThePairBefore(int valueLength, long recentEventBytes) {
        open(options().recentEventBytes(recentEventBytes));
        put("k", Requests.longValue(valueLength, 1));
        put("k", Requests.longValue(valueLength, 2));
        put("other", Requests.bytes("v"));
        TestStore.compact(store, 3);
        TestStore.get(store.compactionDone());

        FakeTransport transport = FakeTransport.on(store);
        transport.create(
                Requests.watch("k", "").setStartRevision(3).setPrevKv(true).build());
        transport.awaitProgress();
        assertThat(events(transport)).singleElement().satisfies(event -> {
            assertThat(event.getKv().getModRevision()).isEqualTo(3);
            assertThat(event.getKv().getValue()).isEqualTo(Requests.longValue(valueLength, 2));
            assertThat(event.hasPrevKv()).isFalse();
        });
    }

    /** What watches name is kept, however long it is. */
    @Test
    void watchesThatWouldTakeTheMemoryAreRefused() {
        ByteString key = ByteString.copyFrom(new byte[1000]);
        long cost = Watcher.cost(KeyRange.of(key, ByteString.EMPTY));
        assertThat(cost).isGreaterThan(1000);
        open(options().maxWatchBytes(10 * cost));
        WatchCreateRequest request = WatchCreateRequest.newBuilder().setKey(key).build();
        FakeTransport greedy = FakeTransport.on(store);
        for (int i = 0; i < 5; i++) {
            assertThat(greedy.create(request).getCanceled()).isFalse();
        }
        // no more than it leaves to others
        WatchResponse refused = greedy.create(request);
        assertThat(refused.getCanceled()).isTrue();
        assertThat(refused.getWatchId()).isEqualTo(-1);
        assertThat(refused.getCancelReason()).contains("etcdserver: too many requests");
        assertThat(FakeTransport.on(store).create(request).getCanceled()).isFalse();

        for (long id = 0; id < 5; id++) {
            greedy.stream.cancel(id, () -> {});
        }
        for (int i = 0; i < 5; i++) {
            assertThat(greedy.create(request).getCanceled()).isFalse();
        }
        assertThat(greedy.create(request).getCanceled()).isTrue();
        greedy.stream.close();
        FakeTransport next = FakeTransport.on(store);
        for (int i = 0; i < 5; i++) {
            assertThat(next.create(request).getCanceled()).isFalse();
        }
    }

    // ---- a transport that cannot keep up

    /** A watcher that holds up the watch thread while it gets an event, until it is let go. */
    private final class Obstacle implements WatchSink {
        final CountDownLatch reached = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);

        Obstacle() {
            WatchStream stream = store.watches().open(this);
            CountDownLatch created = new CountDownLatch(1);
            stream.create(Requests.watch("obstacle", "").build(), created::countDown);
            await(created);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void send(WatchMessage message) {
            if (FakeTransport.parse(message).getEventsCount() > 0) {
                reached.countDown();
                await(release);
            }
        }

        /** Has the watch thread held up from now on. */
        void block() {
            put("obstacle", Requests.bytes("v"));
            await(reached);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("not within 30 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Test
    void aWatchThreadThatIsTooLateLosesNothing() {
        open(options().recentEventBytes(1));
        Obstacle obstacle = new Obstacle();
        FakeTransport transport = FakeTransport.on(store);
        transport.create(Requests.watch("k", "").build());
        obstacle.block();
        for (int i = 0; i < 10; i++) {
            put("k", Requests.bytes("v" + i));
        }
        obstacle.release.countDown();
        transport.awaitProgress();
        assertThat(events(transport))
                .extracting(event -> event.getKv().getVersion())
                .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
    }

    @Test
    void aWatchOfTheFutureIsNotBehindWhenTheWatchThreadIsTooLate() {
        open(options().recentEventBytes(1));
        Obstacle obstacle = new Obstacle();
        FakeTransport transport = FakeTransport.on(store);
        transport.create(Requests.watch("k", "").setStartRevision(20).build());
        obstacle.block();
        for (int i = 0; i < 10; i++) {
            put("k", Requests.bytes("v"));
        }
        obstacle.release.countDown();
        Await.until("nobody is behind", () -> store.watches().slowWatcherCount() == 0);
        while (store.snapshot().revision() < 25) {
            put("k", Requests.bytes("v"));
        }
        transport.awaitProgress();
        assertThat(events(transport))
                .extracting(event -> event.getKv().getModRevision())
                .containsExactly(20L, 21L, 22L, 23L, 24L, 25L);
    }

    @Test
    void aWatcherThatWasSlowIsLiveAgainThoughWritingGoesOn() throws InterruptedException {
        open(options());
        FakeTransport transport = FakeTransport.on(store);
        transport.create(Requests.watch("k", "l").build());
        transport.stop();
        put("k", Requests.bytes("v"));
        Await.until("it is behind", () -> store.watches().slowWatcherCount() == 1);
        AtomicBoolean writing = new AtomicBoolean(true);
        Thread writer = new Thread(() -> {
            while (writing.get()) {
                List<Command> puts = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    puts.add(new Command.Put(Requests.put("k" + i, "v")));
                }
                TestStore.writeAll(store, puts);
            }
        });
        writer.start();
        try {
            transport.resume();
            Await.until("it is live", () -> store.watches().slowWatcherCount() == 0);
            transport.awaitProgress();
        } finally {
            writing.set(false);
            writer.join();
        }
    }

    /** Transports take little at a time; what was found for a watcher must not be read again for each bit. */
    @Test
    void whatWasMissedIsReadOnceThoughTheTransportTakesLittleAtATime() {
        open(options().recentEventBytes(1).watchBodyBytes(1000));
        for (int i = 0; i < 50; i++) {
            List<Command> puts = new ArrayList<>();
            for (int j = 0; j < 20; j++) {
                puts.add(new Command.Put(Requests.put("k" + j, Requests.longValue(400, i))));
            }
            TestStore.writeAll(store, puts);
        }
        FakeTransport transport = FakeTransport.on(store);
        transport.stop();
        transport.create(Requests.watchAll().setStartRevision(2).setPrevKv(true).build());
        long rounds = store.watches().catchUpRounds();
        int messages = 0;
        while (transport.eventCount() < 1000) {
            int before = transport.eventCount();
            transport.makeRoom(1);
            Await.until("more events", () -> transport.eventCount() > before);
            messages++;
        }
        transport.resume();
        transport.awaitProgress();
        assertThat(events(transport))
                .extracting(event -> event.getKv().getModRevision())
                .isEqualTo(LongStream.rangeClosed(2, 1001).boxed().toList());
        assertThat(messages).as("messages").isGreaterThan(400);
        assertThat(store.watches().catchUpRounds() - rounds).as("rounds").isLessThan(5);
        assertThat(transport.unaskedMessages()).isZero();
    }

    @Test
    void aStreamWhoseTransportThrowsHarmsNoOther() {
        open(options());
        FakeTransport before = FakeTransport.on(store);
        before.create(Requests.watchAll().build());
        List<WatchStream> broken = new ArrayList<>();
        for (Throwable fault : List.of(new IllegalStateException("call is closed"), new OutOfMemoryError("direct"))) {
            WatchStream stream = store.watches().open(new ThrowingSink(fault));
            broken.add(stream);
            stream.create(Requests.watchAll().build(), () -> {});
            stream.create(Requests.watch("k", "").build(), () -> {});
        }
        FakeTransport after = FakeTransport.on(store);
        after.create(Requests.watchAll().build());
        for (int i = 0; i < 5; i++) {
            put("k", Requests.bytes("v"));
        }
        before.awaitProgress();
        after.awaitProgress();
        assertThat(events(before))
                .extracting(event -> event.getKv().getVersion())
                .containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(events(after))
                .extracting(event -> event.getKv().getVersion())
                .containsExactly(1L, 2L, 3L, 4L, 5L);
        Await.until("the broken streams are gone", () -> store.watches().streamCount() == 2);
        assertThat(store.watches().watcherCount()).isEqualTo(2);
        broken.forEach(WatchStream::close);
    }

    private static final class ThrowingSink implements WatchSink {
        private final Throwable fault;

        ThrowingSink(Throwable fault) {
            this.fault = fault;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void send(WatchMessage message) {
            if (FakeTransport.parse(message).getEventsCount() > 0) {
                ThrowingSink.<RuntimeException>raise(fault);
            }
        }

        @SuppressWarnings("unchecked")
        private static <T extends Throwable> void raise(Throwable fault) throws T {
            throw (T) fault;
        }
    }

    @Test
    void aStreamThatIsClosedLeavesNothingBehind() {
        open(options().progressInterval(Duration.ofHours(1)));
        WeakReference<FakeTransport> closed = openAndClose();
        Await.until("it is forgotten", () -> {
            System.gc();
            return closed.get() == null;
        });
    }

    private WeakReference<FakeTransport> openAndClose() {
        FakeTransport transport = FakeTransport.on(store);
        transport.create(Requests.watchAll().setProgressNotify(true).build());
        put("k", Requests.bytes("v"));
        transport.awaitProgress();
        transport.stream.close();
        Await.until("closed", () -> store.watches().streamCount() == 0);
        return new WeakReference<>(transport);
    }
}
