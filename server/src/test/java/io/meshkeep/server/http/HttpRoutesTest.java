package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.EmptyHttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpRoutesTest {
    private static final HttpRoutes ROUTES = HttpRoutes.builder()
            .exact("/v3/exact", says("exact"))
            .prefix("/v3/", says("v3"))
            .prefix("/v3/kv/", says("kv"))
            .prefix("/w", says("w"))
            .build();

    @ParameterizedTest
    @CsvSource({
        "/v3/exact,exact",
        "/v3/exact/,v3",
        "/v3/,v3",
        "/v3/k,v3",
        "/v3/kv/range,kv",
        "/v3/kz,v3",
        "/w,w",
        "/v,404 page not found",
        "/v3,404 page not found",
        "/,404 page not found",
        "'',404 page not found",
        "/x,404 page not found"
    })
    void theExactPathWinsThenTheLongestPrefix(String path, String expected) {
        HttpCall call = new HttpCall("GET", path, Map.of(), EmptyHttpHeaders.INSTANCE, new byte[0]);
        HttpReply reply = ROUTES.handle(call).toCompletableFuture().join();
        assertThat(new String(reply.body(), StandardCharsets.UTF_8).strip()).isEqualTo(expected);
    }

    private static HttpRoute says(String text) {
        return call -> CompletableFuture.completedFuture(HttpReply.text(text));
    }
}
