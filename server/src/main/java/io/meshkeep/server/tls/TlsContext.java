package io.meshkeep.server.tls;

import io.meshkeep.server.TlsConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** A TLS context with what it was made of. */
record TlsContext(SslContext context, TlsMaterial material) {
    /**
     * What is offered with TLS 1.2: forward secrecy and authenticated encryption only. TLS 1.3 has nothing else, and
     * its suites are not to be chosen.
     */
    private static final List<String> SUITES_1_2 = List.of(
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private static final List<String> SUITES_1_3 =
            List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

    private static final String KEY_STORE = "JKS";

    static TlsContext of(TlsConfig config, TlsMaterial material, SslProvider provider) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forServer(
                        material.own().key(), material.own().chain().toArray(new X509Certificate[0]))
                // Any other type of key store derives a key from a password, 50 ms of work, for what stays in memory.
                .keyStoreType(KEY_STORE)
                // Also where no client is asked for a certificate: otherwise Java's own authorities would be read.
                .trustManager(new ClientTrust(material))
                .sslProvider(provider)
                .protocols(config.protocols())
                .ciphers(suites(config))
                // Which protocol follows is seen from its first bytes, so that clients without ALPN are served too.
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1));
        if (!material.trusted().isEmpty()) {
            builder.clientAuth(ClientAuth.REQUIRE);
        }
        return new TlsContext(builder.build(), material);
    }

    private static List<String> suites(TlsConfig config) {
        List<String> older = config.cipherSuites().isEmpty() ? SUITES_1_2 : config.cipherSuites();
        return Stream.concat(SUITES_1_3.stream(), older.stream()).distinct().toList();
    }

    /** @param executor runs what takes long of the handshake */
    SslHandler newHandler(ByteBufAllocator allocator, Executor executor) {
        return context.newHandler(allocator, executor);
    }
}
