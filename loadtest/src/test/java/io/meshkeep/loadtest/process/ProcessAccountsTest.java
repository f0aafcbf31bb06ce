package io.meshkeep.loadtest.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ProcessAccountsTest {
    @Test
    void anyCommandNameWillDo() {
        assertThat(ProcessAccounts.cpuTicks("7 (a) (b c) S 1 7 7 0 -1 4194560 1 2 3 4 120 34 5 6 20 0 9 0 1 2 3"))
                .isEqualTo(154);
    }

    @Test
    void memoryIsReadByName() {
        String status = "Name:\tx\nVmRSS:\t  1234 kB\nRssAnon:\t 56 kB\n";
        assertThat(ProcessAccounts.kibibytes(status, "VmRSS")).isEqualTo(1234);
        assertThatThrownBy(() -> ProcessAccounts.kibibytes(status, "VmHWM")).hasMessageContaining("VmHWM");
    }

    @Test
    @Timeout(60)
    void workIsSeen() {
        ProcessAccounts own = new ProcessAccounts(ProcessHandle.current().pid());
        long before = own.nanos();
        long sum = 0;
        while (own.nanos() - before < Duration.ofMillis(50).toNanos()) {
            sum += System.nanoTime();
        }
        assertThat(sum).isNotZero();
        assertThat(own.memory().anonymous()).isBetween(1L << 20, own.memory().resident());
    }
}
