package io.meshkeep.clustermesh.vm;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMixedDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.ServerRequest;
import io.fabric8.mockwebserver.ServerResponse;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.Pem;
import io.meshkeep.clustermesh.kvstore.ChannelKvstore;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.kvstore.TestServer;
import io.meshkeep.clustermesh.workload.ExternalWorkloadsTest;
import io.meshkeep.clustermesh.workload.RegisterNode;
import io.meshkeep.clustermesh.workload.RegisterNodeJson;
import io.meshkeep.clustermesh.workload.Vm;
import io.meshkeep.server.MeshkeepServer;
import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.auth.CiliumUsers;
import io.meshkeep.store.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code vm status} of somebody who has nothing but access to the API server: the store is behind a pod's port. */
class PortForwardTest {
    @TempDir
    Path directory;

    private MeshkeepServer etcd;
    private KubernetesMockServer server;
    private KubernetesClient kubernetes;
    private Issued externalWorkload;

    /** What the API server does for a port: one channel for data and one for errors, each begun by naming the port. */
    private static final class Forward extends WebSocketListener {
        private final int port;
        private volatile Socket socket;

        Forward(int port) {
            this.port = port;
        }

        @Override
        public void onOpen(WebSocket webSocket, Response response) {
            try {
                socket = new Socket(InetAddress.getLoopbackAddress(), port);
            } catch (IOException e) {
                webSocket.close(1011, "no connection");
                return;
            }
            webSocket.send(new byte[] {0, (byte) port, (byte) (port >> 8)});
            webSocket.send(new byte[] {1, (byte) port, (byte) (port >> 8)});
            Thread reader = new Thread(() -> read(webSocket), "port-forward");
            reader.setDaemon(true);
            reader.start();
        }

        private void read(WebSocket webSocket) {
            byte[] frame = new byte[8192];
            try (InputStream in = socket.getInputStream()) {
                for (int n = in.read(frame, 1, frame.length - 1); n > 0; n = in.read(frame, 1, frame.length - 1)) {
                    webSocket.send(Arrays.copyOf(frame, n + 1));
                }
                webSocket.close(1000, "end");
            } catch (IOException closed) {
                webSocket.close(1000, "closed");
            }
        }

        @Override
        public void onMessage(WebSocket webSocket, byte[] frame) {
            try {
                socket.getOutputStream().write(frame, 1, frame.length - 1);
            } catch (IOException e) {
                webSocket.close(1011, "no connection");
            }
        }

        @Override
        public void onClosed(WebSocket webSocket, int code, String reason) {
            try {
                socket.close();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @BeforeEach
    void start() throws Exception {
        CertificateAuthority authority =
                CertificateAuthority.create("Cilium CA", KeyAlgorithm.EC_P256, Duration.ofDays(10), Instant::now);
        CertificateFiles.write(
                authority.issue(
                        CertificateRequest.server("clustermesh-apiserver.cilium.io", List.of("127.0.0.1")),
                        KeyAlgorithm.EC_P256),
                directory.resolve("server.crt"),
                directory.resolve("server.key"));
        Files.writeString(directory.resolve("ca.crt"), Pem.of(authority.certificate()));
        etcd = MeshkeepServer.builder()
                .dataDir(directory.resolve("data"))
                .configure(config -> config.unsafeNoFsync(true)
                        .trustInProcess(true)
                        .listenTls(
                                "127.0.0.1",
                                0,
                                TlsConfig.mutual(
                                        directory.resolve("server.crt"),
                                        directory.resolve("server.key"),
                                        directory.resolve("ca.crt"))))
                .build()
                .start();
        CompletableFuture<Void> users = new CompletableFuture<>();
        etcd.store()
                .write(
                        new Command.Auth(CiliumUsers.forCluster("east", true)),
                        100,
                        (result, error) -> users.complete(null));
        TestServer.get(users);
        externalWorkload = authority.issue(CertificateRequest.client("externalworkload"), KeyAlgorithm.EC_P256);

        Map<ServerRequest, Queue<ServerResponse>> responses = new HashMap<>();
        Dispatcher objects = new KubernetesMixedDispatcher(responses);
        server = new KubernetesMockServer(
                new Context(),
                new MockWebServer(),
                responses,
                new Dispatcher() {
                    @Override
                    public MockResponse dispatch(RecordedRequest request) {
                        return request.getPath().contains("/portforward")
                                ? new MockResponse().withWebSocketUpgrade(new Forward(TestServer.port(etcd)))
                                : objects.dispatch(request);
                    }
                },
                false);
        server.init(InetAddress.getLoopbackAddress(), 0);
        kubernetes = server.createClient();
        ExternalWorkloadsTest.installKinds(kubernetes);
        install();
    }

    private void install() {
        kubernetes
                .resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withName("clustermesh-apiserver")
                        .withNamespace("kube-system")
                        .endMetadata()
                        .withNewSpec()
                        .withType("ClusterIP")
                        .withClusterIP("10.96.3.4")
                        .addNewPort()
                        .withPort(2379)
                        .endPort()
                        .endSpec()
                        .build())
                .create();
        kubernetes
                .resource(new PodBuilder()
                        .withNewMetadata()
                        .withName("clustermesh-apiserver-1")
                        .withNamespace("kube-system")
                        .addToLabels("k8s-app", "clustermesh-apiserver")
                        .endMetadata()
                        .withNewSpec()
                        .addNewContainer()
                        .withName("etcd")
                        .endContainer()
                        .endSpec()
                        .withNewStatus()
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build())
                .create();
        Map<String, String> data = new HashMap<>();
        try {
            data.put("ca.crt", base64(Files.readString(directory.resolve("ca.crt"))));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        data.put("tls.crt", base64(Pem.of(externalWorkload.chain())));
        data.put("tls.key", base64(Pem.of(externalWorkload.key(), KeyFormat.SEC1)));
        kubernetes
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName("clustermesh-apiserver-client-cert")
                        .withNamespace("kube-system")
                        .endMetadata()
                        .withData(data)
                        .build())
                .create();
        kubernetes
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("default")
                        .endMetadata()
                        .build())
                .create();
        assertThat(run("create", "runtime")).endsWith("Added 1 external workload resources.\n");
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @AfterEach
    void stop() {
        kubernetes.close();
        server.destroy();
        etcd.close();
    }

    private String run(String... line) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        new VmCommand(print, print, arguments -> server.createClient()).run(List.of(line));
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theStoreIsAskedThroughTheApiServer() {
        try (Kvstore store = ChannelKvstore.embedded(etcd)) {
            Kvstore.Lease lease = TestServer.get(store.grant(Duration.ofMinutes(15)));
            TestServer.get(store.put(
                    RegisterNode.PREFIX + "runtime", RegisterNodeJson.write(Vm.announcing("runtime")), lease.id()));

            assertThat(run("status", "--timeout", "60s")).contains("Alive: joining (heartbeat ");
        }
    }
}
