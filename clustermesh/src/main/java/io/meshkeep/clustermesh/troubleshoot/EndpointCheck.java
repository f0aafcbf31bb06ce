package io.meshkeep.clustermesh.troubleshoot;

import io.meshkeep.certs.ChainCheck;
import io.meshkeep.certs.Description;
import io.meshkeep.certs.KeyUse;
import io.meshkeep.server.ListenUrl;
import io.meshkeep.server.ListenUrl.Scheme;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/** The way to an endpoint: its name, the connection, TLS, certificates, and whether an etcd answers. */
final class EndpointCheck {
    private static final Pattern VERSION = Pattern.compile("\"etcdserver\":\"([^\"]{1,64})\"");

    private final ListenUrl url;
    private final Credentials credentials;
    private final Duration timeout;
    private final Instant now;
    private final List<Finding> findings = new ArrayList<>();

    private EndpointCheck(ListenUrl url, Credentials credentials, Duration timeout, Instant now) {
        this.url = url;
        this.credentials = credentials;
        this.timeout = timeout;
        this.now = now;
    }

    /** Goes as far as it can, and gives what was found; without a problem the endpoint may be called. */
    static List<Finding> run(ListenUrl url, Credentials credentials, Duration timeout, Instant now) {
        EndpointCheck check = new EndpointCheck(url, credentials, timeout, now);
        Optional<InetAddress[]> addresses = check.resolve();
        if (addresses.isPresent()) {
            check.connect(addresses.get());
        }
        return check.findings;
    }

    private Optional<InetAddress[]> resolve() {
        CompletableFuture<InetAddress[]> resolved = new CompletableFuture<>();
        // The system's resolver cannot be told when to give up.
        Thread resolver = new Thread(
                () -> {
                    try {
                        resolved.complete(InetAddress.getAllByName(url.host()));
                    } catch (UnknownHostException e) {
                        resolved.completeExceptionally(e);
                    }
                },
                "resolver");
        resolver.setDaemon(true);
        resolver.start();
        String mend = "a name of another cluster comes from the pod's hostAliases (clustermesh.config.clusters[].ips in"
                + " Cilium's values) or from DNS; a VM has it in /etc/hosts";
        try {
            InetAddress[] addresses = resolved.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            findings.add(Finding.ok(
                    Step.NAME,
                    url.host() + " is "
                            + Arrays.stream(addresses)
                                    .map(InetAddress::getHostAddress)
                                    .collect(Collectors.joining(", "))));
            return Optional.of(addresses);
        } catch (ExecutionException e) {
            findings.add(Finding.problem(Step.NAME, "the name " + url.host() + " is not known", mend));
        } catch (TimeoutException e) {
            findings.add(Finding.problem(
                    Step.NAME, "no answer about the name " + url.host() + " in " + seconds(timeout), mend));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            findings.add(Finding.problem(Step.NAME, "interrupted", "run it again"));
        }
        return Optional.empty();
    }

    /** Tries the addresses one after another, as clients do, and goes on with the first that answers. */
    private void connect(InetAddress[] addresses) {
        List<Finding> failures = new ArrayList<>();
        for (InetAddress address : addresses) {
            try (Socket socket = new Socket()) {
                long begin = System.nanoTime();
                socket.connect(new InetSocketAddress(address, url.port()), millis());
                socket.setSoTimeout(millis());
                findings.add(Finding.ok(
                        Step.TCP,
                        address.getHostAddress() + " port " + url.port() + " answered in "
                                + (System.nanoTime() - begin) / 1_000_000 + " ms"));
                if (url.scheme() == Scheme.HTTPS) {
                    tls(socket);
                } else {
                    plaintext(socket);
                }
                return;
            } catch (IOException e) {
                failures.add(unreachable(address, e));
            }
        }
        findings.addAll(failures);
    }

    private Finding unreachable(InetAddress address, IOException e) {
        String where = address.getHostAddress() + " port " + url.port();
        if (e instanceof SocketTimeoutException) {
            return Finding.problem(
                    Step.TCP,
                    where + " does not answer within " + seconds(timeout),
                    "a firewall, security group or NetworkPolicy drops the packets, or the address is an old one: see"
                            + " kubectl -n kube-system get svc clustermesh-apiserver in that cluster");
        }
        if (e instanceof NoRouteToHostException) {
            return Finding.problem(
                    Step.TCP,
                    where + " cannot be reached: " + e.getMessage(),
                    "the network has no route there; the clusters' nodes must reach each other");
        }
        if (e instanceof ConnectException) {
            return Finding.problem(
                    Step.TCP,
                    where + " refuses connections",
                    "nothing listens there: is the clustermesh-apiserver pod running, and is the port the Service's"
                            + " (2379, or the NodePort, 32379 by default)?");
        }
        return Finding.problem(Step.TCP, where + ": " + e.getMessage(), "see whether the network is up");
    }

    private void tls(Socket socket) throws IOException {
        try (TlsProbe probe = TlsProbe.handshake(socket, url.host(), url.port(), credentials.own())) {
            findings.add(Finding.ok(
                    Step.TLS,
                    probe.session().getProtocol() + ", " + probe.session().getCipherSuite()));
            certificate(probe.serverChain());
            version(probe);
        } catch (SSLException | SocketException e) {
            findings.add(notTls(socket.getInetAddress(), e));
        } catch (SocketTimeoutException e) {
            findings.add(Finding.problem(
                    Step.TLS,
                    "the server does not answer the handshake within " + seconds(timeout),
                    "what listens there speaks another protocol, or is overloaded"));
        }
    }

    private Finding notTls(InetAddress address, IOException e) {
        String text = String.valueOf(e.getMessage());
        if (text.contains("certificate_required") || text.contains("bad_certificate")) {
            return refused(text);
        }
        if (text.contains("Unsupported or unrecognized SSL message") || answersInTheClear(address)) {
            return Finding.problem(
                    Step.TLS,
                    "the server speaks, but not TLS",
                    "serve with --cert-file and --key-file, or write http:// if it is meant to be in the clear");
        }
        if (text.contains("handshake_failure") || text.contains("protocol_version")) {
            return Finding.problem(
                    Step.TLS,
                    "the two sides have no TLS version or cipher in common (" + text + ")",
                    "look at --tls-min-version, --tls-max-version and --cipher-suites of the server");
        }
        return Finding.problem(
                Step.TLS,
                "the handshake was broken off: " + text,
                "the server's log says why; if it says nothing, something between breaks off the connection");
    }

    /** A server without TLS may hang up on the first bytes of a handshake without a word. */
    private boolean answersInTheClear(InetAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, url.port()), millis());
            socket.setSoTimeout(millis());
            return TlsProbe.version(socket, url.host()).startsWith("HTTP/");
        } catch (IOException e) {
            return false;
        }
    }

    private void certificate(List<X509Certificate> chain) {
        if (credentials.trusted().isEmpty()) {
            findings.add(Finding.warning(
                    Step.CERTIFICATE,
                    "not checked against an authority, for there is none in the configuration: "
                            + Description.inOneLine(chain.get(0)),
                    "name the authority, trusted-ca-file or --cacert"));
            return;
        }
        List<String> problems = ChainCheck.against(credentials.trusted(), now)
                .forUse(KeyUse.SERVER)
                .forHost(url.host())
                .problems(chain);
        for (String problem : problems) {
            findings.add(Finding.problem(Step.CERTIFICATE, "the server's certificate: " + problem, mend(problem)));
        }
        if (problems.isEmpty()) {
            X509Certificate leaf = chain.get(0);
            Duration left = Duration.between(now, leaf.getNotAfter().toInstant());
            String says =
                    "valid for " + url.host() + " until " + leaf.getNotAfter().toInstant();
            findings.add(
                    left.toDays() < 14
                            ? Finding.warning(
                                    Step.CERTIFICATE,
                                    says + ", which is in " + left.toHours() + " hours",
                                    "renew it: meshkeep certs rotate, helm upgrade, or whatever made it")
                            : Finding.ok(Step.CERTIFICATE, says));
        }
    }

    private static String mend(String problem) {
        if (problem.contains("wrong CA")) {
            return "clusters of a mesh trust one authority, or each the other's: give this client the server's ca.crt"
                    + " (secret cilium-ca there), or sign the server's certificate with the authority trusted here";
        }
        if (problem.contains("is not for")) {
            return "call the server by a name in its certificate, or add this name (--server-names; in Cilium's values"
                    + " clustermesh.apiserver.tls.server.extraDnsNames and extraIpAddresses)";
        }
        if (problem.contains("expired")) {
            return "renew it there: meshkeep certs rotate, helm upgrade, or whatever made the secret"
                    + " clustermesh-apiserver-server-cert; the server takes the new one without a restart";
        }
        if (problem.contains("not valid yet")) {
            return "set the clocks of both machines";
        }
        return "have the certificate issued again for this use";
    }

    private void version(TlsProbe probe) throws IOException {
        try {
            tellVersion(probe.version(url.host()));
        } catch (SSLException | SocketException e) {
            findings.add(refused(String.valueOf(e.getMessage())));
        }
    }

    private Finding refused(String text) {
        if (credentials.own().isEmpty()) {
            return Finding.problem(
                    Step.SERVER,
                    "the server wants a client certificate, and there is none in the configuration (" + text + ")",
                    "name one with its key: cert-file and key-file, or --cert and --key");
        }
        return Finding.problem(
                Step.SERVER,
                "the server refuses this client's certificate of user " + credentials.user() + " (" + text + ")",
                "the server does not trust the authority that signed it, or it has expired: the server's log has a line"
                        + " \"TLS handshake failed\" with the reason");
    }

    private void plaintext(Socket socket) throws IOException {
        String answer;
        try {
            answer = TlsProbe.version(socket, url.host());
        } catch (SocketException | SocketTimeoutException e) {
            answer = "";
        }
        // A TLS server answers with an alert, or nothing.
        if (answer.startsWith("HTTP/")) {
            findings.add(Finding.warning(
                    Step.TLS,
                    "the connection is in the clear: everyone between can read and change what is sent",
                    "serve with certificates, and write https://"));
            tellVersion(answer);
        } else {
            findings.add(Finding.problem(
                    Step.TLS, "the server does not answer in the clear; it likely wants TLS", "write https://"));
        }
    }

    private void tellVersion(String answer) {
        Matcher found = VERSION.matcher(answer);
        if (found.find()) {
            findings.add(Finding.ok(Step.SERVER, "etcd " + found.group(1)));
        } else {
            findings.add(Finding.warning(
                    Step.SERVER,
                    "it does not tell an etcd version: "
                            + (answer.isEmpty()
                                    ? "no answer"
                                    : answer.lines().findFirst().orElse("")),
                    "see what listens there"));
        }
    }

    private int millis() {
        return (int) Math.max(1, timeout.toMillis());
    }

    static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}
