package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.store.mesh.MeshIndex;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever asks for an index, and whenever, gets that of the commit. */
class MeshStateTest {
    private static final Executor NOBODY = task -> {
        throw new RejectedExecutionException("closed");
    };

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anIndexIsThatOfItsCommitWheneverItIsAskedFor(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeMap<String, Long> identities = new TreeMap<>();
        MeshState state = MeshState.of(MeshIndex.EMPTY, NOBODY);
        List<MeshState> states = new ArrayList<>();
        List<TreeMap<String, Long>> expected = new ArrayList<>();
        long revision = 1;
        for (int commit = 0; commit < 500; commit++) {
            MeshState.Next next = state.new Next();
            TreeMap<String, Boolean> changed = new TreeMap<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                changed.put("cilium/state/identities/v1/id/" + (300 + random.nextInt(40)), random.nextBoolean());
            }
            for (var change : changed.entrySet()) {
                if (change.getValue()) {
                    revision++;
                    identities.put(change.getKey(), revision);
                    next.change(
                            bytes(change.getKey()),
                            KeyValueRecord.encode(bytes(change.getKey()), revision, revision, 1, bytes("k8s:a=b;"), 0));
                } else {
                    identities.remove(change.getKey());
                    next.change(bytes(change.getKey()), null);
                }
            }
            state = next.finish();
            states.add(state);
            expected.add(new TreeMap<>(identities));
            if (random.nextInt(10) == 0) {
                check(state, identities);
            }
            if (random.nextInt(10) == 0) {
                int older = random.nextInt(states.size());
                check(states.get(older), expected.get(older));
            }
        }
        for (int i = 0; i < states.size(); i++) {
            check(states.get(i), expected.get(i));
            assertThat(states.get(i).index()).isSameAs(states.get(i).index());
        }
    }

    @Test
    void manyChangesAreWorkedOutInTheBackgroundOnce() {
        ArrayDeque<Runnable> background = new ArrayDeque<>();
        MeshState state = MeshState.of(MeshIndex.EMPTY, background::add);
        for (int change = 1; change < MeshState.MAX_UNASKED; change++) {
            state = identity(state, change);
        }
        assertThat(background).isEmpty();
        MeshState due = identity(state, MeshState.MAX_UNASKED);
        state = identity(due, MeshState.MAX_UNASKED + 1);
        assertThat(background).hasSize(1);

        background.remove().run();

        // those that came meanwhile are pending, no others
        assertThat(state.pendingCount()).isEqualTo(1);
        assertThat(due.index().identityCount()).isEqualTo(MeshState.MAX_UNASKED);
        assertThat(state.index().identityCount()).isEqualTo(MeshState.MAX_UNASKED + 1);
    }

    @Test
    void fewerAreLeftPendingWhileSomebodyAsks() {
        ArrayDeque<Runnable> background = new ArrayDeque<>();
        MeshState state = MeshState.of(MeshIndex.EMPTY, background::add);
        state.index();
        for (int change = 1; change <= MeshState.MAX_PENDING; change++) {
            assertThat(background).isEmpty();
            state = identity(state, change);
        }
        assertThat(background).hasSize(1);
        background.remove().run();

        // nobody has asked since
        for (int change = 1; change < MeshState.MAX_UNASKED; change++) {
            state = identity(state, change);
        }
        assertThat(background).isEmpty();
        assertThat(state.pendingCount()).isEqualTo(MeshState.MAX_UNASKED - 1);
        identity(state, 1);
        assertThat(background).hasSize(1);
    }

    @Test
    void aCommitWorksOutItsIndexItselfWhenTheBackgroundFallsBehind() {
        MeshState state = MeshState.of(MeshIndex.EMPTY, NOBODY);
        long most = 0;
        for (int change = 1; change < 2 * MeshState.MAX_BEHIND; change++) {
            state = identity(state, change);
            most = Math.max(most, state.pendingCount());
        }
        assertThat(most).isEqualTo(MeshState.MAX_BEHIND - 1);
    }

    private static MeshState identity(MeshState before, int number) {
        byte[] key = bytes("cilium/state/identities/v1/id/" + number);
        MeshState.Next next = before.new Next();
        next.change(key, KeyValueRecord.encode(key, number, number, 1, bytes("k8s:a=b;"), 0));
        return next.finish();
    }

    private static void check(MeshState state, TreeMap<String, Long> identities) {
        assertThat(state.index().identityCount()).isEqualTo(identities.size());
        identities.forEach((key, revision) -> assertThat(state.index()
                        .identity(
                                io.meshkeep.store.mesh.Scope.LOCAL,
                                Long.parseLong(key.substring(key.lastIndexOf('/') + 1)))
                        .revision())
                .isEqualTo(revision));
    }
}
