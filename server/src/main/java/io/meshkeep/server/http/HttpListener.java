package io.meshkeep.server.http;

import io.meshkeep.server.tls.Certificates;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;

/** A port that speaks HTTP/1.1 and nothing else, for {@code --listen-metrics-urls}. Thread-safe. */
public final class HttpListener implements AutoCloseable {
    private static final int BACKLOG = 128;

    private final Channel channel;
    private final HttpService service;

    private HttpListener(Channel channel, HttpService service) {
        this.channel = channel;
        this.service = service;
    }

    /**
     * Listens.
     *
     * @param address where; port 0 picks a free one
     * @param service serves the connections of this port alone
     * @param group accepts and serves; stays the caller's
     * @param channelType the server socket that fits the group
     * @param certificates for TLS; none for plaintext
     * @throws IOException if the address cannot be listened on
     */
    public static HttpListener bind(
            InetSocketAddress address,
            HttpService service,
            EventLoopGroup group,
            Class<? extends ServerChannel> channelType,
            Optional<Certificates> certificates)
            throws IOException {
        Optional<TlsPort> tls = certificates.map(TlsPort::new);
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(channelType)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel accepted) {
                        tls.ifPresent(port -> port.addTo(accepted.pipeline()));
                        service.addTo(accepted.pipeline());
                    }
                });
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException("cannot listen on " + address, bound.cause());
        }
        return new HttpListener(bound.channel(), service);
    }

    /** Where it listens, with the port that was picked. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /** Stops listening and begins the end of the open connections; see {@link HttpService#awaitTermination}. */
    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        service.shutdown();
    }
}
