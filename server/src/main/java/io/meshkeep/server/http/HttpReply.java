package io.meshkeep.server.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * An answer. The fields that every answer has (date, length, connection) are added when it is sent.
 *
 * @param status the status line
 * @param headers in the order in which they are sent
 * @param trailingHeaders headers that go after the date and the length, which is where Go puts a content type that it
 *     guessed
 * @param body the body; not to be changed afterwards
 */
public record HttpReply(HttpResponseStatus status, List<Header> headers, List<Header> trailingHeaders, byte[] body) {
    private static final Header NO_SNIFFING = new Header("X-Content-Type-Options", "nosniff");
    private static final Header TEXT = contentType("text/plain; charset=utf-8");

    /** A header line. */
    public record Header(String name, String value) {}

    /** An answer of the given content type. */
    public static HttpReply of(HttpResponseStatus status, String contentType, byte[] body) {
        return new HttpReply(status, List.of(contentType(contentType)), List.of(), body);
    }

    /** 200 with text whose type the client shall not guess. */
    public static HttpReply text(String body) {
        return new HttpReply(HttpResponseStatus.OK, List.of(TEXT, NO_SNIFFING), List.of(), utf8(body));
    }

    /** 200 with text, in the form that etcd gives to {@code /health}. */
    static HttpReply untypedText(String body) {
        return new HttpReply(HttpResponseStatus.OK, List.of(), List.of(TEXT), utf8(body));
    }

    /** An error with a line of text. */
    public static HttpReply error(HttpResponseStatus status, String message) {
        return new HttpReply(status, List.of(TEXT, NO_SNIFFING), List.of(), utf8(message + "\n"));
    }

    /** 404. */
    public static HttpReply notFound() {
        return error(HttpResponseStatus.NOT_FOUND, "404 page not found");
    }

    /** 405, naming the one method that is allowed. */
    public static HttpReply methodNotAllowed(String allowed) {
        return new HttpReply(
                HttpResponseStatus.METHOD_NOT_ALLOWED,
                List.of(new Header("Allow", allowed), TEXT, NO_SNIFFING),
                List.of(),
                utf8("Method Not Allowed\n"));
    }

    static Header contentType(String type) {
        return new Header("Content-Type", type);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
