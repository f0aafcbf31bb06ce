package io.meshkeep.clustermesh.kvstoremesh;

import com.google.protobuf.ByteString;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.Pem;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.EtcdConfig;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.StartException;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.auth.CiliumUsers;
import io.meshkeep.store.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The store of a cluster as it is in its pod: mutual TLS by an authority of its own, Cilium's users, and an address that
 * stays the same when the pod is replaced by another with an empty store.
 */
final class Pod implements AutoCloseable {
    static final String NOW = "2026-01-02T03:04:05Z";

    final String name;
    final int id;
    private final Path directory;
    private final Proxy proxy;
    private CertificateAuthority authority;
    private MeshkeepServer server;
    private ChannelKvstore admin;
    private int replaced;

    Pod(Path directory, String name, int id) throws IOException, StartException {
        this.directory = Files.createDirectories(directory);
        this.name = name;
        this.id = id;
        this.authority = newAuthority();
        this.proxy = new Proxy();
        writeServer();
        writeClients();
        startServer();
    }

    private static CertificateAuthority newAuthority() {
        return CertificateAuthority.create("Cilium CA", KeyAlgorithm.EC_P256, Duration.ofDays(10), Instant::now);
    }

    private void writeServer() throws IOException {
        issue(
                directory,
                authority,
                "server",
                CertificateRequest.server("clustermesh-apiserver.cilium.io", List.of("127.0.0.1")));
        replace(directory.resolve("ca.crt"), Pem.of(authority.certificate()));
    }

    private void writeClients() throws IOException {
        for (String user : List.of("admin-" + name, "remote", "local-" + name)) {
            issue(directory, authority, user, CertificateRequest.client(user));
        }
    }

    private void startServer() throws IOException, StartException {
        server = MeshkeepServer.builder()
                .dataDir(directory.resolve("data-" + replaced))
                .configure(config -> config.unsafeNoFsync(true)
                        .listenTls(
                                "127.0.0.1",
                                0,
                                TlsConfig.mutual(
                                        directory.resolve("server.crt"),
                                        directory.resolve("server.key"),
                                        directory.resolve("ca.crt")))
                        .initialClusterToken("pod " + name + " " + replaced))
                .build()
                .start();
        if (server.store().snapshot().auth().users().isEmpty()) {
            CompletableFuture<Void> users = new CompletableFuture<>();
            server.store().write(new Command.Auth(CiliumUsers.forCluster(name, true)), 100, (result, error) -> {
                if (error == null) {
                    users.complete(null);
                } else {
                    users.completeExceptionally(error);
                }
            });
            get(users);
        }
        proxy.target(server.port());
        admin = ChannelKvstore.connect(EtcdConfig.read(config("admin-" + name, server.port())));
    }

    /** The pod goes and another comes, with an empty store, at the same address. */
    void replace() throws IOException, StartException {
        stopServer();
        replaced++;
        startServer();
    }

    /** The server ends and starts again on its data. */
    void restart() throws IOException, StartException {
        stopServer();
        startServer();
    }

    private void stopServer() {
        admin.close();
        server.close();
        proxy.cutConnections();
    }

    /** New certificates by a new authority; the server takes them with the next connection. */
    void rotate() throws IOException, StartException {
        authority = newAuthority();
        writeServer();
        writeClients();
        restart();
    }

    /** The network between the pod and others. */
    Proxy network() {
        return proxy;
    }

    /** The store, with all rights. */
    Kvstore store() {
        return admin;
    }

    /** Where a user's configuration for the way over the network is. */
    Path configOf(String user) throws IOException {
        return config(user, proxy.port());
    }

    private Path config(String user, int port) throws IOException {
        return configuration(directory, user + "-" + port, user, "https://127.0.0.1:" + port);
    }

    /** Writes the configuration of an etcd client, with the certificate of a user that is in the directory. */
    static Path configuration(Path directory, String name, String user, String endpoint) throws IOException {
        Path file = directory.resolve(name + ".yaml");
        replace(file, """
                endpoints:
                - %s
                trusted-ca-file: %s
                cert-file: %s
                key-file: %s
                """.formatted(
                        endpoint,
                        directory.resolve("ca.crt"),
                        directory.resolve(user + ".crt"),
                        directory.resolve(user + ".key")));
        return file;
    }

    /** Writes a new certificate and its key into the directory. */
    static void issue(Path directory, CertificateAuthority authority, String name, CertificateRequest request)
            throws IOException {
        CertificateFiles.write(
                authority.issue(request, KeyAlgorithm.EC_P256),
                directory.resolve(name + ".crt"),
                directory.resolve(name + ".key"));
    }

    /** What the cluster says of itself, but for the entries. */
    void announce() {
        announce("{\"id\":" + id + ",\"capabilities\":{\"syncedCanaries\":true,\"maxConnectedClusters\":255}}");
        synced(false, Resource.NODES, Resource.SERVICES, Resource.IDENTITIES, Resource.ENDPOINTS);
    }

    void announce(String config) {
        put("cilium/.heartbeat", NOW);
        put("cilium/cluster-config/" + name, config);
    }

    void synced(boolean cached, Resource... resources) {
        for (Resource resource : resources) {
            put("cilium/synced/" + name + "/" + resource.syncedName(cached), NOW);
        }
    }

    void put(String key, String value) {
        get(admin.put(key, ByteString.copyFromUtf8(value), 0));
    }

    void delete(String key) {
        get(admin.delete(key));
    }

    Map<String, String> pairs(String prefix) {
        Map<String, String> pairs = new TreeMap<>();
        for (Kvstore.Pair pair : get(admin.list(prefix)).pairs()) {
            pairs.put(pair.key(), pair.value().toStringUtf8());
        }
        return pairs;
    }

    static void replace(Path file, String text) throws IOException {
        Path whole = file.resolveSibling("." + file.getFileName() + ".new");
        Files.writeString(whole, text);
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        stopServer();
        proxy.close();
    }
}
