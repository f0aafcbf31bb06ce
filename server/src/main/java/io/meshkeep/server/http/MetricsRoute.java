package io.meshkeep.server.http;

import io.meshkeep.server.http.HttpReply.Header;
import io.meshkeep.server.metrics.Metrics;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.zip.GZIPOutputStream;

/** {@code /metrics}, whatever the method; compressed for those who understand it. */
final class MetricsRoute implements HttpRoute {
    private final Metrics metrics;
    private final SharedScrape plain;
    private final SharedScrape compressed;

    /** @param executor runs the scrapes; a single thread will do */
    MetricsRoute(Metrics metrics, Executor executor) {
        this.metrics = metrics;
        this.plain = new SharedScrape(metrics::scrape, executor);
        this.compressed = new SharedScrape(() -> gzip(metrics.scrape()), executor);
    }

    @Override
    public CompletionStage<HttpReply> handle(HttpCall call) {
        Header type = HttpReply.contentType(metrics.contentType());
        return acceptsGzip(call.headers())
                ? compressed.result().thenApply(body -> reply(body, new Header("Content-Encoding", "gzip"), type))
                : plain.result().thenApply(body -> reply(body, type));
    }

    private static HttpReply reply(byte[] body, Header... headers) {
        return new HttpReply(HttpResponseStatus.OK, List.of(headers), List.of(), body);
    }

    private static boolean acceptsGzip(HttpHeaders headers) {
        for (String value : headers.getAll(HttpHeaderNames.ACCEPT_ENCODING)) {
            for (String coding : value.split(",")) {
                String c = coding.strip();
                if (c.equals("gzip") || (c.startsWith("gzip;") && !c.matches("gzip;\\s*q=0(\\.0*)?"))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(plain.length / 8);
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException("compressing in memory failed", e);
        }
        return out.toByteArray();
    }
}
