package io.meshkeep.server.metrics;

import static io.meshkeep.server.metrics.Families.exponential;

import io.prometheus.metrics.core.metrics.Histogram;
import java.util.concurrent.atomic.LongAdder;

/** What happens to leases. Thread-safe. */
public final class LeaseMetrics {
    private final LongAdder granted;
    private final LongAdder revoked;
    private final LongAdder renewed;
    private final LongAdder expired;
    private final Histogram ttl;

    LeaseMetrics(Families families) {
        granted = families.counter("etcd_debugging_lease_granted_total", "Leases granted.");
        revoked = families.counter("etcd_debugging_lease_revoked_total", "Leases revoked, on request or by expiry.");
        renewed = families.counter("etcd_debugging_lease_renewed_total", "Keepalives answered with a new term.");
        expired = families.counter("etcd_debugging_server_lease_expired_total", "Leases that ran out.");
        ttl = families.histogram(
                "etcd_debugging_lease_ttl_total", "Terms of the leases granted, in seconds.", exponential(1, 2, 24));
    }

    /** Counts a lease that was granted for {@code ttlSeconds}. */
    public void granted(long ttlSeconds) {
        granted.increment();
        ttl.observe((double) ttlSeconds);
    }

    /** Leases revoked, on request or by expiry. */
    public LongAdder revoked() {
        return revoked;
    }

    /** Keepalives that renewed their lease. */
    public LongAdder renewed() {
        return renewed;
    }

    /** Leases that ran out; each counts as revoked, too. */
    public LongAdder expired() {
        return expired;
    }
}
