package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MalformedValuesTest {
    private static final String IP_KEY = "cilium/cache/ip/v1/blue/10.0.0.1";
    private static final String GOOD = "{\"IP\":\"10.0.0.1\",\"ID\":1}";

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static MeshIndex index(byte[] key, byte[] value) {
        MeshUpdate update = MeshIndex.EMPTY.update();
        update.put(key, value, 2);
        return update.finish();
    }

    private static MeshIndex index(String key, String value) {
        return index(bytes(key), bytes(value));
    }

    private static String reason(MeshIndex index) {
        assertThat(index.malformedCount()).isEqualTo(1);
        assertThat(index.endpointCount() + index.identityCount() + index.nodeCount() + index.serviceCount())
                .isZero();
        return index.faults.first().reason();
    }

    static Stream<Arguments> malformedPairs() {
        return Stream.of(
                Arguments.of("", "not a JSON object"),
                Arguments.of("null", "not a JSON object"),
                Arguments.of("[]", "not a JSON object"),
                Arguments.of("{", "not JSON"),
                Arguments.of("{}", "it has no IP"),
                Arguments.of(GOOD + "x", "not JSON"),
                Arguments.of(GOOD + "{}", "something after the object"),
                Arguments.of("\ufeff" + GOOD, "not a JSON object"),
                Arguments.of("{\"IP\":1}", "IP is not text"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"ID\":\"1\"}", "ID is not a whole number"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"ID\":1.5}", "ID is not a whole number"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"ID\":-1}", "ID is not between 0 and 4294967295"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"ID\":4294967296}", "ID is not between 0 and 4294967295"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"ID\":" + "9".repeat(30) + "}", "ID is too large"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"ID\":" + "9".repeat(100_000) + "}", "not JSON"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"Key\":256}", "Key is not between 0 and 255"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"x\":" + "[".repeat(100_000), "not JSON"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"x\":" + "{\"a\":".repeat(1000), "not JSON"),
                Arguments.of("{\"IP\":\"" + "1".repeat(600) + "\"}", "IP is longer than 512 characters"),
                Arguments.of("{\"IP\":\"" + "1".repeat(100_000) + "\"}", "not JSON"),
                Arguments.of("{\"" + "n".repeat(100_000) + "\":1,\"IP\":\"10.0.0.1\"}", "not JSON"),
                Arguments.of("{\"IP\":\"10.0.0.1\",\"K8sNamespace\":[\"a\"]}", "K8sNamespace is not text"));
    }

    @ParameterizedTest
    @MethodSource("malformedPairs")
    void aMalformedPairIsListedWithItsReason(String value, String reason) {
        MeshIndex index = index(IP_KEY, value);
        assertThat(reason(index)).contains(reason).hasSizeLessThan(250);
        assertThat(index.faults.first().key()).isEqualTo(bytes(IP_KEY));
    }

    @Test
    void bytesThatAreNotUtf8AreMalformed() {
        for (byte[] bad : new byte[][] {{(byte) 0xff}, {(byte) 0xc3, '('}, {(byte) 0xe2, (byte) 0x82}, {(byte) 0x80}}) {
            byte[] value = bytes("{\"IP\":\"10.0.0.1\",\"K8sPodName\":\"#####\"}");
            int at = new String(value, StandardCharsets.UTF_8).indexOf('#');
            System.arraycopy(bad, 0, value, at, bad.length);
            assertThat(reason(index(bytes(IP_KEY), value))).contains("not JSON");
            byte[] skipped = bytes("{\"IP\":\"10.0.0.1\",\"Metadata\":\"#####\"}");
            System.arraycopy(bad, 0, skipped, new String(skipped, StandardCharsets.UTF_8).indexOf('#'), bad.length);
            assertThat(reason(index(bytes(IP_KEY), skipped))).contains("not JSON");
            byte[] labels = bytes("k8s:a=##;");
            System.arraycopy(bad, 0, labels, 6, bad.length);
            assertThat(reason(index(bytes("cilium/state/identities/v1/id/300"), labels)))
                    .contains("not UTF-8");
            byte[] key = bytes("cilium/state/nodes/v1/blue/##");
            System.arraycopy(bad, 0, key, key.length - 2, bad.length);
            assertThat(reason(index(key, bytes("{}")))).contains("not UTF-8");
        }
    }

    @Test
    void otherEncodingsOfUnicodeAreMalformed() {
        assertThat(reason(index(bytes(IP_KEY), GOOD.getBytes(StandardCharsets.UTF_16BE))))
                .contains("not a JSON object");
        assertThat(reason(index(bytes(IP_KEY), GOOD.getBytes(StandardCharsets.UTF_16LE))))
                .contains("not a JSON object");
    }

    @Test
    void theLastOfTwoFieldsCountsAndUnknownOnesAreSkipped() {
        MeshIndex index = index(
                IP_KEY, "{\"ID\":7,\"new\":{\"a\":[1,{\"b\":null}]},\"IP\":\"1.1.1.1\",\"IP\":\"10.0.0.1\",\"ID\":8}");
        assertThat(index.problemCount()).isZero();
        assertThat(index.endpointsByIp.first().identity()).isEqualTo(8);
    }

    @Test
    void halfACharacterIsReplaced() {
        MeshIndex index = index(IP_KEY, "{\"IP\":\"10.0.0.1\",\"ID\":1,\"K8sNamespace\":\"\\ud800x\"}");
        assertThat(index.endpointsByIp.first().namespace()).isEqualTo("?x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cilium/cache/ip/v1/blue/10.0.0.01",
                "cilium/cache/ip/v1/blue/",
                "cilium/cache/ip/v1/10.0.0.1",
                "cilium/cache/ip/v1/blue/FD00::1",
                "cilium/cache/ip/v1/blue/10.0.0.1/24",
                "cilium/state/ip/v1/10.0.0.1",
                "cilium/state/ip/v1/other/10.0.0.1",
                "cilium/state/identities/v1/id/0",
                "cilium/state/identities/v1/id/007",
                "cilium/state/identities/v1/id/4294967296",
                "cilium/state/identities/v1/id/x",
                "cilium/cache/identities/v1/",
                "cilium/state/nodes/v1/blue",
                "cilium/state/nodes/v1/blue/",
                "cilium/state/nodes/v1/blue/a/b",
                "cilium/state/services/v1/blue/a",
                "cilium/state/noderegister/v1/",
                "cilium/cache/serviceexports/v1/blue//a"
            })
    void malformedKeysAreListedWhateverTheValue(String key) {
        MeshIndex index = index(key, GOOD);
        assertThat(reason(index)).contains("the key");
        MeshUpdate update = index.update();
        update.put(bytes(key), bytes("{}"), 3);
        assertThat(update.finish().malformedCount()).isEqualTo(1);
        update = index.update();
        update.delete(bytes(key));
        assertThat(update.finish().malformedCount()).isZero();
        assertThat(update.finish().heapBytes()).isZero();
    }

    @Test
    void aRepairedValueIsNoLongerListedAndABrokenOneNoLongerIndexed() {
        MeshIndex index = index(IP_KEY, GOOD);
        assertThat(index.problemCount()).isZero();
        MeshUpdate breaking = index.update();
        breaking.put(bytes(IP_KEY), bytes("oops"), 3);
        MeshIndex broken = breaking.finish();
        assertThat(broken.endpointCount()).isZero();
        assertThat(broken.malformedCount()).isEqualTo(1);
        MeshUpdate repairing = broken.update();
        repairing.put(bytes(IP_KEY), bytes(GOOD), 4);
        assertThat(repairing.finish().endpointCount()).isEqualTo(1);
        assertThat(repairing.finish().problemCount()).isZero();
    }

    @Test
    void tooManyLabelsAreMalformed() {
        StringBuilder labels = new StringBuilder();
        for (int i = 0; i < 257; i++) {
            labels.append("k8s:l").append(i).append("=x;");
        }
        assertThat(reason(index("cilium/state/identities/v1/id/300", labels.toString())))
                .contains("256 labels");
        assertThat(reason(index("cilium/state/identities/v1/id/300", "k8s:" + "a".repeat(600) + "=;")))
                .contains("longer than");
        assertThat(reason(index("cilium/state/identities/v1/id/300", ";;"))).contains("no labels");
    }

    @Test
    void anythingAtAllIsSurvived() {
        SplittableRandom random = new SplittableRandom(5);
        byte[][] samples = {
            bytes(GOOD),
            bytes("k8s:app=db;k8s:env=prod;"),
            bytes("{\"Name\":\"n\",\"Cluster\":\"blue\",\"IPAddresses\":[{\"Type\":\"InternalIP\",\"IP\":\"1.2.3.4\"}],"
                    + "\"IPv4AllocCIDR\":{\"IP\":\"10.0.0.0\",\"Mask\":\"////AA==\"},\"ClusterID\":1}"),
            bytes("{\"cluster\":\"blue\",\"namespace\":\"a\",\"name\":\"b\",\"frontends\":{\"1.1.1.1\":{\"http\":"
                    + "{\"Protocol\":\"TCP\",\"Port\":80}}},\"backends\":null,\"shared\":true}")
        };
        String[] keys = {
            IP_KEY,
            "cilium/state/identities/v1/id/300",
            "cilium/cache/nodes/v1/blue/n",
            "cilium/cache/services/v1/blue/a/b"
        };
        MeshIndex index = MeshIndex.EMPTY;
        int malformed = 0;
        for (int i = 0; i < 50_000; i++) {
            byte[] value = samples[random.nextInt(samples.length)].clone();
            for (int n = random.nextInt(4); n > 0; n--) {
                value[random.nextInt(value.length)] = (byte) random.nextInt();
            }
            MeshUpdate update = index.update();
            update.put(bytes(keys[random.nextInt(keys.length)]), value, i + 2);
            index = update.finish();
            malformed += index.malformedCount();
        }
        assertThat(malformed).isGreaterThan(10_000);
    }
}
