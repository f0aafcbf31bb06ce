package io.meshkeep.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshkeep.server.ListenUrl.Scheme;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ListenUrlTest {
    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:2379,        HTTP,  127.0.0.1,   2379",
        "https://[10.0.0.5]:2379,      HTTPS, 10.0.0.5,    2379",
        "HTTP://0.0.0.0:0,             HTTP,  0.0.0.0,     0",
        "http://[::1]:65535,           HTTP,  ::1,         65535",
        "http://[fe80::1%25eth0]:2379, HTTP,  fe80::1%eth0, 2379",
        "http://[fe80::1%eth0]:2379,   HTTP,  fe80::1%eth0, 2379",
        "http://[::ffff:10.0.0.5]:1,   HTTP,  ::ffff:10.0.0.5, 1",
        "http://localhost:2379,        HTTP,  localhost,   2379",
        "http://etcd-0.etcd_ns.svc:23, HTTP,  etcd-0.etcd_ns.svc, 23",
    })
    void readsWhatEtcdReads(String text, Scheme scheme, String host, int port) {
        assertThat(ListenUrl.parse(text)).isEqualTo(new ListenUrl(scheme, host, port));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            127.0.0.1:2379           | has no scheme; write http://127.0.0.1:2379
            tcp://127.0.0.1:2379     | has an unsupported scheme
            unix:///run/etcd.sock    | Unix sockets are not served
            unixs://localhost:2379   | Unix sockets are not served
            ://127.0.0.1:2379        | has an unsupported scheme
            http://127.0.0.1         | has no port
            http://[::1]             | has no port
            http://[::1]2379         | has no port
            http://[::1:2379         | has no closing bracket
            http://:2379             | has no host; 0.0.0.0 listens
            http://[]:2379           | has no host; 0.0.0.0 listens
            http://::1:2379          | has an IPv6 address without brackets
            http://[localhost]:2379  | has no IP address in its brackets
            http://[1.2.3]:2379      | has no IP address in its brackets
            http://[:::]:2379        | has no IP address in its brackets
            http://[fe80::1%]:2379   | has no IP address in its brackets
            http://10.0.0.256:2379   | neither an IP address nor a host name
            http://10.0.5:2379       | neither an IP address nor a host name
            http://a..b:2379         | neither an IP address nor a host name
            http://-a:2379           | neither an IP address nor a host name
            http://a b:2379          | neither an IP address nor a host name
            http://127.0.0.1:65536   | not a number between 0 and 65535
            http://127.0.0.1:99999999999 | not a number between 0 and 65535
            http://127.0.0.1:-1      | not a number between 0 and 65535
            http://127.0.0.1:+1      | not a number between 0 and 65535
            http://127.0.0.1:        | not a number between 0 and 65535
            http://127.0.0.1:2379/   | must end after the port
            http://127.0.0.1:2379?a  | must end after the port
            http://127.0.0.1:2379#a  | must end after the port
            http://a@127.0.0.1:2379  | must not name a user
            """)
    void refusesTheRestInOneLine(String text, String problem) {
        assertThatThrownBy(() -> ListenUrl.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + text + "\"")
                .hasMessageContaining(problem)
                .message()
                .hasLineCount(1);
    }

    @Test
    void refusesPartsThatMakeNoUrl() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ListenUrl(Scheme.HTTP, "", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ListenUrl(Scheme.HTTP, "a/b", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new ListenUrl(Scheme.HTTP, "a", 65_536));
        assertThatIllegalArgumentException().isThrownBy(() -> new ListenUrl(null, "a", 1));
    }

    @Test
    void withPortChangesThePortAlone() {
        assertThat(ListenUrl.parse("https://[::1]:0").withPort(4711)).hasToString("https://[::1]:4711");
    }

    /** Whatever the host, writing and reading is the identity, and other programs read what is written. */
    @Test
    void readsBackWhatItWrites() throws UnknownHostException {
        SplittableRandom random = new SplittableRandom(0x11573e);
        for (int i = 0; i < 20_000; i++) {
            ListenUrl url = new ListenUrl(
                    random.nextBoolean() ? Scheme.HTTP : Scheme.HTTPS, host(random), random.nextInt(65_536));
            assertThat(ListenUrl.parse(url.toString())).as("%s", url).isEqualTo(url);
            URI uri = URI.create(url.toString());
            assertThat(uri.getPort()).as("%s", url).isEqualTo(url.port());
            assertThat(uri.getScheme()).as("%s", url).isEqualTo(url.isTls() ? "https" : "http");
            if (!url.host().contains(":")) {
                String bracketed = url.toString().replace(url.host(), "[" + url.host() + "]");
                if (Character.isDigit(url.host().charAt(0)) && url.host().matches("[0-9.]+")) {
                    assertThat(ListenUrl.parse(bracketed)).as("%s", bracketed).isEqualTo(url);
                }
            }
        }
    }

    /** Noise is either a URL or refused as an argument: nothing else is thrown, and nothing passes by accident. */
    @Test
    void noiseIsReadOrRefused() {
        String alphabet = "htps:/[]%.0123456789abcf@?#-_ \u00e9";
        SplittableRandom random = new SplittableRandom(0xbad);
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder(random.nextInt(4) == 0 ? "" : "http://");
            for (int length = random.nextInt(16); length > 0; length--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                ListenUrl url = ListenUrl.parse(text.toString());
                assertThat(ListenUrl.parse(url.toString())).as("%s", text).isEqualTo(url);
            } catch (IllegalArgumentException expected) {
                assertThat(expected).as("%s", text).hasMessageContaining(text.toString());
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(10_000).isLessThan(50_000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://127.0.0.1:1", "http://[::1]:1", "http://[fe80::1%25eth0]:1"})
    void writesTheUsualForm(String text) {
        assertThat(ListenUrl.parse(text)).hasToString(text);
    }

    private static String host(SplittableRandom random) throws UnknownHostException {
        byte[] address = new byte[random.nextBoolean() ? 4 : 16];
        random.nextBytes(address);
        switch (random.nextInt(4)) {
            case 0:
                // The leading zero bytes keep some of the addresses short.
                for (int i = random.nextInt(address.length); i > 0; i--) {
                    address[i - 1] = 0;
                }
                return InetAddress.getByAddress(address).getHostAddress();
            case 1:
                return InetAddress.getByAddress(address).getHostAddress();
            case 2:
                return "h" + random.nextInt(1_000_000) + ".example";
            default:
                return "fe80::" + Integer.toHexString(random.nextInt(65_536)) + "%eth" + random.nextInt(10);
        }
    }
}
