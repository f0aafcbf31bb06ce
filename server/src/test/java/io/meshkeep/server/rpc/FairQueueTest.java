package io.meshkeep.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FairQueueTest {
    private final List<String> ran = new ArrayList<>();

    @Test
    void ownersTakeTurns() {
        FairQueue queue = new FairQueue();
        for (int i = 0; i < 100; i++) {
            assertThat(queue.add("greedy", () -> ran.add("greedy"))).isTrue();
        }
        assertThat(queue.add("modest", () -> ran.add("modest"))).isTrue();
        assertThat(queue.add("third", () -> ran.add("third"))).isTrue();
        assertThat(queue.add("modest", () -> ran.add("modest"))).isTrue();
        for (int i = 0; i < 103; i++) {
            queue.runNext();
        }
        assertThat(ran).startsWith("greedy", "modest", "third", "greedy", "modest", "greedy", "greedy");
        assertThat(ran).hasSize(103);
        // more runs than tasks do nothing
        queue.runNext();
        assertThat(ran).hasSize(103);
    }

    @Test
    void anOwnerLeavesAsManyPlacesAsItTakes() {
        FairQueue queue = new FairQueue(100);
        assertThat(addAll(queue, "greedy")).isEqualTo(50);
        assertThat(addAll(queue, "modest")).isEqualTo(25);
        queue.runNext();
        assertThat(addAll(queue, "third")).isEqualTo(13);
    }

    private int addAll(FairQueue queue, String owner) {
        int added = 0;
        while (queue.add(owner, () -> ran.add(owner))) {
            added++;
        }
        return added;
    }
}
