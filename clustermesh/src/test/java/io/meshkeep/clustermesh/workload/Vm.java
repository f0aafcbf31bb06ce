package io.meshkeep.clustermesh.workload;

import static org.awaitility.Awaitility.await;

import io.meshkeep.clustermesh.kvstore.Kvstore;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Registers as Cilium's agent does on a VM. */
public final class Vm {
    private final Kvstore store;
    private final String name;
    private final Kvstore.Lease lease;

    /** What the agent tells of itself after it was answered. */
    private RegisterNode self;

    private Vm(Kvstore store, String name) {
        this.store = store;
        this.name = name;
        lease = get(store.grant(Duration.ofMinutes(15)));
        self = announcing(name);
    }

    /** What an agent writes first: its name and nothing else. */
    public static RegisterNode announcing(String name) {
        return new RegisterNode(
                name, "", null, null, null, null, null, "", "", "", "", 0, "local", 0, null, null, 0, "", "");
    }

    /** What an agent writes once it was answered. */
    public static RegisterNode at(RegisterNode answer, List<RegisterNode.Address> addresses) {
        return new RegisterNode(
                answer.name(),
                answer.cluster(),
                addresses,
                answer.ipv4AllocCidr(),
                answer.ipv4SecondaryAllocCidrs(),
                answer.ipv6AllocCidr(),
                answer.ipv6SecondaryAllocCidrs(),
                answer.ipv4HealthIp(),
                answer.ipv6HealthIp(),
                answer.ipv4IngressIp(),
                answer.ipv6IngressIp(),
                answer.clusterId(),
                answer.source(),
                answer.encryptionKey(),
                answer.labels(),
                answer.annotations(),
                answer.identity(),
                answer.wireguardPublicKey(),
                answer.bootId());
    }

    /** The first step. */
    public static Vm announce(Kvstore store, String name) {
        Vm vm = new Vm(store, name);
        vm.write();
        return vm;
    }

    /** Both steps. */
    static Vm join(Kvstore store, String name, String... ips) {
        Vm vm = announce(store, name);
        vm.arrive(ips);
        return vm;
    }

    long leaseId() {
        return lease.id();
    }

    RegisterNode registered() {
        return get(store.get(RegisterNode.PREFIX + name))
                .map(pair -> {
                    try {
                        return RegisterNodeJson.read(pair.value());
                    } catch (RegisterNodeJson.MalformedException e) {
                        throw new AssertionError(e);
                    }
                })
                .orElse(null);
    }

    public RegisterNode awaitAnswer() {
        return await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(10))
                .until(this::registered, node -> node != null && node.identity() != 0);
    }

    /** The second step: an internal address and one of Cilium's own. */
    void arrive(String... ips) {
        RegisterNode answer = awaitAnswer();
        self = at(
                answer,
                Stream.concat(
                                Arrays.stream(ips).map(ip -> new RegisterNode.Address("InternalIP", ip)),
                                Stream.ofNullable(answer.ipv4AllocCidr())
                                        .map(own -> new RegisterNode.Address(
                                                "CiliumInternalIP", own.ip().replaceAll("[0-9]+$", "") + "1")))
                        .toList());
        write();
    }

    /** Writes what it knows of itself, as the agent does every few minutes. */
    void write() {
        get(store.put(RegisterNode.PREFIX + name, RegisterNodeJson.write(self), lease.id()));
    }

    static <T> T get(java.util.concurrent.CompletableFuture<T> future) {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
