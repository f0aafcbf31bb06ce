package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.KV;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.lease.LeaseGrantResponse;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.lease.LeaseTimeToLiveResponse;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.support.CloseableClient;
import io.etcd.jetcd.support.Observers;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchEvent.EventType;
import io.etcd.jetcd.watch.WatchResponse;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** jetcd's lease client. */
class JetcdLeaseTest extends JetcdTest {
    /** The shortest that there is, in seconds. */
    private static final long SHORTEST = 2;

    private KV kv;
    private Lease leases;

    @BeforeEach
    void takeClients() {
        kv = client.getKVClient();
        leases = client.getLeaseClient();
    }

    private long grant(long ttl) {
        LeaseGrantResponse granted = get(leases.grant(ttl));
        assertThat(granted.getTTL()).isEqualTo(ttl);
        assertThat(granted.getID()).isPositive();
        return granted.getID();
    }

    private void put(String key, long lease) {
        get(kv.put(
                bytes(key), bytes("v"), PutOption.builder().withLeaseId(lease).build()));
    }

    private long count(String key) {
        return get(kv.get(bytes(key))).getCount();
    }

    private LeaseTimeToLiveResponse timeToLive(long lease) {
        return get(leases.timeToLive(
                lease, LeaseOption.builder().withAttachedKeys().build()));
    }

    @Test
    void grantsAndRevokes() {
        long lease = grant(1000);
        put("a", lease);
        put("b", lease);
        put("c", 0);
        assertThat(get(kv.get(bytes("a"))).getKvs().get(0).getLease()).isEqualTo(lease);
        LeaseTimeToLiveResponse left = timeToLive(lease);
        assertThat(left.getGrantedTTL()).isEqualTo(1000);
        assertThat(left.getTTL()).isBetween(900L, 1000L);
        assertThat(left.getKeys()).extracting(JetcdTest::text).containsExactlyInAnyOrder("a", "b");
        long before = left.getHeader().getRevision();
        // both keys go in one revision
        assertThat(get(leases.revoke(lease)).getHeader().getRevision()).isEqualTo(before + 1);
        assertThat(count("a")).isZero();
        assertThat(count("b")).isZero();
        assertThat(count("c")).isOne();
        assertThat(timeToLive(lease).getTTL()).isEqualTo(-1);
    }

    @Test
    void raisesATimeThatIsTooShort() {
        assertThat(get(leases.grant(1)).getTTL()).isEqualTo(SHORTEST);
        assertThat(get(leases.grant(0)).getTTL()).isEqualTo(SHORTEST);
        assertThat(get(leases.grant(-5)).getTTL()).isEqualTo(SHORTEST);
    }

    @Test
    void movesKeysBetweenLeases() {
        long first = grant(1000);
        long second = grant(1000);
        put("k", first);
        put("k", second);
        assertThat(timeToLive(first).getKeys()).isEmpty();
        get(leases.revoke(first));
        assertThat(count("k")).isOne();
        put("k", 0);
        get(leases.revoke(second));
        assertThat(count("k")).isOne();
    }

    @Test
    void keepsAliveOnce() {
        long lease = grant(1000);
        LeaseKeepAliveResponse kept = get(leases.keepAliveOnce(lease));
        assertThat(kept.getID()).isEqualTo(lease);
        assertThat(kept.getTTL()).isEqualTo(1000);
        assertThat(kept.getHeader().getClusterId()).isNotZero();
        assertThat(leases.keepAliveOnce(12345))
                .failsWithin(Duration.ofSeconds(RawClient.PATIENCE_SECONDS))
                .withThrowableOfType(ExecutionException.class)
                .withMessageContaining("etcdserver: requested lease not found");
    }

    @Test
    void keepsAliveLongerThanTheTime() throws InterruptedException {
        long lease = grant(SHORTEST);
        put("k", lease);
        long start = System.nanoTime();
        BlockingQueue<LeaseKeepAliveResponse> kept = new LinkedBlockingQueue<>();
        try (CloseableClient keeping = leases.keepAlive(lease, Observers.observer(kept::add))) {
            // until after the lease would have ended
            while (System.nanoTime() - start < TimeUnit.SECONDS.toNanos(SHORTEST + 1)) {
                LeaseKeepAliveResponse response = kept.poll(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
                assertThat(response).isNotNull();
                assertThat(response.getTTL()).isEqualTo(SHORTEST);
            }
            assertThat(count("k")).isOne();
        }
    }

    @Test
    void deletesTheKeysOfALeaseThatEnds() throws InterruptedException {
        BlockingQueue<WatchResponse> told = new LinkedBlockingQueue<>();
        client.getWatchClient()
                .watch(
                        bytes("e/"),
                        WatchOption.builder()
                                .isPrefix(true)
                                .withPrevKV(true)
                                .withCreateNotify(true)
                                .build(),
                        Watch.listener(told::add));
        assertThat(told.poll(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS).isCreatedNotify())
                .isTrue();
        long start = System.nanoTime();
        long lease = grant(SHORTEST);
        long other = grant(1000);
        put("e/2", lease);
        put("e/1", lease);
        put("e/other", other);
        for (int i = 0; i < 3; i++) {
            assertThat(told.poll(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS).getEvents())
                    .hasSize(1);
        }
        WatchResponse end = told.poll(RawClient.PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(TimeUnit.SECONDS.toNanos(SHORTEST));
        assertThat(end.getEvents()).extracting(WatchEvent::getEventType).containsOnly(EventType.DELETE);
        assertThat(end.getEvents())
                .extracting(event -> text(event.getKeyValue().getKey()))
                .containsExactly("e/1", "e/2");
        assertThat(end.getEvents()).allSatisfy(event -> {
            assertThat(event.getKeyValue().getModRevision()).isEqualTo(5);
            assertThat(text(event.getPrevKV().getValue())).isEqualTo("v");
        });
        assertThat(timeToLive(lease).getTTL()).isEqualTo(-1);
        assertThat(count("e/other")).isOne();
    }

    @Test
    void outlivesARestart() {
        long lease = grant(1000);
        put("k", lease);
        target.stop();
        target.startAgain();
        LeaseTimeToLiveResponse left = timeToLive(lease);
        assertThat(left.getGrantedTTL()).isEqualTo(1000);
        assertThat(left.getTTL()).isBetween(900L, 1000L);
        assertThat(left.getKeys()).extracting(JetcdTest::text).containsExactly("k");
        get(leases.revoke(lease));
        assertThat(count("k")).isZero();
    }
}
