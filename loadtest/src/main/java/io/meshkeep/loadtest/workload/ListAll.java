package io.meshkeep.loadtest.workload;

import io.grpc.MethodDescriptor;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.Operation;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;

/** Reads a whole prefix at once. The first answer is looked at key by key, the others must have its size. */
final class ListAll implements Operation<Integer> {
    private static final int CALLERS = 2;
    private static final int KEYS = 10_000;

    private final byte[] request;
    private final int keysBytes;

    private ListAll(RangeRequest request, RangeResponse first) {
        this.request = request.toByteArray();
        this.keysBytes = first.toBuilder().clearHeader().build().getSerializedSize();
    }

    static Load prepare(EtcdClient client, long seed, long rate) {
        Keys keys = new Keys("list", seed);
        keys.clear(client);
        keys.fill(client, KEYS);
        RangeRequest request = RangeRequest.newBuilder()
                .setKey(keys.prefix())
                .setRangeEnd(keys.prefixEnd())
                .build();
        RangeResponse first = client.ask(KVGrpc.getRangeMethod(), request);
        if (first.getKvsCount() != KEYS || first.getCount() != KEYS) {
            throw new IllegalStateException("a list has " + first.getKvsCount() + " keys instead of " + KEYS);
        }
        return Loads.of(client, new ListAll(request, first), CALLERS, rate);
    }

    @Override
    public MethodDescriptor<byte[], Integer> method() {
        return Rpcs.RANGE_SIZE;
    }

    @Override
    public byte[] request() {
        return request;
    }

    @Override
    public void check(Integer size) {
        if (size < keysBytes) {
            throw new IllegalStateException("a list has " + size + " bytes instead of " + keysBytes);
        }
    }
}
