package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpPrefixTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "1",
                "1.2.3",
                "1.2.3.4.5",
                "01.2.3.4",
                "1.2.3.256",
                "1.2.3.-4",
                "1.2.3.4/",
                "1.2.3.4/33",
                "1.2.3.4/08",
                "1.2.3.4 ",
                " 1.2.3.4",
                "1.2.3.+4",
                "1..2.3",
                ":",
                ":::",
                "1:",
                ":1",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1::2::3",
                "12345::",
                "g::",
                "fe80::1%eth0",
                "::1/129",
                "1.2.3.4::",
                "::1.2.3",
                "::1.2.3.256",
                "1:2:3:4:5:6:7:1.2.3.4",
                "1:2:3:4:5:6:7:8::",
                "::/-1",
                "localhost",
                "１.2.3.4"
            })
    void whatIsNoAddressIsNotRead(String text) {
        assertThat(IpPrefix.parse(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "1.2.3.4, 1.2.3.4",
        "0.0.0.0/0, 0.0.0.0/0",
        "255.255.255.255/32, 255.255.255.255/32",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "0:0:0:0:0:0:0:0, ::",
        "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "1:0:0:2:0:0:0:3, 1:0:0:2::3",
        "::ffff:1.2.3.4, ::ffff:1.2.3.4",
        "::ffff:102:304, ::ffff:1.2.3.4",
        "64:ff9b::1.2.3.4, 64:ff9b::102:304",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "fd00::/8, fd00::/8"
    })
    void textIsMadeCanonical(String text, String canonical) {
        assertThat(IpPrefix.parse(text)).hasToString(canonical);
        assertThat(IpPrefix.parse(canonical)).isEqualTo(IpPrefix.parse(text));
    }

    @Test
    void addressesAreThoseOfTheJdk() throws UnknownHostException {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
            for (int b = 0; b < bytes.length; b++) {
                // many zeros, so that there is something to shorten
                bytes[b] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0);
            }
            IpPrefix ip = IpPrefix.of(bytes);
            String text = ip.toString();
            assertThat(IpPrefix.parse(text)).isEqualTo(ip);
            boolean mapped = text.startsWith("::ffff:") && text.contains(".");
            // the JDK makes an IPv4 address of a mapped one
            assertThat(InetAddress.getByName(text))
                    .isEqualTo(InetAddress.getByAddress(mapped ? java.util.Arrays.copyOfRange(bytes, 12, 16) : bytes));
        }
    }

    @Test
    void aPrefixContainsTheAddressesThatBeginWithItsBits() {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 20_000; i++) {
            boolean v6 = random.nextBoolean();
            int width = v6 ? 128 : 32;
            byte[] a = new byte[width / 8];
            random.nextBytes(a);
            byte[] b = a.clone();
            if (random.nextBoolean()) {
                int bit = random.nextInt(width);
                b[bit / 8] ^= (byte) (0x80 >>> bit % 8);
            }
            int length = random.nextInt(width + 1);
            boolean contained = true;
            for (int bit = 0; bit < length; bit++) {
                contained &= (a[bit / 8] >> (7 - bit % 8) & 1) == (b[bit / 8] >> (7 - bit % 8) & 1);
            }
            IpPrefix address = IpPrefix.of(a);
            IpPrefix prefix = new IpPrefix(v6, address.high(), address.low(), length);
            assertThat(prefix.contains(IpPrefix.of(b))).isEqualTo(contained);
            assertThat(prefix.first().toString() + "/" + length)
                    .isEqualTo(prefix.cut(length).toString());
        }
    }
}
