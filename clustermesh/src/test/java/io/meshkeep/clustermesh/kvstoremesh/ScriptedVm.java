package io.meshkeep.clustermesh.kvstoremesh;

import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.workload.RegisterNode;
import io.meshkeep.clustermesh.workload.RegisterNodeJson;
import io.meshkeep.clustermesh.workload.Vm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The agent of a VM: its client's calls are {@link ScriptedAgent}'s, what it writes is {@link Vm}'s. It has the etcd
 * configuration that the installation script writes, and reads it anew for each connection.
 */
final class ScriptedVm implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String NODES = "cilium/state/nodes/v1/";

    private final Path config;
    private final String name;
    private final String ip;
    private ScriptedAgent agent;
    private String self;

    ScriptedVm(Path config, String name, String ip) {
        this.config = config;
        this.name = name;
        this.ip = ip;
    }

    private String key() {
        return RegisterNode.PREFIX + name;
    }

    /**
     * Comes for the first time: the check of the store, then the two steps.
     *
     * @return the line that {@code cilium status} shows on it
     */
    String join() throws Exception {
        agent = connect();
        String status = agent.statusLine("cilium/.initlock/vm");
        register();
        agent.follow(NODES);
        return status;
    }

    private ScriptedAgent connect() throws IOException {
        return ScriptedAgent.connect(EtcdConfig.read(config));
    }

    private void register() throws Exception {
        agent.follow(RegisterNode.PREFIX);
        long lease = agent.putLeased(
                key(), RegisterNodeJson.write(Vm.announcing(name)).toStringUtf8());
        RegisterNode answer = await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(this::registered, node -> node != null && node.identity() != 0);
        self = RegisterNodeJson.write(Vm.at(answer, List.of(new RegisterNode.Address("InternalIP", ip))))
                .toStringUtf8();
        agent.put(key(), self, lease);
    }

    private RegisterNode registered() throws RegisterNodeJson.MalformedException {
        String value = agent.pairs(RegisterNode.PREFIX).get(key());
        return value == null ? null : RegisterNodeJson.read(ByteString.copyFromUtf8(value));
    }

    /** As it is registered now; 0 if it has none. */
    long identity() throws RegisterNodeJson.MalformedException {
        RegisterNode registered = registered();
        return registered == null ? 0 : registered.identity();
    }

    /** The nodes that it knows. */
    Map<String, String> nodes() {
        return agent.pairs(NODES);
    }

    boolean isBroken() {
        return agent.isBroken();
    }

    /** Connects anew, and goes on with its watches from where they were. */
    void reconnect() throws Exception {
        ScriptedAgent before = agent;
        agent = connect();
        agent.resume(before, RegisterNode.PREFIX);
        agent.resume(before, NODES);
        before.close();
    }

    /** When the store cannot go on from there: lists anew, misses its key, and writes it again as it is. */
    void startOver() throws Exception {
        await().atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> agent.isCompacted(RegisterNode.PREFIX) && agent.isCompacted(NODES));
        agent.follow(RegisterNode.PREFIX);
        agent.follow(NODES);
        if (!agent.pairs(RegisterNode.PREFIX).containsKey(key())) {
            agent.putLeased(key(), self);
        }
    }

    @Override
    public void close() {
        agent.close();
    }
}
