package io.meshkeep.server.http;

import java.util.concurrent.CompletionStage;

/** Answers the requests for a path. */
@FunctionalInterface
public interface HttpRoute {
    /**
     * Answers a request. Called on an event loop: must not block. The stage may complete on any thread; when it fails,
     * the answer is 500. It must complete within bounded time of its own accord.
     */
    CompletionStage<HttpReply> handle(HttpCall call);
}
