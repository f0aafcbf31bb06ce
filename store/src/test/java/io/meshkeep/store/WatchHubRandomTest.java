package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchCreateRequest.FilterType;
import io.meshkeep.proto.WatchResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Watchers on transports that take messages or not, or fail, at random, while keys are written and compacted: each gets
 * every event of its range once and in order, or is told that it does not.
 */
class WatchHubRandomTest {
    private static final int STREAMS = 12;
    private static final int STEPS = 250;

    @TempDir
    private Path directory;

    private final MvccModel model = new MvccModel();
    private SplittableRandom random;
    private Store store;

    /** A watch, and what is known of it. */
    private static final class Watched {
        final long id;
        final WatchCreateRequest request;
        final WatchResponse created;
        /** Whether the client has cancelled it. */
        boolean cancelled;

        Watched(long id, WatchCreateRequest request, WatchResponse created) {
            this.id = id;
            this.request = request;
            this.created = created;
        }
    }

    /** A stream whose transport may fail: then what it got until then is all that counts. */
    private static final class Client implements WatchSink {
        final FakeTransport transport = new FakeTransport();
        final AtomicBoolean failing = new AtomicBoolean();
        final List<Watched> watches = new ArrayList<>();
        long nextId = 1;

        Client(Store store) {
            transport.stream = store.watches().open(this);
        }

        @Override
        public boolean isReady() {
            return transport.isReady();
        }

        @Override
        public void send(WatchMessage message) {
            if (failing.get()) {
                throw new IllegalStateException("the transport fails");
            }
            transport.send(message);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void eachWatcherGetsWhatItWasPromised(long seed) {
        random = new SplittableRandom(seed);
        store = Store.open(
                directory,
                StoreOptions.builder()
                        .unsafeNoSync(true)
                        .recentEventBytes(random.nextBoolean() ? 1 : 3000)
                        .maxWatchMessageBytes(6000)
                        .watchBodyBytes(random.nextBoolean() ? 64 << 10 : 100)
                        .unsentWatchBytes(random.nextBoolean() ? 1 << 20 : 3000)
                        .compactionSlice(3)
                        .build());
        try {
            RandomCommands commands = new RandomCommands(random.split());
            List<Client> clients = new ArrayList<>();
            List<Client> gone = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                clients.add(new Client(store));
            }
            for (int i = 0; i < STEPS; i++) {
                write(commands);
                int which = random.nextInt(STREAMS);
                if (act(clients.get(which))) {
                    gone.add(clients.set(which, new Client(store)));
                }
            }
            int complete = 0;
            for (Client client : clients) {
                client.transport.resume();
                createFromOldest(client);
                settle(client);
                complete += check(client, true);
            }
            gone.forEach(client -> check(client, false));
            assertThat(complete).as("watches that got everything").isGreaterThanOrEqualTo(STREAMS);
            assertThat(gone).as("streams that failed").isNotEmpty();
            Await.until(
                    "the streams that failed are closed", () -> store.watches().streamCount() == STREAMS);
        } finally {
            store.close();
        }
    }

    private void write(RandomCommands commands) {
        List<Command> batch = new ArrayList<>();
        for (int i = random.nextInt(12); i > 0; i--) {
            Command command = commands.next(model.revision());
            if (command instanceof Command.Compact && random.nextInt(3) > 0) {
                continue;
            }
            batch.add(command);
            model.apply(command);
        }
        List<TestStore.Pending> pending = new ArrayList<>();
        batch.forEach(command -> pending.add(TestStore.submit(store, command)));
        if (random.nextBoolean()) {
            pending.forEach(TestStore.Pending::get);
        }
    }

    /** Does something with a stream; true if it is gone after that. */
    private boolean act(Client client) {
        switch (random.nextInt(12)) {
            case 0, 1, 2 -> create(client);
            case 3, 4 -> client.transport.stop();
            case 5, 6 -> client.transport.makeRoom(1 + random.nextInt(4));
            case 7, 8 -> client.transport.resume();
            case 9 -> {
                if (!client.watches.isEmpty()) {
                    Watched watch = client.watches.get(random.nextInt(client.watches.size()));
                    watch.cancelled = true;
                    client.transport.stream.cancel(watch.id, () -> {});
                }
            }
            case 10 -> client.transport.stream.requestProgress(() -> {});
            default -> {
                if (random.nextInt(4) == 0) {
                    client.failing.set(true);
                    // so that something is sent and fails
                    client.transport.resume();
                    client.transport.stream.create(Requests.watch("none", "").build(), () -> {});
                    return true;
                }
            }
        }
        return false;
    }

    /** Watches everything from the oldest revision that is left. Nothing is compacted any more: it will get it all. */
    private void createFromOldest(Client client) {
        create(client, Requests.watchAll().setStartRevision(model.compacted() + 1));
    }

    private void create(Client client) {
        long start = random.nextInt(3) == 0 ? 0 : Math.max(1, model.revision() - 40 + random.nextInt(50));
        WatchCreateRequest.Builder request = Requests.watchAll()
                .setStartRevision(start)
                .setPrevKv(random.nextBoolean())
                .setFragment(random.nextInt(3) == 0);
        if (random.nextInt(3) > 0) {
            ByteString key = ByteString.copyFrom(RandomBytes.key(random, 2));
            request.setKey(key).setRangeEnd(random.nextBoolean() ? key.concat(key) : ByteString.EMPTY);
        }
        if (random.nextInt(4) == 0) {
            request.addFilters(random.nextBoolean() ? FilterType.NOPUT : FilterType.NODELETE);
        }
        create(client, request);
    }

    private void create(Client client, WatchCreateRequest.Builder request) {
        WatchCreateRequest made = request.setWatchId(client.nextId++).build();
        WatchResponse created = client.transport.create(made);
        if (created.getCanceled()) {
            // an empty range, say
            assertThat(created.getWatchId()).isEqualTo(-1);
        } else {
            client.watches.add(new Watched(made.getWatchId(), made, created));
        }
    }

    /** Waits until the stream's watches have what they can get. */
    private void settle(Client client) {
        Await.until("all is dispatched", () -> store.snapshot().revision() == model.revision());
        FakeTransport transport = client.transport;
        transport.create(Requests.watch("end of " + client, "").build());
        Await.until("nothing is missing", () -> {
            for (Watched watch : client.watches) {
                if (!watch.cancelled && !isCancelled(transport, watch) && missing(transport, watch) > 0) {
                    return false;
                }
            }
            return true;
        });
    }

    private int missing(FakeTransport transport, Watched watch) {
        int got = transport.received(watch.id).stream()
                .mapToInt(WatchResponse::getEventsCount)
                .sum();
        return new ExpectedEvents(watch.request, watch.created, model.changes()).count() - got;
    }

    private static boolean isCancelled(FakeTransport transport, Watched watch) {
        return transport.received(watch.id).stream().anyMatch(WatchResponse::getCanceled);
    }

    /** Checks what came; returns how many watches got everything. */
    private int check(Client client, boolean all) {
        int complete = 0;
        for (Watched watch : client.watches) {
            List<WatchResponse> messages = client.transport.received(watch.id);
            ExpectedEvents expected = new ExpectedEvents(watch.request, watch.created, model.changes());
            WatchResponse last = messages.get(messages.size() - 1);
            if (last.getCanceled()) {
                expected.assertBeginIn(messages, model.compacted());
                if (last.getCompactRevision() > 0) {
                    assertThat(expected.isCancelJustified(messages, last.getCompactRevision()))
                            .as("%s was cancelled for a compaction", watch.request)
                            .isTrue();
                } else {
                    assertThat(watch.cancelled).isTrue();
                }
                assertThat(messages.stream().filter(WatchResponse::getCanceled)).hasSizeLessThanOrEqualTo(2);
            } else if (all && !watch.cancelled) {
                expected.assertAllIn(messages, model.compacted());
                complete++;
            } else {
                expected.assertBeginIn(messages, model.compacted());
            }
        }
        return complete;
    }
}
