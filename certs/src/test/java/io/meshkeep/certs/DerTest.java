package io.meshkeep.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.asn1.DEROctetString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DerTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 127, 128, 255, 256, 65_535, 65_536, 1 << 20})
    void writesAndReadsElementsOfAllLengths(int length) throws Exception {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        byte[] element = Der.element(Der.OCTET_STRING, content);
        assertThat(element).isEqualTo(new DEROctetString(content).getEncoded());
        Der der = new Der(element);
        assertThat(der.read(Der.OCTET_STRING)).isEqualTo(content);
        der.requireEnd();
    }

    @Test
    void readsWhatFollows() throws Exception {
        Der der = new Der(HexFormat.of().parseHex("3003020105" + "0400"));
        Der inner = der.enter(Der.SEQUENCE);
        assertThat(inner.read(Der.INTEGER)).containsExactly(5);
        assertThat(inner.hasNext()).isFalse();
        assertThat(der.readWhole()).containsExactly(4, 0);
        assertThat(der.hasNext()).isFalse();
    }

    /** An end too early, no length, lengths that are huge, negative as an int, or longer than need be, a long tag. */
    @ParameterizedTest
    @ValueSource(
            strings = {"", "30", "3001", "3080", "30840000000000", "3084ffffffff", "308300ffff", "30810100", "3f8100"})
    void refusesWhatIsNoDer(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThatThrownBy(() -> new Der(bytes).enter(Der.SEQUENCE)).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> new Der(bytes).readWhole()).isInstanceOf(MalformedException.class);
    }

    @Test
    void nothingButItsOwnExceptionComesOfAnyBytes() {
        Random random = new Random(3);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(12)];
            random.nextBytes(bytes);
            if (bytes.length > 0 && i % 2 == 0) {
                bytes[0] = Der.SEQUENCE;
            }
            try {
                Der der = new Der(bytes);
                while (der.hasNext()) {
                    if (der.nextTag() == Der.SEQUENCE) {
                        der.enter(Der.SEQUENCE).readWhole();
                    } else {
                        der.readWhole();
                    }
                }
            } catch (MalformedException expected) {
                assertThat(expected).hasMessageMatching("[a-zA-Z0-9 ,]+");
            }
        }
    }
}
