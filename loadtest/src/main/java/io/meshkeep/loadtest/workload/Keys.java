package io.meshkeep.loadtest.workload;

import com.google.protobuf.ByteString;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.ClosedLoop;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.PutRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** The keys of one workload: a prefix of their own and a number. Values are random bytes, so that nothing compresses. */
public final class Keys {
    /** The name of the keys that {@code bench fill} puts. */
    public static final String FILLED = "fill";

    /** Bytes of a value. */
    public static final int VALUE_BYTES = 200;

    /** More than fit in a block of any store, so that compression does not find one value twice. */
    private static final int VALUES = 1024;

    /** Of all values together, which are kept in memory. */
    private static final int MOST_BYTES = 16 << 20;

    /** A prime: multiples of it, modulo any smaller number of keys, are all keys in a scattered order. */
    private static final long STRIDE = 2_654_435_761L;

    private final String prefix;
    private final List<RequestTemplate> puts = new ArrayList<>();

    /**
     * @param name of the keys, a part of each key
     * @param seed of the values
     */
    public Keys(String name, long seed) {
        this(name, seed, VALUE_BYTES);
    }

    /**
     * @param name of the keys, a part of each key
     * @param seed of the values
     * @param valueBytes bytes of a value
     */
    Keys(String name, long seed, int valueBytes) {
        prefix = "bench/default/" + name + "/";
        SplittableRandom random = new SplittableRandom(seed);
        byte[] value = new byte[valueBytes];
        for (int i = 0; i < Math.min(VALUES, MOST_BYTES / valueBytes); i++) {
            random.nextBytes(value);
            puts.add(RequestTemplate.of(PutRequest.newBuilder()
                    .setKey(marked())
                    .setValue(ByteString.copyFrom(value))
                    .build()));
        }
    }

    ByteString prefix() {
        return ByteString.copyFromUtf8(prefix);
    }

    /** The end of the range that the prefix is. */
    ByteString prefixEnd() {
        // The prefix ends in a slash, which is not the highest byte.
        return ByteString.copyFromUtf8(prefix.substring(0, prefix.length() - 1) + (char) ('/' + 1));
    }

    /** The key of a template. */
    ByteString marked() {
        return prefix().concat(RequestTemplate.MARK);
    }

    /** The encoded put of a key, with a value that depends on the turn. */
    public byte[] put(long number, long turn) {
        return puts.get((int) (turn % puts.size())).with(number);
    }

    /** Deletes what an earlier run may have left. */
    void clear(EtcdClient client) {
        client.ask(
                KVGrpc.getDeleteRangeMethod(),
                DeleteRangeRequest.newBuilder()
                        .setKey(prefix())
                        .setRangeEnd(prefixEnd())
                        .build());
    }

    /** Puts the first so many keys, in an order of no meaning, and waits until they are there. */
    public void fill(EtcdClient client, long count) {
        ClosedLoop.run(
                client,
                new Call(Rpcs.PUT) {
                    private long next;

                    @Override
                    public byte[] request() {
                        long turn = next++;
                        return put(turn * STRIDE % count, turn);
                    }
                },
                (int) Math.min(500, count),
                count);
    }
}
