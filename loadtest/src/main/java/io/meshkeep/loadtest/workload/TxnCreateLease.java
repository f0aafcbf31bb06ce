package io.meshkeep.loadtest.workload;

import com.google.protobuf.ByteString;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Creates keys that are absent and attaches them to leases, as Cilium's agents do. */
final class TxnCreateLease extends Call {
    private static final int CALLERS = 100;

    /** Cilium's own limit. */
    private static final int KEYS_PER_LEASE = 1000;

    private static final int LEASES = 500;
    private static final int SUCCEEDED = 2;

    private final List<RequestTemplate> templates;
    private long next;

    private TxnCreateLease(List<RequestTemplate> templates) {
        super(Rpcs.TXN);
        this.templates = templates;
    }

    static Load prepare(EtcdClient client, long seed, long rate) {
        return Loads.of(client, over(client, new Keys("txn", seed), seed), CALLERS, rate);
    }

    /** Creates keys that are deleted now if they are there. */
    static Call over(EtcdClient client, Keys keys, long seed) {
        keys.clear(client);
        SplittableRandom random = new SplittableRandom(seed);
        byte[] value = new byte[Keys.VALUE_BYTES];
        List<RequestTemplate> templates = new ArrayList<>();
        for (long lease : Leases.grant(client, LEASES)) {
            random.nextBytes(value);
            templates.add(template(keys.marked(), ByteString.copyFrom(value), lease));
        }
        return new TxnCreateLease(templates);
    }

    private static RequestTemplate template(ByteString key, ByteString value, long lease) {
        return RequestTemplate.of(TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setResult(Compare.CompareResult.EQUAL)
                        .setTarget(Compare.CompareTarget.CREATE)
                        .setKey(key)
                        .setCreateRevision(0))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder()
                                .setKey(key)
                                .setValue(value)
                                .setLease(lease)))
                .build());
    }

    @Override
    public byte[] request() {
        long number = next++;
        return templates.get((int) (number / KEYS_PER_LEASE % LEASES)).with(number);
    }

    @Override
    public void check(byte[] answer) {
        if (number(answer, SUCCEEDED) == 0) {
            throw new IllegalStateException("a key that was absent could not be created");
        }
    }
}
