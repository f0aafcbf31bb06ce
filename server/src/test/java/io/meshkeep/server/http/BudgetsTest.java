package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.server.rpc.ClientConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What connections share: none gets all of it, and whoever holds on to it longest loses it first. */
class BudgetsTest {
    private final List<String> cut = new ArrayList<>();

    @Test
    void aConnectionLeavesAsManyCallsAsItHas() {
        StreamBudget budget = new StreamBudget(1000);
        int first = takeAll(budget);
        assertThat(first).isEqualTo(500);
        int second = takeAll(budget);
        assertThat(second).isEqualTo(250);
        budget.giveBack(first);
        assertThat(takeAll(budget)).isEqualTo(375);
        assertThat(budget.open()).isEqualTo(second + 375);
    }

    private static int takeAll(StreamBudget budget) {
        int own = 0;
        while (budget.take(own)) {
            own++;
        }
        return own;
    }

    private IncompleteRequests.Message begin(IncompleteRequests requests, String name) {
        return requests.begin(new ClientConnection(() -> cut.add(name)));
    }

    @Test
    void whoBeganFirstLosesItsConnection() {
        IncompleteRequests requests = new IncompleteRequests(100, new LogLimiter(Duration.ofSeconds(10)));
        IncompleteRequests.Message slow = begin(requests, "slow");
        slow.grow(1);
        IncompleteRequests.Message quick = begin(requests, "quick");
        quick.grow(60);
        quick.end();
        IncompleteRequests.Message other = begin(requests, "other");
        other.grow(60);
        slow.grow(39);
        assertThat(cut).isEmpty();
        assertThat(requests.held()).isEqualTo(100);
        begin(requests, "last").grow(1);
        assertThat(cut).containsExactly("slow");
        assertThat(requests.held()).isEqualTo(61);
        // the end of what was cut already changes nothing
        slow.end();
        slow.grow(50);
        assertThat(requests.held()).isEqualTo(61);
    }

    @Test
    void oneThatIsTooLargeForAllOfItGoesTogetherWithWhatWasBefore() {
        IncompleteRequests requests = new IncompleteRequests(100, new LogLimiter(Duration.ofSeconds(10)));
        begin(requests, "first").grow(10);
        begin(requests, "second").grow(101);
        assertThat(cut).containsExactly("first", "second");
        assertThat(requests.held()).isZero();
    }
}
