package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.proto.RangeRequest;
import java.util.SplittableRandom;

/** Reads single keys. */
final class RangeOne extends Call {
    private static final int CALLERS = 100;
    private static final int KEYS = 10_000;
    private static final int COUNT = 4;

    private final RequestTemplate template;
    private final SplittableRandom random;

    private RangeOne(RequestTemplate template, long seed) {
        super(Rpcs.RANGE);
        this.template = template;
        this.random = new SplittableRandom(seed);
    }

    static Load prepare(EtcdClient client, long seed, long rate) {
        Keys keys = new Keys("range", seed);
        keys.fill(client, KEYS);
        RequestTemplate template = RequestTemplate.of(
                RangeRequest.newBuilder().setKey(keys.marked()).build());
        return Loads.of(client, new RangeOne(template, seed), CALLERS, rate);
    }

    @Override
    public byte[] request() {
        return template.with(random.nextInt(KEYS));
    }

    @Override
    public void check(byte[] answer) {
        if (number(answer, COUNT) != 1) {
            throw new IllegalStateException("a key that is there was not found");
        }
    }
}
