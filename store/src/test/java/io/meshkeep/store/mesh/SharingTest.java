package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SharingTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static MeshIndex endpoint(MeshIndex index, int number, String host, long revision) {
        String ip = "10.0." + number / 250 + "." + number % 250;
        MeshUpdate update = index.update();
        update.put(
                bytes("cilium/state/ip/v1/default/" + ip),
                bytes("{\"IP\":\"" + ip + "\",\"HostIP\":\"" + host + "\",\"ID\":1,\"K8sNamespace\":\"ns\"}"),
                revision);
        return update.finish();
    }

    private static Endpoint at(MeshIndex index, int number) {
        return index.endpoint(Scope.LOCAL, IpPrefix.parse("10.0." + number / 250 + "." + number % 250));
    }

    @Test
    void endpointsOfANodeShareItsName() {
        MeshIndex index = endpoint(MeshIndex.EMPTY, 1, "192.168.0.1", 2);
        index = endpoint(index, 2, "192.168.0.1", 3);
        assertThat(at(index, 1).hostName()).isSameAs(at(index, 2).hostName());
        assertThat(at(index, 1).namespaceName()).isSameAs(at(index, 2).namespaceName());
    }

    @Test
    void namesThatNoEndpointHasAnyMoreAreForgottenAndOthersStayShared() {
        MeshIndex index = endpoint(MeshIndex.EMPTY, 1, "192.168.0.1", 2);
        int most = 0;
        for (int change = 0; change < 10_000; change++) {
            index = endpoint(index, 2, "172.16." + change / 250 + "." + change % 250, 3 + change);
            most = Math.max(most, index.sharing.heldCount());
        }
        assertThat(most).isLessThan(5000);
        index = endpoint(index, 3, "192.168.0.1", 20_000);
        assertThat(at(index, 3).hostName()).isSameAs(at(index, 1).hostName());
    }
}
