package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RetainedSnapshotsTest {
    private final RetainedSnapshots retained = new RetainedSnapshots(1_000);

    private static Snapshot at(long revision) {
        return new Snapshot(
                revision,
                -1,
                0,
                KeySet.EMPTY,
                ChunkedSortedSet.empty(Snapshot.LEASE_ORDER),
                Set.of(),
                0,
                null,
                AuthState.INITIAL);
    }

    @Test
    void findsASnapshotByItsExactRevision() {
        Snapshot kept = at(5);
        retained.keep(kept);
        assertThat(retained.find(5)).isSameAs(kept);
        assertThat(retained.find(4)).isNull();
        assertThat(retained.find(6)).isNull();
    }

    @Test
    void letsGoOfASnapshotWhenMoreThanTheLimitWasWrittenSince() {
        retained.wrote(10_000, -1);
        retained.keep(at(5));
        retained.wrote(600, -1);
        retained.keep(at(6));
        retained.wrote(400, -1);
        assertThat(retained.find(5)).isNotNull();
        retained.wrote(1, -1);
        assertThat(retained.find(5)).isNull();
        assertThat(retained.find(6)).isNotNull();
    }

    @Test
    void keepingAgainDoesNotMakeYounger() {
        retained.keep(at(5));
        retained.wrote(600, -1);
        retained.keep(at(5));
        retained.wrote(401, -1);
        assertThat(retained.find(5)).isNull();
    }

    @Test
    void letsGoOfWhatIsCompacted() {
        retained.keep(at(5));
        retained.keep(at(6));
        retained.wrote(0, 6);
        assertThat(retained.find(5)).isNull();
        assertThat(retained.find(6)).isNotNull();
    }

    @Test
    void keepsSoManyAndNoMore() {
        for (int revision = 1; revision <= 1_000; revision++) {
            retained.keep(at(revision));
        }
        long kept = java.util.stream.LongStream.rangeClosed(1, 1_000)
                .filter(revision -> retained.find(revision) != null)
                .count();
        assertThat(kept).isEqualTo(256);
        assertThat(retained.find(1_000)).isNotNull();
    }
}
