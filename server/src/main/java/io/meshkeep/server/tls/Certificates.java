package io.meshkeep.server.tls;

import io.meshkeep.certs.Description;
import io.meshkeep.server.TlsConfig;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The TLS side of a server, over the life of its certificates: new handshakes use what the files hold now, connections
 * that are open go on. A file that cannot be used is told in the log, and what was read before stays in use.
 * Thread-safe.
 */
public final class Certificates implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Certificates.class);

    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

    private static final String REJECT_RENEGOTIATION = "jdk.tls.rejectClientInitiatedRenegotiation";

    private final TlsConfig config;
    private final Duration handshakeTimeout;
    private final SslProvider provider;
    private final ScheduledExecutorService looker;
    /** Checks clients' certificates, so that a crowd that comes at once does not hold up those who are there. */
    private final ThreadPoolExecutor checker;

    private volatile TlsContext current;
    /** What the files were when they were last looked at, whether or not they could be used. */
    private FileStamps seen;

    /**
     * Reads the files, and looks at them again each second.
     *
     * @throws IOException with one line for the user, if they cannot be used
     */
    public Certificates(String name, TlsConfig config, Duration handshakeTimeout) throws IOException {
        this.config = config;
        this.handshakeTimeout = handshakeTimeout;
        this.provider = OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
        if (provider == SslProvider.JDK && System.getProperty(REJECT_RENEGOTIATION) == null) {
            // Read when the first engine is made. BoringSSL never lets clients renegotiate.
            System.setProperty(REJECT_RENEGOTIATION, "true");
        }
        this.seen = FileStamps.of(config);
        this.current = load();
        log.info(
                "TLS by {}; certificate: {}; clients {}",
                provider == SslProvider.OPENSSL
                        ? OpenSsl.versionString()
                        : "Java (the native library is not available here)",
                Description.inOneLine(current.material().own().certificate()),
                config.trustedCaFile().isPresent() ? "must show a certificate" : "need no certificate");
        warnOfOwnProblems(current.material());
        // the queue is as long as there are connections that have not ended their handshake, which the ports limit
        checker = new ThreadPoolExecutor(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, name + "-handshakes");
            thread.setDaemon(true);
            return thread;
        });
        checker.allowCoreThreadTimeOut(true);
        looker = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, name + "-certificates");
            thread.setDaemon(true);
            return thread;
        });
        looker.scheduleWithFixedDelay(
                this::look, LOOK_INTERVAL.toMillis(), LOOK_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    private TlsContext load() throws IOException {
        TlsMaterial material = TlsMaterial.read(config);
        try {
            return TlsContext.of(config, material, provider);
        } catch (SSLException | IllegalArgumentException e) {
            throw new IOException("TLS cannot be set up with these files: " + e.getMessage(), e);
        }
    }

    private void look() {
        try {
            FileStamps now = FileStamps.of(config);
            if (!now.equals(seen)) {
                seen = now;
                reload();
            }
        } catch (RuntimeException e) {
            // otherwise nobody would ever look again
            log.error("the certificate files could not be looked at; what was read before stays in use", e);
        }
    }

    private void reload() {
        try {
            TlsContext next = load();
            current = next;
            log.info(
                    "the certificate files have changed, and new connections use them: {}",
                    Description.inOneLine(next.material().own().certificate()));
            warnOfOwnProblems(next.material());
        } catch (IOException e) {
            log.warn(
                    "the certificate files have changed and cannot be used; what was read before stays in use: {}",
                    e.getMessage());
        }
    }

    private static void warnOfOwnProblems(TlsMaterial material) {
        for (String problem : material.ownProblems(Instant.now())) {
            log.warn("the server's own certificate will be refused by clients: {}", problem);
        }
    }

    /** The TLS side of a new connection. */
    public SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = current.newHandler(allocator, checker);
        handler.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
        return handler;
    }

    /** Decides, and tells the log, what becomes of handshakes. */
    public Handshakes handshakes() {
        return new Handshakes(config, () -> current.material());
    }

    @Override
    public void close() {
        looker.shutdownNow();
        checker.shutdownNow();
    }
}
