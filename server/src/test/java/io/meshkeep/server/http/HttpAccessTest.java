package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpAccessTest {
    private static final HttpAccess SOME =
            new HttpAccess(Set.of("https://ui.example"), Set.of("kv.example", "10.0.0.5", "::1"));

    @ParameterizedTest
    @CsvSource({
        "kv.example,true",
        "kv.example:2379,true",
        "10.0.0.5:2379,true",
        "[::1]:2379,true",
        "[::1],true",
        "::1,true",
        "evil.example,false",
        "evil.example:2379,false",
        "kv.example.evil,false",
        "'',false"
    })
    void hostsAreComparedWithoutTheirPort(String host, boolean allowed) {
        assertThat(SOME.allowsHost(host)).isEqualTo(allowed);
        assertThat(HttpAccess.ANYONE.allowsHost(host)).isTrue();
        assertThat(new HttpAccess(Set.of(), Set.of()).allowsHost(host)).isTrue();
    }

    @Test
    void originsAreAllowedByName() {
        assertThat(SOME.corsHeaders(from("https://ui.example")))
                .contains(new HttpReply.Header("Access-Control-Allow-Origin", "https://ui.example"));
        assertThat(SOME.corsHeaders(from("https://evil.example"))).isEmpty();
        assertThat(HttpAccess.ANYONE.corsHeaders(from("https://evil.example")))
                .contains(new HttpReply.Header("Access-Control-Allow-Origin", "*"));
    }

    @Test
    void aRefusalDoesNotEchoWhatItCannotTrust() {
        HttpReply reply = HttpAccess.unknownHost("<script>\u0007evil:80");
        assertThat(reply.status().code()).isEqualTo(421);
        assertThat(new String(reply.body(), StandardCharsets.UTF_8))
                .contains("\"?script??evil\"")
                .doesNotContain("<");
    }

    private static HttpHeaders from(String origin) {
        return new DefaultHttpHeaders().add("Origin", origin);
    }
}
