package io.meshkeep.clustermesh.kvstore;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to one of an etcd's endpoints; when it fails, all calls on it do, and the next ones go to the next
 * endpoint. It is tried again every few seconds, not after minutes as gRPC would in the end.
 */
final class EtcdConnection implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EtcdConnection.class);

    private static final Backoff RETRY = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));

    /** As Cilium's clients do it; a server allows one ping in 5 s. */
    private static final Duration PING = Duration.ofSeconds(15);

    private static final Duration PING_TIMEOUT = Duration.ofSeconds(25);

    /** Lists come in pages, and watches in fragments of what one request may hold. */
    private static final int MAX_MESSAGE_BYTES = Integer.MAX_VALUE;

    private final List<EtcdConfig.Endpoint> endpoints;
    private final SslContext tls;
    private int current;
    private ManagedChannel channel;
    private int failures;
    private boolean closed;

    private EtcdConnection(List<EtcdConfig.Endpoint> endpoints, SslContext tls) {
        this.endpoints = endpoints;
        this.tls = tls;
        this.channel = open();
    }

    static EtcdConnection open(EtcdConfig config) throws IOException {
        return new EtcdConnection(config.endpoints(), config.isTls() ? tls(config) : null);
    }

    private static SslContext tls(EtcdConfig config) throws IOException {
        ClientCertificates certificates = new ClientCertificates(config);
        certificates.check();
        var context = GrpcSslContexts.forClient();
        certificates.keyManager().ifPresent(context::keyManager);
        certificates.trustManager().ifPresent(context::trustManager);
        try {
            return context.build();
        } catch (SSLException e) {
            throw new IOException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    private ManagedChannel open() {
        EtcdConfig.Endpoint endpoint = endpoints.get(current);
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .keepAliveTime(PING.toMillis(), TimeUnit.MILLISECONDS)
                .keepAliveTimeout(PING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        if (tls == null) {
            builder.usePlaintext();
        } else {
            builder.sslContext(tls);
        }
        ManagedChannel opened = builder.build();
        observe(opened);
        return opened;
    }

    private void observe(ManagedChannel opened) {
        ConnectivityState state = opened.getState(false);
        if (state == ConnectivityState.SHUTDOWN) {
            return;
        }
        opened.notifyWhenStateChanged(state, () -> {
            ConnectivityState now = opened.getState(false);
            changed(opened, now);
            observe(opened);
        });
    }

    private synchronized void changed(ManagedChannel opened, ConnectivityState now) {
        if (closed || opened != channel) {
            return;
        }
        if (now == ConnectivityState.READY) {
            failures = 0;
            log.info("connected to etcd at {}", endpoints.get(current));
        } else if (now == ConnectivityState.TRANSIENT_FAILURE) {
            failures++;
            long wait = RETRY.millisAfter(failures);
            log.debug("etcd at {} cannot be reached; the next try is in {} ms", endpoints.get(current), wait);
            KvstoreThreads.TIMER.schedule(() -> retry(opened), wait, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void retry(ManagedChannel failed) {
        if (closed || failed != channel) {
            return;
        }
        if (endpoints.size() == 1) {
            failed.resetConnectBackoff();
            return;
        }
        current = (current + 1) % endpoints.size();
        channel = open();
        channel.getState(true);
        failed.shutdownNow();
    }

    private synchronized ManagedChannel now() {
        return channel;
    }

    Channel channel() {
        return new Channel() {
            @Override
            public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
                return now().newCall(method, options);
            }

            @Override
            public String authority() {
                return now().authority();
            }
        };
    }

    @Override
    public synchronized void close() {
        closed = true;
        channel.shutdownNow();
    }
}
