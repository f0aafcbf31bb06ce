package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.Load;
import java.util.SplittableRandom;

/** Puts to random keys of a fixed number. */
final class Put extends Call {
    static final int KEYS = 10_000;

    private final Keys keys;
    private final int count;
    private final SplittableRandom random;
    private long turn;

    Put(Keys keys, long seed) {
        this(keys, KEYS, seed);
    }

    private Put(Keys keys, int count, long seed) {
        super(Rpcs.PUT);
        this.keys = keys;
        this.count = count;
        this.random = new SplittableRandom(seed);
    }

    static Load prepare(EtcdClient client, long seed, long rate, int callers) {
        return Loads.of(client, new Put(new Keys("put", seed), seed), callers, rate);
    }

    /** Long values would fill a disk if there were as many keys. */
    static Load ofSize(EtcdClient client, long seed, long rate, int callers, int valueBytes) {
        Keys keys = new Keys("put-" + valueBytes, seed, valueBytes);
        return Loads.of(client, new Put(keys, valueBytes > 4096 ? 1000 : KEYS, seed), callers, rate);
    }

    /** Puts to keys that are there, {@code bench fill}'s. */
    static Load overFilled(EtcdClient client, long seed, long rate, int callers, int filled) {
        return Loads.of(client, new Put(new Keys(Keys.FILLED, seed), filled, seed), callers, rate);
    }

    @Override
    public byte[] request() {
        return keys.put(random.nextInt(count), turn++);
    }
}
