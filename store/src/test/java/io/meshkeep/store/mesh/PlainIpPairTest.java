package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class PlainIpPairTest {
    private static final String USUAL = "{\"IP\":\"10.1.2.3\",\"Mask\":null,\"HostIP\":\"172.18.0.2\",\"ID\":65536,"
            + "\"Key\":255,\"Metadata\":\"cilium-global:kind:4711\",\"K8sNamespace\":\"default\","
            + "\"K8sPodName\":\"client-0\"}";

    /** What random values are put together from: all that is plain, and much that is nearly so. */
    private static final List<String> PIECES = List.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u0049P",
            " ",
            "\n",
            "\u0000",
            "\u001f",
            "\u007f",
            "\u00e9",
            "null",
            "true",
            "-",
            "0",
            "00",
            "01",
            "255",
            "256",
            "4294967295",
            "4294967296",
            "99999999999",
            "1.0",
            "1e2",
            "IP",
            "Mask",
            "HostIP",
            "ID",
            "Key",
            "K8sNamespace",
            "K8sPodName",
            "ip",
            "\"IP\":\"10.0.0.1\"",
            "\"Mask\":\"/////w==\"",
            "\"HostIP\":null",
            "\"ID\":7",
            "\"Key\":",
            "\"K8sPodName\":\"a\"",
            "\"Metadata\":",
            "x".repeat(32),
            "x".repeat(33),
            "x".repeat(512),
            "x".repeat(513));

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Everything that is read; or why nothing can be. */
    private static List<Object> fields(ValueReader.IpPair pair) {
        return List.of(pair.ip, pair.mask, pair.hostIp, pair.namespace, pair.pod, pair.identity, pair.encryptionKey);
    }

    /** Whether the value is plain, in which case it must say what the parser reads in it. */
    private static boolean plainAndRight(byte[] value) {
        ValueReader.IpPair plain = PlainIpPair.read(value);
        if (plain == null) {
            return false;
        }
        try {
            assertThat(fields(plain)).isEqualTo(fields(ValueReader.parsedIpPair(value)));
        } catch (MalformedException refused) {
            throw new AssertionError("the parser refuses " + new String(value, StandardCharsets.UTF_8), refused);
        }
        return true;
    }

    @Test
    void whatCiliumWritesIsPlain() {
        assertThat(plainAndRight(bytes(USUAL))).isTrue();
        assertThat(fields(PlainIpPair.read(bytes(USUAL))))
                .containsExactly("10.1.2.3", "", "172.18.0.2", "default", "client-0", 65536L, 255);
    }

    @Test
    void whatIsNotPlainIsLeftToTheParser() {
        for (String value : List.of(
                "",
                "{",
                "{}",
                "null",
                "{\"IP\":\"\"}",
                "{\"IP\":\"10.0.0.1\"} ",
                "{\"IP\":\"10.0.0.1\",}",
                "{\"IP\": \"10.0.0.1\"}",
                "{\"IP\":\"10.0.0.1\",\"ID\":-1}",
                "{\"IP\":\"10.0.0.1\",\"ID\":01}",
                "{\"IP\":\"10.0.0.1\",\"ID\":4294967296}",
                "{\"IP\":\"10.0.0.1\",\"Key\":256}",
                "{\"IP\":\"10.0.0.1\",\"K8sPodName\":7}",
                "{\"IP\":\"10.0.0.1\",\"K8sPodName\":\"\\n\"}",
                "{\"IP\":\"10.0.0.1\",\"K8sPodName\":\"\u00e9\"}",
                "{\"IP\":\"10.0.0.1\",\"K8sPodName\":\"" + "x".repeat(513) + "\"}",
                "{\"IP\":\"10.0.0.1\",\"NamedPorts\":[]}")) {
            assertThat(PlainIpPair.read(bytes(value))).as(value).isNull();
        }
    }

    @Test
    void nothingThatIsPlainIsReadOtherwiseThanByTheParser() {
        SplittableRandom random = new SplittableRandom(20);
        int plain = 0;
        for (int i = 0; i < 100_000; i++) {
            StringBuilder value = new StringBuilder(random.nextInt(4) == 0 ? "" : USUAL);
            for (int edits = random.nextInt(4); edits >= 0; edits--) {
                int from = random.nextInt(value.length() + 1);
                int to = random.nextBoolean() ? from : Math.min(value.length(), from + random.nextInt(12));
                value.replace(from, to, random.nextInt(3) == 0 ? "" : PIECES.get(random.nextInt(PIECES.size())));
            }
            plain += plainAndRight(bytes(value.toString())) ? 1 : 0;
        }
        assertThat(plain).isGreaterThan(5_000);
    }

    @Test
    void anyValueCutShortIsLeftToTheParser() {
        byte[] whole = bytes(USUAL);
        for (int length = 0; length < whole.length; length++) {
            assertThat(PlainIpPair.read(Arrays.copyOf(whole, length))).isNull();
        }
    }
}
