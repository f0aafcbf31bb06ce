package io.meshkeep.clustermesh.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.meshkeep.clustermesh.apiserver.AsciiWatches.Escaping;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Text that is cut into buffers as the network does. */
class AsciiWatchesTest {
    private static final String JSON = "{\"a\":\"\\u0001\\\"\u007f ü € \ud83d\ude00 \u2028 \uffff\\n\"}\n";

    private static String escaped(byte[] text, int... cuts) {
        StringBuilder all = new StringBuilder();
        Escaping escaping = new Escaping((buffers, body) -> {
            for (ByteBuffer buffer : buffers) {
                // as fabric8 does it: what is behind the characters as well
                all.append(StandardCharsets.UTF_8.decode(buffer).array());
            }
        });
        try {
            int from = 0;
            List<ByteBuffer> buffers = new ArrayList<>();
            for (int cut : cuts) {
                buffers.add(ByteBuffer.wrap(Arrays.copyOfRange(text, from, cut)));
                from = cut;
            }
            escaping.consume(buffers, null);
            escaping.consume(List.of(ByteBuffer.wrap(text, from, text.length - from)), null);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        return all.toString();
    }

    @Test
    void textIsTheSameHoweverItIsCut() {
        byte[] text = JSON.getBytes(StandardCharsets.UTF_8);
        String whole = escaped(text);
        assertThat(whole).isASCII().endsWith("\n").doesNotContain("\0");
        KubernetesSerialization json = new KubernetesSerialization();
        assertThat(json.unmarshal(whole, Object.class)).isEqualTo(json.unmarshal(JSON, Object.class));
        for (int first = 0; first <= text.length; first++) {
            for (int second = first; second <= text.length; second++) {
                assertThat(escaped(text, first, second)).isEqualTo(whole);
            }
        }
    }

    @Test
    void asciiIsHandedOnAsItIs() throws Exception {
        ByteBuffer buffer = ByteBuffer.wrap("{\"a\":1}\n".getBytes(StandardCharsets.US_ASCII));
        List<ByteBuffer> told = new ArrayList<>();
        new Escaping((buffers, body) -> told.addAll(buffers)).consume(List.of(buffer), null);
        assertThat(told).hasSize(1).first().isSameAs(buffer);
    }

    @Test
    void whatIsNotUtf8BecomesReplacementCharacters() {
        byte[] text = {
            'a',
            (byte) 0x80,
            'b',
            (byte) 0xe2,
            (byte) 0x82,
            'c',
            (byte) 0xff,
            'd',
            (byte) 0xc3,
            (byte) 0xc3,
            (byte) 0xbc
        };
        assertThat(escaped(text)).isEqualTo("a\\ufffdb\\ufffdc\\ufffdd\\ufffd\\u00fc");
    }
}
