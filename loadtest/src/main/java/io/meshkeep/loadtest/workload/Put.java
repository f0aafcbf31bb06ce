package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.Load;
import java.util.SplittableRandom;

/** Puts to random keys of a fixed number. */
final class Put extends Call {
    private static final int KEYS = 10_000;

    private final Keys keys;
    private final SplittableRandom random;
    private long turn;

    Put(Keys keys, long seed) {
        super(Rpcs.PUT);
        this.keys = keys;
        this.random = new SplittableRandom(seed);
    }

    static Load prepare(EtcdClient client, long seed, long rate, int callers) {
        return Loads.of(client, new Put(new Keys("put", seed), seed), callers, rate);
    }

    @Override
    public byte[] request() {
        return keys.put(random.nextInt(KEYS), turn++);
    }
}
