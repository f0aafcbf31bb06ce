package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.server.metrics.Metrics;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Our answers are those of a real etcd, byte for byte. */
class EtcdTranscriptTest {
    private static final String TRANSCRIPT = "etcd-3.5.35.txt";

    private record Entry(String port, String alarm, String request, String answer) {}

    private static HttpPorts ports;

    @BeforeAll
    static void start() throws IOException {
        ports = new HttpPorts(VersionInfo.of("3.5.35"), new Metrics("3.5.35", false));
    }

    @AfterAll
    static void stop() {
        ports.close();
    }

    @TestFactory
    Stream<DynamicTest> answersAreEtcds() throws IOException {
        List<Entry> entries = entries();
        assertThat(entries).hasSizeGreaterThan(100);
        return entries.stream()
                .map(e -> DynamicTest.dynamicTest(
                        e.port() + " " + e.alarm() + " "
                                + e.request().lines().findFirst().orElseThrow(),
                        () -> compare(e)));
    }

    private static void compare(Entry entry) throws IOException {
        ports.health().alarms = entry.alarm().equals("none") ? List.of() : List.of(entry.alarm());
        int port = entry.port().equals("clients") ? ports.clients() : ports.monitoring();
        try (RawClient client = new RawClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))) {
            client.send(entry.request().replace("\n", "\r\n"));
            RawClient.Answer answer = entry.request().startsWith("HEAD ") ? client.answerToHead() : client.answer();
            assertThat(answer.transcript()).isEqualTo(entry.answer());
        }
    }

    private static List<Entry> entries() throws IOException {
        String text;
        try (InputStream in = EtcdTranscriptTest.class.getResourceAsStream(TRANSCRIPT)) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        List<Entry> entries = new ArrayList<>();
        String[] blocks = text.split("(?m)^>>>> ");
        for (int i = 1; i < blocks.length; i++) {
            String[] parts = blocks[i].split("\n", 2);
            String[] words = parts[0].split(" ");
            String[] sides = parts[1].split("\n====\n", -1);
            entries.add(new Entry(words[0], words[1], sides[0], sides[1]));
        }
        return entries;
    }
}
