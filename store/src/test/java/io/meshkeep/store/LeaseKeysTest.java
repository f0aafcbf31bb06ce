package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Questions about the keys of a lease have the answers that a walk over all of them gives, after any changes. */
class LeaseKeysTest {
    private static final int CHANGES = 600;

    private final TreeSet<byte[]> model = new TreeSet<>(Arrays::compareUnsigned);

    @RepeatedTest(60)
    void answersAsAWalkDoes(RepetitionInfo repetition) {
        SplittableRandom random = new SplittableRandom(repetition.getCurrentRepetition());
        int keySpace = 1 + random.nextInt(1000);
        LeaseKeys keys = new LeaseKeys(LeaseEntry.NO_KEYS);
        List<KeyIntervals> users = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            users.add(intervals(random, keySpace));
        }
        for (int i = 0; i < CHANGES; i++) {
            byte[] key = key(random.nextInt(keySpace));
            if (model.remove(key)) {
                keys.detach(key);
            } else {
                model.add(key);
                keys.attach(key);
            }
            // in bursts, so that few and many changes stand aside when somebody asks
            if (random.nextInt(10) < i / 100) {
                KeyIntervals user = users.get(random.nextInt(users.size()));
                assertThat(keys.within(user)).isEqualTo(model.stream().allMatch(user::contains));
                assertThat(keys.isEmpty()).isEqualTo(model.isEmpty());
            }
            if (random.nextInt(100) == 0) {
                keys = new LeaseKeys(keys.all());
            }
        }
        assertThat(keys.all().stream().toList()).containsExactlyElementsOf(model);
    }

    /** Most of the time nearly everything: else the answer would always be no. */
    private KeyIntervals intervals(SplittableRandom random, int keySpace) {
        List<KeyRange> ranges = new ArrayList<>();
        int gap = random.nextInt(keySpace);
        ranges.add(new KeyRange(new byte[] {0}, key(gap), false));
        ranges.add(
                new KeyRange(key(gap + random.nextInt(2)), random.nextInt(4) == 0 ? key(keySpace / 2) : null, false));
        for (int i = random.nextInt(20); i > 0; i--) {
            ranges.add(KeyRange.single(key(random.nextInt(keySpace))));
        }
        return KeyIntervals.of(ranges);
    }

    private static byte[] key(int number) {
        return ByteString.copyFrom("key/%04d".formatted(number), StandardCharsets.UTF_8)
                .toByteArray();
    }
}
