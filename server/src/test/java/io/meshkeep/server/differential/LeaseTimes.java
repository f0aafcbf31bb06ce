package io.meshkeep.server.differential;

import io.meshkeep.proto.LeaseTimeToLiveResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * When leases were granted or renewed by this client's clock, to judge whether the time left that a server tells is
 * right: two servers cannot be asked at the same moment. Not thread-safe.
 */
final class LeaseTimes {
    /** After a restart etcd adds the time that an election may take. */
    private static final long RESTART_ALLOWANCE_SECONDS = 2;

    /** Each bound of when the lease's time began to run, in nanoseconds of {@link System#nanoTime}. */
    private record Start(long notBefore, long notAfter, long allowanceSeconds) {}

    private final Map<Long, Start> starts = new HashMap<>();

    /** The lease's time began anew between sending a request and receiving its answer. */
    void renewed(long lease, long sent, long received) {
        starts.put(lease, new Start(sent, received, 0));
    }

    /** The time of every lease began anew since then. */
    void restarted(long stopped) {
        starts.replaceAll((lease, start) -> new Start(stopped, System.nanoTime(), RESTART_ALLOWANCE_SECONDS));
    }

    /** The response with the granted time for the time left, if that is right; else as it is. */
    LeaseTimeToLiveResponse judge(LeaseTimeToLiveResponse response, long sent, long received) {
        Start start = starts.get(response.getID());
        if (start == null || response.getTTL() == -1) {
            return response;
        }
        long longest = received - start.notBefore();
        long shortest = Math.max(0, sent - start.notAfter());
        long granted = response.getGrantedTTL();
        long least = granted - TimeUnit.NANOSECONDS.toSeconds(longest) - 1;
        long most = granted - TimeUnit.NANOSECONDS.toSeconds(shortest) + start.allowanceSeconds();
        boolean right = response.getTTL() >= least && response.getTTL() <= most;
        return right ? response.toBuilder().setTTL(granted).build() : response;
    }
}
