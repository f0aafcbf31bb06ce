package io.meshkeep.loadtest.workload;

import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.load.ClosedLoop;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.proto.LeaseGrantRequest;
import java.util.ArrayList;
import java.util.List;

/** Grants leases, and remembers their ids. */
final class Leases extends Call {
    private static final int CALLERS = 100;
    private static final long TTL_SECONDS = 3600;
    private static final int ID = 2;
    private static final int TTL = 3;

    private final byte[] request =
            LeaseGrantRequest.newBuilder().setTTL(TTL_SECONDS).build().toByteArray();
    private final List<Long> ids;

    private Leases(List<Long> ids) {
        super(Rpcs.LEASE_GRANT);
        this.ids = ids;
    }

    /** Grants a number of leases and waits until they are there; not on the event loop. */
    static List<Long> grant(EtcdClient client, int count) {
        List<Long> ids = new ArrayList<>();
        ClosedLoop.run(client, new Leases(ids), Math.min(CALLERS, count), count);
        return ids;
    }

    /** Grants leases without end. */
    static Load prepare(EtcdClient client, long seed, long rate) {
        return Loads.of(client, new Leases(new ArrayList<>()), CALLERS, rate);
    }

    @Override
    public byte[] request() {
        return request;
    }

    @Override
    public void check(byte[] answer) {
        if (number(answer, TTL) != TTL_SECONDS) {
            throw new IllegalStateException("a lease was not granted");
        }
        ids.add(number(answer, ID));
    }
}
