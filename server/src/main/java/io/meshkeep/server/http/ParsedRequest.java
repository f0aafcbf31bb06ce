package io.meshkeep.server.http;

import io.meshkeep.server.http.HttpReply.Header;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What has become of a request before any route sees it. */
sealed interface ParsedRequest {
    /** A request for the routes. */
    record Accepted(HttpCall call) implements ParsedRequest {}

    /**
     * A request that has its answer already.
     *
     * @param fatal whether the connection must not be used any further
     */
    record Refused(HttpReply reply, boolean fatal) implements ParsedRequest {}

    /**
     * Checks what the protocol demands and takes the request apart.
     *
     * @param access who may ask, or empty if that is not this port's concern
     */
    static ParsedRequest of(FullHttpRequest request, Optional<HttpAccess> access) {
        Optional<HttpReply> malformed = malformed(request);
        if (malformed.isPresent()) {
            return new Refused(malformed.get(), true);
        }
        String host = request.headers().get(HttpHeaderNames.HOST, "");
        if (access.isPresent()) {
            if (!access.get().allowsHost(host)) {
                return new Refused(HttpAccess.unknownHost(host), false);
            }
            if (request.method().equals(HttpMethod.OPTIONS)) {
                return new Refused(new HttpReply(HttpResponseStatus.OK, List.of(), List.of(), new byte[0]), false);
            }
        }
        String path;
        QueryStringDecoder uri = new QueryStringDecoder(originForm(request.uri()), StandardCharsets.UTF_8);
        try {
            path = uri.path();
        } catch (IllegalArgumentException e) {
            return new Refused(protocolError(HttpResponseStatus.BAD_REQUEST, "400 Bad Request"), true);
        }
        return new Accepted(new HttpCall(
                request.method().name(),
                path,
                query(uri.rawQuery()),
                request.headers(),
                ByteBufUtil.getBytes(request.content())));
    }

    private static Optional<HttpReply> malformed(FullHttpRequest request) {
        if (request.decoderResult().isFailure()) {
            Throwable cause = request.decoderResult().cause();
            if (cause instanceof TooLongHttpHeaderException) {
                return Optional.of(protocolError(
                        HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "431 Request Header Fields Too Large"));
            }
            if (cause instanceof TooLongHttpLineException) {
                return Optional.of(protocolError(HttpResponseStatus.REQUEST_URI_TOO_LONG, "414 Request-URI Too Long"));
            }
            return Optional.of(protocolError(HttpResponseStatus.BAD_REQUEST, "400 Bad Request"));
        }
        HttpVersion version = request.protocolVersion();
        if (version.majorVersion() != 1) {
            return Optional.of(protocolError(
                    HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED,
                    "505 HTTP Version Not Supported: unsupported protocol version"));
        }
        List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
        if (hosts.isEmpty() && version.minorVersion() > 0) {
            return Optional.of(
                    protocolError(HttpResponseStatus.BAD_REQUEST, "400 Bad Request: missing required Host header"));
        }
        if (hosts.size() > 1) {
            return Optional.of(protocolError(HttpResponseStatus.BAD_REQUEST, "400 Bad Request: too many Host headers"));
        }
        if (request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
                && !HttpUtil.isTransferEncodingChunked(request)) {
            return Optional.of(protocolError(HttpResponseStatus.NOT_IMPLEMENTED, "Unsupported transfer encoding"));
        }
        return Optional.empty();
    }

    private static HttpReply protocolError(HttpResponseStatus status, String text) {
        return new HttpReply(
                status,
                List.of(new Header("Content-Type", "text/plain; charset=utf-8")),
                List.of(),
                text.getBytes(StandardCharsets.UTF_8));
    }

    /** Drops scheme and authority from an absolute target (RFC 9112 §3.2.2). */
    private static String originForm(String target) {
        int authority = target.startsWith("/") ? -1 : target.indexOf("://");
        if (authority < 0) {
            return target;
        }
        int path = target.indexOf('/', authority + 3);
        return path < 0 ? "/" : target.substring(path);
    }

    /** As Go parses queries: pairs that cannot be decoded, and those with a semicolon, are skipped. */
    private static Map<String, List<String>> query(String raw) {
        Map<String, List<String>> parameters = new LinkedHashMap<>();
        for (String pair : raw.split("&")) {
            if (!pair.isEmpty() && pair.indexOf(';') < 0) {
                int equals = pair.indexOf('=');
                Optional<String> name = decode(equals < 0 ? pair : pair.substring(0, equals));
                Optional<String> value = decode(equals < 0 ? "" : pair.substring(equals + 1));
                if (name.isPresent() && value.isPresent()) {
                    parameters
                            .computeIfAbsent(name.get(), ignored -> new ArrayList<>(1))
                            .add(value.get());
                }
            }
        }
        return parameters;
    }

    private static Optional<String> decode(String component) {
        try {
            return Optional.of(QueryStringDecoder.decodeComponent(component));
        } catch (IllegalArgumentException undecodable) {
            return Optional.empty();
        }
    }
}
