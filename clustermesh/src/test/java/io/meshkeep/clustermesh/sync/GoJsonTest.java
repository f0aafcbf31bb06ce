package io.meshkeep.clustermesh.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class GoJsonTest {
    @Test
    void textsAreEscapedAsInGo() {
        assertThat(new GoJson()
                        .value("<a&b>\u2028\u2029 \"q\" \\ / \b\f\n\r\t\u0001\u007f é 😀")
                        .toString())
                .isEqualTo(
                        "\"\\u003ca\\u0026b\\u003e\\u2028\\u2029 \\\"q\\\" \\\\ / \\b\\f\\n\\r\\t\\u0001\u007f é 😀\"");
    }

    @Test
    void mapsAreInTheOrderOfTheirKeysBytes() {
        assertThat(new GoJson()
                        .value(Map.of("b", "1", "a/", "2", "a", "3", "😀", "4", "\uffee", "5", "B", "6"))
                        .toString())
                .isEqualTo("{\"B\":\"6\",\"a\":\"3\",\"a/\":\"2\",\"b\":\"1\",\"\uffee\":\"5\",\"😀\":\"4\"}");
    }

    @Test
    void nothingIsNullAndBytesAreBase64() {
        assertThat(new GoJson()
                        .open()
                        .name("a")
                        .value((byte[]) null)
                        .name("b")
                        .value(new byte[] {-1, -1, -1, 0})
                        .name("c")
                        .value((Map<String, String>) null)
                        .name("d")
                        .value((String) null)
                        .name("e")
                        .openList()
                        .value(1)
                        .value(true)
                        .closeList()
                        .close()
                        .toString())
                .isEqualTo("{\"a\":null,\"b\":\"////AA==\",\"c\":null,\"d\":\"\",\"e\":[1,true]}");
    }
}
