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
    private final int keys;
    private final SplittableRandom random;

    RangeOne(Keys keys, int count, boolean serializable, long seed) {
        super(Rpcs.RANGE);
        this.template = RequestTemplate.of(RangeRequest.newBuilder()
                .setKey(keys.marked())
                .setSerializable(serializable)
                .build());
        this.keys = count;
        this.random = new SplittableRandom(seed);
    }

    static Load prepare(EtcdClient client, long seed, long rate) {
        return prepare(client, seed, rate, false);
    }

    static Load serializable(EtcdClient client, long seed, long rate) {
        return prepare(client, seed, rate, true);
    }

    private static Load prepare(EtcdClient client, long seed, long rate, boolean serializable) {
        Keys keys = new Keys("range", seed);
        keys.fill(client, KEYS);
        return Loads.of(client, new RangeOne(keys, KEYS, serializable, seed), CALLERS, rate);
    }

    /** Reads keys that are there, {@code bench fill}'s. */
    static Load overFilled(EtcdClient client, long seed, long rate, int filled) {
        return Loads.of(client, new RangeOne(new Keys(Keys.FILLED, seed), filled, false, seed), CALLERS, rate);
    }

    @Override
    public byte[] request() {
        return template.with(random.nextInt(keys));
    }

    @Override
    public void check(byte[] answer) {
        if (number(answer, COUNT) != 1) {
            throw new IllegalStateException("a key that is there was not found");
        }
    }
}
