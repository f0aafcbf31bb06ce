package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.StatusResponse;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.tls.Pki;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Our server and an etcd that are given the same etcdctl commands, one after the other. What etcdctl prints, and how it
 * ends, must be the same but for ids and times.
 *
 * <p>A command is a line of words without quotes; {@code ''} is the empty word, {@code {endpoint}} the server itself,
 * {@code {lease1}} the first lease granted, and so on.
 */
final class EtcdctlPair implements AutoCloseable {
    private final EtcdTarget etcd;
    private final MeshkeepTarget meshkeep;
    private final Etcdctl toEtcd;
    private final Etcdctl toMeshkeep;
    private final List<Running> running = new ArrayList<>();
    private int leases;

    private EtcdctlPair(EtcdTarget etcd, MeshkeepTarget meshkeep, UnaryOperator<NettyChannelBuilder> settings) {
        this.etcd = etcd;
        this.meshkeep = meshkeep;
        this.toEtcd = new Etcdctl(etcd, names(etcd, settings));
        this.toMeshkeep = new Etcdctl(meshkeep, names(meshkeep, settings));
    }

    /** @param quotaBytes quota of both servers; 0 for the default */
    static EtcdctlPair start(long quotaBytes) {
        Programs.require(Programs.ETCD, Programs.ETCDCTL);
        // hashes of the least cost: passwords are compared here, not broken
        EtcdTarget etcd = EtcdTarget.start("--quota-backend-bytes=" + quotaBytes, "--bcrypt-cost=4");
        MeshkeepTarget meshkeep = MeshkeepTarget.start(settings -> settings.quotaBackendBytes(quotaBytes)
                .bcryptCost(4)
                .initialAdvertisePeerUrls(List.of(etcd.peerUrl()))
                .advertisedVersion(status(etcd, UnaryOperator.identity()).getVersion()));
        return new EtcdctlPair(etcd, meshkeep, UnaryOperator.identity());
    }

    /**
     * The same with mutual TLS.
     *
     * @param pki has the server's files; in commands {@code {pki}} is its directory
     * @param user whose certificate is shown while nothing is switched on yet
     */
    static EtcdctlPair startTls(Pki pki, String user) throws IOException {
        Programs.require(Programs.ETCD, Programs.ETCDCTL);
        TlsConfig tls = pki.writeServer(KeyAlgorithm.EC_P256, KeyFormat.PKCS8);
        SslContext client = pki.grpcContext(user);
        UnaryOperator<NettyChannelBuilder> secured =
                connection -> connection.useTransportSecurity().sslContext(client);
        EtcdTarget etcd = EtcdTarget.startTls(tls, "--bcrypt-cost=4");
        MeshkeepTarget meshkeep = MeshkeepTarget.startTls(
                tls,
                settings -> settings.bcryptCost(4)
                        .initialAdvertisePeerUrls(List.of(etcd.peerUrl()))
                        .advertisedVersion(status(etcd, secured).getVersion()));
        EtcdctlPair both = new EtcdctlPair(etcd, meshkeep, secured);
        both.toEtcd.name("{pki}", pki.file("").toString());
        both.toMeshkeep.name("{pki}", pki.file("").toString());
        return both;
    }

    private static Map<String, String> names(Target target, UnaryOperator<NettyChannelBuilder> settings) {
        StatusResponse status = status(target, settings);
        Map<String, String> names = new LinkedHashMap<>();
        names.put("{endpoint}", target.endpoint());
        names.put("{cluster}", Long.toHexString(status.getHeader().getClusterId()));
        names.put("{member}", Long.toHexString(status.getHeader().getMemberId()));
        return names;
    }

    private static StatusResponse status(Target target, UnaryOperator<NettyChannelBuilder> settings) {
        try (RawClient client = new RawClient(target, settings)) {
            return client.maintenance().status(StatusRequest.getDefaultInstance());
        }
    }

    Target meshkeep() {
        return meshkeep;
    }

    Target etcd() {
        return etcd;
    }

    /** Runs a command that succeeds; returns what it printed. */
    String ok(String command) {
        return ok(command, "");
    }

    String ok(String command, String input) {
        Etcdctl.Output output = same(command, input);
        assertThat(output.exit()).as("exit of etcdctl %s: %s", command, output).isZero();
        return output.out();
    }

    /** Runs a command that fails; returns its error output. */
    String fails(String command) {
        return fails(command, "");
    }

    String fails(String command, String input) {
        Etcdctl.Output output = same(command, input);
        assertThat(output.exit()).as("exit of etcdctl %s: %s", command, output).isNotZero();
        return output.err();
    }

    private Etcdctl.Output same(String command, String input) {
        List<String> words = words(command);
        Etcdctl.Running withEtcd = toEtcd.start(words, input);
        Etcdctl.Running withMeshkeep = toMeshkeep.start(words, input);
        Etcdctl.Output theirs = withEtcd.awaitEnd();
        Etcdctl.Output ours = withMeshkeep.awaitEnd();
        assertThat(ours).as("etcdctl %s%n%s", command, input).isEqualTo(theirs);
        return ours;
    }

    private static List<String> words(String command) {
        return Arrays.stream(command.split(" "))
                .map(word -> word.equals("''") ? "" : word)
                .toList();
    }

    /** Grants a lease; the commands that follow can call it {@code {lease1}}, the next one {@code {lease2}}. */
    void grant(int ttl) {
        leases++;
        Running grant = start("lease grant " + ttl);
        grant.theirs.awaitEnd();
        grant.ours.awaitEnd();
        String name = "{lease" + leases + "}";
        toEtcd.nameGranted(grant.theirs.raw(), name);
        toMeshkeep.nameGranted(grant.ours.raw(), name);
        assertThat(grant.awaitEnd().out()).startsWith("lease " + name + " granted with TTL(");
    }

    /** Lets the commands that follow call another pair of servers by a name in braces. */
    void name(String name, Target forEtcd, Target forMeshkeep) {
        toEtcd.name(name, forEtcd.endpoint());
        toMeshkeep.name(name, forMeshkeep.endpoint());
    }

    /** Repeats a command until it prints this with both. */
    void awaitOk(String command, String out) {
        List<String> words = words(command);
        for (Etcdctl etcdctl : List.of(toEtcd, toMeshkeep)) {
            await().pollInterval(Duration.ofMillis(50))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> etcdctl.start(words, "").awaitEnd().out().equals(out));
        }
    }

    /** Puts long values until there is no space for more; how many that takes is the servers' own affair. */
    void fill(String prefix) {
        ByteString value = ByteString.copyFrom(new byte[1 << 20]);
        for (Target target : List.of(etcd, meshkeep)) {
            try (RawClient client = new RawClient(target)) {
                for (int i = 0; i < 1000; i++) {
                    client.kv()
                            .put(PutRequest.newBuilder()
                                    .setKey(ByteString.copyFromUtf8(prefix + i))
                                    .setValue(value)
                                    .build());
                }
                throw new AssertionError(target.kind() + " takes a gigabyte");
            } catch (StatusRuntimeException full) {
                assertThat(full.getStatus().getDescription()).isEqualTo("etcdserver: mvcc: database space exceeded");
            }
        }
    }

    /** Deletes by prefix, and gives the space back: the three steps that etcd's manual asks for. */
    void reclaim(String prefix) {
        ByteString start = ByteString.copyFromUtf8(prefix);
        ByteString end = ByteString.copyFromUtf8(
                prefix.substring(0, prefix.length() - 1) + (char) (prefix.charAt(prefix.length() - 1) + 1));
        for (Target target : List.of(etcd, meshkeep)) {
            try (RawClient client = new RawClient(target)) {
                long revision = client.kv()
                        .deleteRange(DeleteRangeRequest.newBuilder()
                                .setKey(start)
                                .setRangeEnd(end)
                                .build())
                        .getHeader()
                        .getRevision();
                client.kv()
                        .compact(CompactionRequest.newBuilder()
                                .setRevision(revision)
                                .setPhysical(true)
                                .build());
                client.maintenance().defragment(DefragmentRequest.getDefaultInstance());
            }
        }
    }

    /** Starts a command that goes on until it is stopped. */
    Running start(String command) {
        List<String> words = words(command);
        Running started = new Running(command, toEtcd.start(words), toMeshkeep.start(words));
        running.add(started);
        return started;
    }

    @Override
    public void close() {
        running.forEach(Running::kill);
        toEtcd.close();
        toMeshkeep.close();
        meshkeep.close();
        etcd.close();
    }

    /** The same command running against both. */
    final class Running {
        private final String command;
        private final Etcdctl.Running theirs;
        private final Etcdctl.Running ours;

        private Running(String command, Etcdctl.Running theirs, Etcdctl.Running ours) {
            this.command = command;
            this.theirs = theirs;
            this.ours = ours;
        }

        Running type(String line) {
            theirs.type(line + "\n");
            ours.type(line + "\n");
            return this;
        }

        /** Waits until both have printed this. */
        Running awaitOutput(String text) {
            theirs.awaitOutput(text);
            ours.awaitOutput(text);
            return this;
        }

        /** Waits until both have ended with this last line; how much they printed before may differ. */
        String awaitLast(String line) {
            Etcdctl.Output theirEnd = theirs.awaitEnd();
            Etcdctl.Output ourEnd = ours.awaitEnd();
            assertThat(theirEnd.out()).endsWith(line);
            assertThat(ourEnd.out()).as("etcdctl %s", command).endsWith(line);
            assertThat(ourEnd.exit()).as("etcdctl %s", command).isEqualTo(theirEnd.exit());
            return ourEnd.out();
        }

        Etcdctl.Output stop() {
            return same(theirs.stop(), ours.stop());
        }

        Etcdctl.Output awaitEnd() {
            return same(theirs.awaitEnd(), ours.awaitEnd());
        }

        private Etcdctl.Output same(Etcdctl.Output theirs, Etcdctl.Output ours) {
            assertThat(ours).as("etcdctl %s", command).isEqualTo(theirs);
            return ours;
        }

        private void kill() {
            theirs.kill();
            ours.kill();
        }
    }
}
