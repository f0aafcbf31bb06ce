package io.meshkeep.clustermesh.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.meshkeep.clustermesh.sync.Cluster;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RegisterNodeJsonTest {
    /** Written by Go's encoder from a struct with the fields of Cilium's Node. */
    private static List<String> goldens() throws IOException {
        try (InputStream in = RegisterNodeJsonTest.class.getResourceAsStream("register-nodes.jsonl")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    @Test
    void writesWhatItReadsAsGoDoes() throws Exception {
        for (String golden : goldens()) {
            RegisterNode read = RegisterNodeJson.read(ByteString.copyFromUtf8(golden));
            assertThat(RegisterNodeJson.write(read).toStringUtf8()).isEqualTo(golden);
        }
    }

    @Test
    void announcesAsGoDoes() throws Exception {
        assertThat(RegisterNodeJson.write(Vm.announcing("runtime")).toStringUtf8())
                .isEqualTo(goldens().get(0));
    }

    @Test
    void answersAsGoDoes() throws Exception {
        ExternalWorkload workload = new ExternalWorkload(
                "runtime",
                Map.of("app", "x<&>y"),
                Optional.of(Cidr.parse("10.192.1.2/30")),
                Optional.of(Cidr.parse("fd00:192:0:1::5/126")),
                0,
                Optional.empty());
        Cluster cluster = Cluster.of("east", 7);
        RegisterNode answer = Vm.announcing("runtime").under(workload, cluster).answered(460123);
        String golden = goldens()
                .get(1)
                .replace(
                        "\"io.kubernetes.pod.namespace\":\"default\"",
                        "\"io.kubernetes.pod.name\":\"runtime\",\"io.kubernetes.pod.namespace\":\"default\"");
        assertThat(RegisterNodeJson.write(answer).toStringUtf8()).isEqualTo(golden);
    }

    @Test
    void refusesWhatIsNoNode() {
        for (String bad : List.of(
                "",
                "[]",
                "{",
                "{}x",
                "{\"Name\":1}",
                "{\"NodeIdentity\":-1}",
                "{\"NodeIdentity\":4294967296}",
                "{\"NodeIdentity\":1.5}",
                "{\"EncryptionKey\":256}",
                "{\"Labels\":[]}",
                "{\"Labels\":{\"a\":1}}",
                "{\"IPAddresses\":{}}",
                "{\"IPAddresses\":[{\"Type\":\"InternalIP\",\"IP\":\"\"}]}",
                "{\"IPAddresses\":[{\"Type\":\"InternalIP\",\"IP\":\"10.0.0.0/8\"}]}",
                "{\"IPv4HealthIP\":\"nowhere\"}",
                "{\"IPv4AllocCIDR\":{\"IP\":\"10.0.0.0\",\"Mask\":\"AAAA/w==\"}}",
                "{\"IPv4AllocCIDR\":{\"IP\":\"10.0.0.0\",\"Mask\":\"?\"}}",
                "{\"IPv4SecondaryAllocCIDRs\":[null]}",
                "[".repeat(100_000))) {
            assertThatThrownBy(() -> RegisterNodeJson.read(ByteString.copyFromUtf8(bad)))
                    .as(bad)
                    .isInstanceOf(RegisterNodeJson.MalformedException.class);
        }
    }

    /** Whatever a VM writes, it is read or refused. */
    @Test
    void damagedValuesAreReadOrRefused() throws Exception {
        Random random = new Random(7);
        for (int round = 0; round < 3000; round++) {
            byte[] bytes = goldens().get(random.nextInt(3)).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 3; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                RegisterNodeJson.write(RegisterNodeJson.read(ByteString.copyFrom(bytes)));
            } catch (RegisterNodeJson.MalformedException refused) {
                assertThat(refused.getMessage()).isNotBlank();
            }
        }
    }

    @Test
    void rangesOverlapWhenOneHoldsTheOther() {
        Cidr range = Cidr.parse("10.192.1.0/30");
        assertThat(range.overlaps(Cidr.parse("10.0.0.0/8"))).isTrue();
        assertThat(Cidr.parse("10.0.0.0/8").overlaps(range)).isTrue();
        assertThat(range.overlaps(Cidr.parse("10.192.1.4/30"))).isFalse();
        assertThat(range.overlaps(Cidr.parse("::/0"))).isFalse();
        assertThat(Cidr.parse("10.192.1.3/30")).isEqualTo(range);
        assertThat(Cidr.parse("10.192.1.3")).isNull();
        assertThat(Cidr.parse("10.192.1.3/33")).isNull();
    }
}
