package io.meshkeep.store;

import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A client's stream without a network: takes as many messages as it was given room for and keeps what it got, parsed.
 */
final class FakeTransport implements WatchSink {
    private static final int UNLIMITED = Integer.MAX_VALUE;

    private final AtomicInteger room = new AtomicInteger(UNLIMITED);
    private final List<WatchResponse> received = new ArrayList<>();
    private int largest;
    private volatile int unasked;
    WatchStream stream;

    static FakeTransport on(Store store) {
        FakeTransport transport = new FakeTransport();
        transport.stream = store.watches().open(transport);
        return transport;
    }

    /** Takes no message from now on. */
    void stop() {
        room.set(0);
    }

    /** Takes so many messages more and says so if it took none before. */
    void makeRoom(int messages) {
        if (room.getAndAdd(messages) == 0) {
            stream.ready();
        }
    }

    /** Takes whatever comes. */
    void resume() {
        room.set(UNLIMITED);
        stream.ready();
    }

    @Override
    public boolean isReady() {
        return room.get() > 0;
    }

    @Override
    public void send(WatchMessage message) {
        WatchResponse response = parse(message);
        if (room.getAndUpdate(left -> left == 0 || left == UNLIMITED ? left : left - 1) == 0
                && response.getEventsCount() > 0) {
            unasked++;
        }
        synchronized (this) {
            received.add(response);
            largest = Math.max(largest, message.size());
            notifyAll();
        }
    }

    static WatchResponse parse(WatchMessage message) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(message.size());
            message.writeTo(bytes);
            if (bytes.size() != message.size()) {
                throw new AssertionError("a message of " + bytes.size() + " bytes says it has " + message.size());
            }
            return WatchResponse.parseFrom(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    synchronized List<WatchResponse> received() {
        return List.copyOf(received);
    }

    /** Messages of one watch. */
    synchronized List<WatchResponse> received(long id) {
        return received.stream().filter(response -> response.getWatchId() == id).toList();
    }

    synchronized int eventCount() {
        return received.stream().mapToInt(WatchResponse::getEventsCount).sum();
    }

    synchronized int largestMessage() {
        return largest;
    }

    /** Messages with events that came although there was no room. */
    int unaskedMessages() {
        return unasked;
    }

    /** Creates a watch and waits until it is there. */
    WatchResponse create(WatchCreateRequest request) {
        int before = createdCount();
        stream.create(request, () -> {});
        Await.until("created", () -> createdCount() > before);
        return received().stream()
                .filter(WatchResponse::getCreated)
                .skip(before)
                .findFirst()
                .orElseThrow();
    }

    private synchronized int createdCount() {
        return (int) received.stream().filter(WatchResponse::getCreated).count();
    }

    /** Asks for progress until it is told. Whatever the watches had to get, they have got then. */
    WatchResponse awaitProgress() {
        long before = progressCount();
        Await.until("progress", () -> {
            if (progressCount() > before) {
                return true;
            }
            stream.requestProgress(() -> {});
            return false;
        });
        return received().stream()
                .filter(FakeTransport::isProgress)
                .skip(before)
                .findFirst()
                .orElseThrow();
    }

    private synchronized long progressCount() {
        return received.stream().filter(FakeTransport::isProgress).count();
    }

    static boolean isProgress(WatchResponse response) {
        return response.getWatchId() == -1 && !response.getCreated() && !response.getCanceled();
    }
}
