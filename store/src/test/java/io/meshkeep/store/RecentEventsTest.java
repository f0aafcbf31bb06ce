package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RecentEventsTest {

    private static EventBatch batch(long first, long last, int valueLength) {
        List<Event> events = new ArrayList<>();
        for (long revision = first; revision <= last; revision++) {
            byte[] kv = KeyValueRecord.encode(new byte[] {1}, revision, revision, 1, new byte[valueLength], 0);
            events.add(new Event(revision, 0, false, kv, null));
        }
        return new EventBatch(first, last, events);
    }

    @Test
    void givesTheCommitsThatReachARevision() {
        RecentEvents recent = new RecentEvents(1 << 20, 1);
        EventBatch a = batch(2, 4, 10);
        EventBatch b = batch(5, 5, 10);
        recent.add(a);
        recent.add(b);
        assertThat(recent.from(1)).isNull();
        assertThat(recent.from(2)).containsExactly(a, b);
        assertThat(recent.from(4)).containsExactly(a, b);
        assertThat(recent.from(5)).containsExactly(b);
        assertThat(recent.from(6)).isEmpty();
    }

    @Test
    void aFreshStoreHasNothingToMiss() {
        assertThat(new RecentEvents(100, 1).from(2)).isEmpty();
    }

    @Test
    void keepsTheNewestCommitHoweverLarge() {
        RecentEvents recent = new RecentEvents(100, 1);
        EventBatch large = batch(3, 3, 10_000);
        recent.add(batch(2, 2, 10));
        recent.add(large);
        assertThat(recent.from(2)).isNull();
        assertThat(recent.from(3)).containsExactly(large);
    }

    @Test
    void neverHasAHoleNorMoreThanItsBytes() {
        SplittableRandom random = new SplittableRandom(5);
        long maxBytes = 5_000;
        RecentEvents recent = new RecentEvents(maxBytes, 1);
        long revision = 1;
        for (int i = 0; i < 2_000; i++) {
            long last = revision + 1 + random.nextInt(4);
            recent.add(batch(revision + 1, last, random.nextInt(400)));
            revision = last;
            long from = Math.max(1, revision - random.nextInt(40));
            List<EventBatch> found = recent.from(from);
            if (found != null) {
                List<Long> revisions = found.stream()
                        .flatMap(batch -> batch.events().stream())
                        .map(Event::revision)
                        .toList();
                assertThat(revisions)
                        .isSorted()
                        .doesNotHaveDuplicates()
                        .contains(from)
                        .endsWith(revision);
                assertThat(revisions).hasSize((int) (revision - revisions.get(0) + 1));
                if (found.size() > 1) {
                    assertThat(found.stream()
                                    .mapToLong(EventBatch::retainedSize)
                                    .sum())
                            .isLessThanOrEqualTo(maxBytes);
                }
            }
        }
    }
}
