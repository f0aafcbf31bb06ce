package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.common.exception.CompactedException;
import io.etcd.jetcd.common.exception.ErrorCode;
import io.etcd.jetcd.common.exception.EtcdException;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchEvent.EventType;
import io.etcd.jetcd.watch.WatchResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** jetcd's watch client. */
class JetcdWatchTest extends JetcdTest {
    /** Shorter than etcd's ten minutes, so that a test can wait for it. */
    private static final Duration PROGRESS_INTERVAL = Duration.ofMillis(200);

    private KV kv;

    @Override
    Target start() {
        return kind.startTellingProgress(PROGRESS_INTERVAL);
    }

    @BeforeEach
    void takeKv() {
        kv = client.getKVClient();
    }

    private long put(String key, String value) {
        return get(kv.put(bytes(key), bytes(value))).getHeader().getRevision();
    }

    /** What a watch was told, in order. */
    private static final class Told implements Watch.Listener {
        private final BlockingQueue<Object> queue = new LinkedBlockingQueue<>();
        /** Whether it may be told of lost connections, after which jetcd goes on by itself. */
        private boolean toleratesLosses;

        @Override
        public void onNext(WatchResponse response) {
            queue.add(response);
        }

        @Override
        public void onError(Throwable error) {
            queue.add(error);
        }

        @Override
        public void onCompleted() {
            queue.add("completed");
        }

        Object next() {
            try {
                Object next = queue.poll(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(next).as("what the watch is told").isNotNull();
                return next;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        WatchResponse response() {
            Object next = next();
            while (toleratesLosses
                    && next instanceof EtcdException lost
                    && lost.getErrorCode() == ErrorCode.UNAVAILABLE) {
                next = next();
            }
            assertThat(next).isInstanceOf(WatchResponse.class);
            return (WatchResponse) next;
        }

        /** The next events, each as type, key and value. */
        List<String> events(int number) {
            List<String> events = new ArrayList<>();
            while (events.size() < number) {
                for (WatchEvent event : response().getEvents()) {
                    String previous = event.getPrevKV().getKey().isEmpty()
                            ? ""
                            : " was " + text(event.getPrevKV().getValue());
                    events.add(event.getEventType() + " "
                            + text(event.getKeyValue().getKey()) + "="
                            + text(event.getKeyValue().getValue()) + previous);
                }
            }
            assertThat(events).hasSize(number);
            return events;
        }

        boolean isEmpty() {
            return queue.isEmpty();
        }
    }

    /** Starts a watch that is known to be there when this returns. */
    private Told watch(String key, WatchOption.Builder option) {
        Told told = new Told();
        client.getWatchClient().watch(bytes(key), option.withCreateNotify(true).build(), told);
        assertThat(told.response().isCreatedNotify()).isTrue();
        return told;
    }

    private static WatchOption.Builder prefix() {
        return WatchOption.builder().isPrefix(true);
    }

    @Test
    void watchesAKey() {
        put("k", "before");
        Told told = watch("k", WatchOption.builder());
        put("k", "v");
        put("k/other", "v");
        get(kv.delete(bytes("k")));
        get(kv.delete(bytes("k")));
        put("k", "w");
        assertThat(told.events(3)).containsExactly("PUT k=v", "DELETE k=", "PUT k=w");
    }

    @Test
    void watchesAPrefixAndARange() {
        Told prefix = watch("p/", prefix());
        Told range = watch("p/2", WatchOption.builder().withRange(bytes("q")));
        Told all = watch("\0", WatchOption.builder().withRange(bytes("\0")));
        for (String key : List.of("p", "p/1", "p/2", "q", "p/3")) {
            put(key, "v");
        }
        assertThat(prefix.events(3)).containsExactly("PUT p/1=v", "PUT p/2=v", "PUT p/3=v");
        assertThat(range.events(2)).containsExactly("PUT p/2=v", "PUT p/3=v");
        assertThat(all.events(5)).containsExactly("PUT p=v", "PUT p/1=v", "PUT p/2=v", "PUT q=v", "PUT p/3=v");
    }

    @Test
    void watchesFromTheFutureAndThePast() {
        put("k", "2");
        long third = put("k", "3");
        put("k", "4");
        Told past = watch("k", WatchOption.builder().withRevision(third));
        Told beginning = watch("k", WatchOption.builder().withRevision(1));
        Told future = watch("k", WatchOption.builder().withRevision(6));
        put("k", "5");
        put("k", "6");
        assertThat(past.events(4)).containsExactly("PUT k=3", "PUT k=4", "PUT k=5", "PUT k=6");
        assertThat(beginning.events(5)).startsWith("PUT k=2").endsWith("PUT k=6");
        assertThat(future.events(1)).containsExactly("PUT k=6");
    }

    @Test
    void tellsThePairBefore() {
        put("k", "1");
        Told told = watch("k", WatchOption.builder().withPrevKV(true));
        put("k", "2");
        get(kv.delete(bytes("k")));
        put("k", "3");
        assertThat(told.events(3)).containsExactly("PUT k=2 was 1", "DELETE k= was 2", "PUT k=3");
        Told again = watch("k", WatchOption.builder().withPrevKV(true).withRevision(1));
        assertThat(again.events(4)).containsExactly("PUT k=1", "PUT k=2 was 1", "DELETE k= was 2", "PUT k=3");
    }

    @Test
    void leavesOutPutsOrDeletes() {
        Told deletes = watch("f/", prefix().withNoPut(true));
        Told puts = watch("f/", prefix().withNoDelete(true));
        Told nothing = watch("f/", prefix().withNoPut(true).withNoDelete(true));
        put("f/1", "a");
        get(kv.delete(bytes("f/1")));
        put("f/2", "b");
        get(kv.txn()
                .Then(
                        Op.put(bytes("f/3"), bytes("c"), PutOption.DEFAULT),
                        Op.delete(bytes("f/2"), DeleteOption.DEFAULT))
                .commit());
        assertThat(puts.events(3)).containsExactly("PUT f/1=a", "PUT f/2=b", "PUT f/3=c");
        assertThat(deletes.events(2)).containsExactly("DELETE f/1=", "DELETE f/2=");
        // progress comes after all events, so there were none
        client.getWatchClient().requestProgress();
        assertThat(nothing.response().isProgressNotify()).isTrue();
    }

    @Test
    void givesARevisionInOneResponse() {
        Told told = watch("t/", prefix());
        Op[] puts = new Op[100];
        for (int i = 0; i < puts.length; i++) {
            puts[i] = Op.put(bytes("t/" + i), bytes("v"), PutOption.DEFAULT);
        }
        get(kv.txn().Then(puts).commit());
        assertThat(told.response().getEvents()).hasSize(100);
        get(kv.delete(bytes("t/"), DeleteOption.builder().isPrefix(true).build()));
        WatchResponse deleted = told.response();
        assertThat(deleted.getEvents()).hasSize(100).allSatisfy(event -> {
            assertThat(event.getEventType()).isEqualTo(EventType.DELETE);
            assertThat(event.getKeyValue().getModRevision()).isEqualTo(3);
        });
    }

    @Test
    void tellsOfProgressWhenAsked() {
        Told told = new Told();
        Watch.Watcher watcher = client.getWatchClient()
                .watch(bytes("k"), WatchOption.builder().withCreateNotify(true).build(), told);
        assertThat(told.response().isCreatedNotify()).isTrue();
        long revision = put("elsewhere", "v");
        watcher.requestProgress();
        WatchResponse progress = told.response();
        assertThat(progress.isProgressNotify()).isTrue();
        assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
        long next = put("k", "v");
        assertThat(told.events(1)).containsExactly("PUT k=v");
        watcher.requestProgress();
        assertThat(told.response().getHeader().getRevision()).isEqualTo(next);
    }

    @Test
    void tellsOfProgressByItself() {
        Told told = watch("k", WatchOption.builder().withProgressNotify(true));
        long revision = put("elsewhere", "v");
        WatchResponse progress = told.response();
        while (progress.getHeader().getRevision() < revision) {
            assertThat(progress.isProgressNotify()).isTrue();
            progress = told.response();
        }
        assertThat(progress.isProgressNotify()).isTrue();
        assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
    }

    @Test
    void endsAWatch() {
        Told told = new Told();
        Watch.Watcher watcher = client.getWatchClient()
                .watch(bytes("k"), WatchOption.builder().withCreateNotify(true).build(), told);
        Told other = watch("k", WatchOption.builder());
        assertThat(told.response().isCreatedNotify()).isTrue();
        watcher.close();
        assertThat(told.next()).isEqualTo("completed");
        await().atMost(Duration.ofSeconds(RawClient.PATIENCE_SECONDS)).until(() -> target.watchers() == 1);
        put("k", "v");
        assertThat(other.events(1)).containsExactly("PUT k=v");
        assertThat(told.isEmpty()).isTrue();
    }

    @Test
    void refusesACompactedRevision() {
        for (int i = 0; i < 5; i++) {
            put("k", "v" + i);
        }
        get(kv.compact(4));
        Told told = new Told();
        client.getWatchClient()
                .watch(bytes("k"), WatchOption.builder().withRevision(2).build(), told);
        Object error = told.next();
        assertThat(error)
                .isInstanceOfSatisfying(
                        CompactedException.class,
                        compacted ->
                                assertThat(compacted.getCompactedRevision()).isEqualTo(4));
        Told atIt = watch("k", WatchOption.builder().withRevision(4));
        assertThat(atIt.events(3)).containsExactly("PUT k=v2", "PUT k=v3", "PUT k=v4");
    }

    @Test
    void goesOnAfterARestart() {
        Told told = watch("k", WatchOption.builder().withPrevKV(true));
        put("k", "1");
        assertThat(told.events(1)).containsExactly("PUT k=1");
        told.toleratesLosses = true;
        target.stop();
        target.startAgain();
        // another client writes, perhaps before the watch is back: what it does then is in the past
        try (Client writer = newClient()) {
            for (int i = 2; i <= 20; i++) {
                ByteSequence value = bytes(Integer.toString(i));
                get(writer.getKVClient().put(bytes("k"), value));
            }
        }
        List<String> events = told.events(19);
        for (int i = 2; i <= 20; i++) {
            assertThat(events.get(i - 2)).isEqualTo("PUT k=" + i + " was " + (i - 1));
        }
    }
}
