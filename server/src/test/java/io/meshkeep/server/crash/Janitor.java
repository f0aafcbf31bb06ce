package io.meshkeep.server.crash;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.grpc.Channel;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.MaintenanceGrpc;
import java.util.Random;

/** Compacts now and then, and has the files rewritten, so that the server is also killed in the middle of that. */
final class Janitor implements Runnable {
    private final Random random;
    private final Observations seen;
    private final KVGrpc.KVBlockingStub kv;
    private final MaintenanceGrpc.MaintenanceBlockingStub maintenance;
    private final long compacted;
    private final long limit;

    /**
     * @param compacted the compacted revision, or -1
     * @param limit the highest revision that may be compacted
     */
    Janitor(Random random, Observations seen, Channel channel, long compacted, long limit) {
        this.random = random;
        this.seen = seen;
        this.kv = KVGrpc.newBlockingStub(channel);
        this.maintenance = MaintenanceGrpc.newBlockingStub(channel);
        this.compacted = compacted;
        this.limit = limit;
    }

    @Override
    public void run() {
        try {
            long next = Math.max(1, compacted);
            while (!seen.isEnding()) {
                Thread.sleep(20 + random.nextInt(150));
                if (random.nextInt(3) == 0) {
                    seen.call(
                            "defragment",
                            () -> maintenance
                                    .withDeadlineAfter(60, SECONDS)
                                    .defragment(DefragmentRequest.getDefaultInstance()));
                } else if (next < limit) {
                    next += 1 + random.nextInt(Math.toIntExact(Math.min(2000, limit - next)));
                    compact(next);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            seen.violation("the janitor failed: " + e);
        }
    }

    private void compact(long revision) {
        CompactionRequest request = CompactionRequest.newBuilder()
                .setRevision(revision)
                .setPhysical(random.nextBoolean())
                .build();
        seen.compactionSent(revision);
        seen.call("compaction", () -> kv.withDeadlineAfter(60, SECONDS).compact(request))
                .ifPresent(answer -> {
                    seen.saw(answer.getHeader());
                    seen.compactionDone(revision);
                });
    }
}
