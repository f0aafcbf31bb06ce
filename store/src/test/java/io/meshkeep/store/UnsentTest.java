package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.store.WatchEncoder.Body;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnsentTest {
    private final Unsent unsent = new Unsent(1000);

    private static Watcher watcher() {
        WatchGroup.Key key =
                new WatchGroup.Key(KeyRange.of(Requests.bytes("k"), Requests.bytes("")), true, true, false);
        return new Watcher(null, 1, new WatchGroup(key), false, false, 0, 1);
    }

    private static Found found(int bytes) {
        return new Found(List.of(new Body(2, 3, new byte[bytes], List.of())), 3);
    }

    @Test
    void whatIsKeptIsGivenOutOnce() {
        Watcher watcher = watcher();
        Found found = found(100);
        unsent.keep(watcher, found, 7);
        assertThat(unsent.take(watcher)).isEqualTo(new Unsent.Rest(found, 7));
        assertThat(unsent.take(watcher)).isNull();
        assertThat(unsent.bytes()).isZero();
    }

    @Test
    void theOldestIsGivenUpWhenThereIsTooMuch() {
        Watcher first = watcher();
        Watcher second = watcher();
        Watcher third = watcher();
        unsent.keep(first, found(200), 0);
        unsent.keep(second, found(200), 0);
        unsent.keep(third, found(200), 0);
        assertThat(unsent.bytes()).isEqualTo(800);
        assertThat(unsent.take(first)).isNull();
        assertThat(unsent.take(second)).isNotNull();
        assertThat(unsent.take(third)).isNotNull();
        assertThat(unsent.bytes()).isZero();
    }

    @Test
    void whatManyShareCountsOnce() {
        Found shared = found(400);
        List<Watcher> watchers = List.of(watcher(), watcher(), watcher());
        watchers.forEach(watcher -> unsent.keep(watcher, shared, 0));
        assertThat(unsent.bytes()).isEqualTo(800);
        assertThat(unsent.take(watchers.get(0))).isNotNull();
        assertThat(unsent.take(watchers.get(2))).isNotNull();
        assertThat(unsent.bytes()).isEqualTo(800);
        assertThat(unsent.take(watchers.get(1))).isNotNull();
        assertThat(unsent.bytes()).isZero();
    }

    @Test
    void whatIsTooLargeIsNotKept() {
        Watcher watcher = watcher();
        unsent.keep(watcher, found(501), 0);
        assertThat(unsent.take(watcher)).isNull();
        assertThat(unsent.bytes()).isZero();
    }
}
