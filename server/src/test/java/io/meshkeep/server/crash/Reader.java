package io.meshkeep.server.crash;

import static io.meshkeep.server.crash.History.bytes;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.Channel;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import java.util.List;
import java.util.Random;

/** Reads prefixes at the newest revision. What it sees has been shown, acknowledged or not, so it must last. */
final class Reader implements Runnable {
    private final Random random;
    private final Observations seen;
    private final KVGrpc.KVBlockingStub kv;
    private final List<String> prefixes;

    Reader(Random random, Observations seen, Channel channel, List<String> prefixes) {
        this.random = random;
        this.seen = seen;
        this.kv = KVGrpc.newBlockingStub(channel);
        this.prefixes = prefixes;
    }

    @Override
    public void run() {
        try {
            while (!seen.isEnding() && read()) {
                Thread.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            seen.violation("a reader failed: " + e);
        }
    }

    private boolean read() {
        String prefix = prefixes.get(random.nextInt(prefixes.size()));
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(bytes(prefix))
                .setRangeEnd(bytes(History.end(prefix)))
                .build();
        long before = seen.newest();
        var answer = seen.call("reader", () -> kv.withDeadlineAfter(60, SECONDS).range(request));
        answer.ifPresent(response -> seen.read(
                new Observations.Read(prefix, response.getHeader().getRevision(), response.getKvsList()), before));
        return answer.isPresent();
    }
}
