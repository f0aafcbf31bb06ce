package io.meshkeep.server.tls;

import io.meshkeep.certs.Description;
import io.meshkeep.certs.Names;
import io.meshkeep.server.TlsConfig;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at the end of each handshake: who the client is, or why it was turned away, in one line. Thread-safe. */
public final class Handshakes {
    private static final Logger log = LoggerFactory.getLogger(Handshakes.class);

    private static final int LONGEST_TEXT = 1000;

    private final TlsConfig config;
    private final Supplier<TlsMaterial> material;
    private final RateLimit lines = new RateLimit(10, Duration.ofSeconds(1));

    Handshakes(TlsConfig config, Supplier<TlsMaterial> material) {
        this.config = config;
        this.material = material;
    }

    /**
     * Whether a client that has ended the handshake may come in.
     *
     * @return who it is; empty if the flags keep it out, which the log is told
     */
    public Optional<AdmittedClient> admit(SocketAddress from, SSLSession session) {
        X509Certificate certificate = certificate(session);
        if (certificate == null) {
            return Optional.of(AdmittedClient.UNKNOWN);
        }
        if (config.allowedCommonName().isPresent()
                && !config.allowedCommonName().get().equals(Names.commonName(certificate))) {
            return refuse(
                    from,
                    certificate,
                    "its common name is not " + config.allowedCommonName().get() + " (--client-cert-allowed-cn)");
        }
        if (config.allowedHostname().isPresent()
                && !Names.isFor(certificate, config.allowedHostname().get())) {
            return refuse(
                    from,
                    certificate,
                    "it is not for " + config.allowedHostname().get() + " (--client-cert-allowed-hostname)");
        }
        return Optional.of(config.clientCertAuth() ? AdmittedClient.of(certificate) : AdmittedClient.UNKNOWN);
    }

    private Optional<AdmittedClient> refuse(SocketAddress from, X509Certificate certificate, String reason) {
        tell(from, "presented a certificate (" + Description.inOneLine(certificate) + ")", reason);
        return Optional.empty();
    }

    private static X509Certificate certificate(SSLSession session) {
        try {
            Certificate[] chain = session.getPeerCertificates();
            return chain.length > 0 && chain[0] instanceof X509Certificate certificate ? certificate : null;
        } catch (SSLPeerUnverifiedException e) {
            // The client has shown none, and did not have to.
            return null;
        }
    }

    /** Tells of a handshake that failed. */
    public void failed(SocketAddress from, Throwable cause) {
        RefusedClientException refused = find(cause, RefusedClientException.class);
        if (refused != null) {
            tell(
                    from,
                    "presented a certificate ("
                            + Description.inOneLine(refused.chain().get(0)) + ")",
                    refused.getMessage());
        } else if (find(cause, NotSslRecordException.class) != null) {
            tell(from, "spoke plain text", "this port is TLS; use https:// in the client's endpoint");
        } else if (find(cause, SslHandshakeTimeoutException.class) != null) {
            tell(from, "did not finish", "the time for a handshake ran out");
        } else if (find(cause, ClosedChannelException.class) != null) {
            // Port scans and load balancers' checks do that all day.
            log.debug("the TLS handshake with {} ended before it was done: the client closed the connection", from);
        } else {
            explain(from, message(cause));
        }
    }

    /** The messages of two TLS libraries, which exist nowhere but in their sources, turned into words. */
    private void explain(SocketAddress from, String message) {
        String text = message.toLowerCase(Locale.ROOT).replace('_', ' ');
        if (text.contains("peer did not return a certificate") || text.contains("empty client certificate chain")) {
            tell(from, "presented no certificate", "this port asks for one (--trusted-ca-file)");
        } else if (text.contains("unknown ca")) {
            tellOfAlert(from, "it does not trust the authority of the server's certificate (unknown CA)");
        } else if (text.contains("certificate expired")) {
            tellOfAlert(from, "it finds the server's certificate expired; is its clock right?");
        } else if (text.contains("bad certificate") || text.contains("certificate unknown")) {
            tellOfAlert(from, "it refused the server's certificate: wrong CA, or a name that is not in it");
        } else if (text.contains("unsupported protocol")
                || text.contains("client requested protocol")
                || text.contains("protocol version")) {
            tell(
                    from,
                    "offered no version of TLS that is allowed here",
                    String.join(", ", config.protocols()) + " are (--tls-min-version, --tls-max-version)");
        } else if (text.contains("no shared cipher") || text.contains("no cipher suites in common")) {
            tell(from, "offered no cipher suite that is allowed here", "see --cipher-suites");
        } else {
            tell(from, "broke the protocol", message);
        }
    }

    private void tellOfAlert(SocketAddress from, String reason) {
        tell(
                from,
                "turned away from the server's certificate ("
                        + Description.inOneLine(material.get().own().certificate()) + ")",
                reason);
    }

    private void tell(SocketAddress from, String what, String why) {
        lines.run(leftOut -> log.warn("TLS handshake failed: {} {}: {}{}", from, brief(what), brief(why), leftOut));
    }

    /** A certificate has room for names of many kilobytes, and anybody may show one. */
    private static String brief(String text) {
        return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT) + "…";
    }

    private static <T extends Throwable> T find(Throwable thrown, Class<T> type) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < 20; depth++) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
            cause = cause.getCause();
        }
        return null;
    }

    private static String message(Throwable thrown) {
        StringBuilder text = new StringBuilder();
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < 5; depth++) {
            if (cause.getMessage() != null && text.indexOf(cause.getMessage()) < 0) {
                text.append(text.isEmpty() ? "" : ": ").append(cause.getMessage());
            }
            cause = cause.getCause();
        }
        return text.isEmpty() ? thrown.getClass().getSimpleName() : text.toString();
    }
}
