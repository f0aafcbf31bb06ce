package io.meshkeep.clustermesh.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ClustermeshApiserverTest {
    @Test
    void translatesWhatCiliumsToolsAskForInThePod() {
        assertThat(ClustermeshApiserver.debugging(
                        List.of("clustermesh-dbg", "troubleshoot", "--timeout", "1s"), "--etcd-config=f"))
                .containsExactly("troubleshoot", "--etcd-config=f", "--timeout", "1s");
        assertThat(ClustermeshApiserver.debugging(List.of("kvstoremesh-dbg", "status", "-o", "json"), "x"))
                .containsExactly("kvstoremesh", "--status", "-o", "json");
    }
}
