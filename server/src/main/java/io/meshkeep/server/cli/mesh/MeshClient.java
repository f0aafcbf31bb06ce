package io.meshkeep.server.cli.mesh;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.Issued;
import io.meshkeep.proto.MeshGrpc;
import io.meshkeep.server.GoDuration;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The connection to a server; of several endpoints the first that answers is taken. */
final class MeshClient implements AutoCloseable {
    private static final Pattern SYSTEM_CALL = Pattern.compile("^\\S+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");
    private static final int DEFAULT_PORT = 2379;

    private record Address(String host, int port, boolean tls) {}

    private final List<Address> addresses = new ArrayList<>();
    private final MeshArguments arguments;
    private final Duration timeout;
    private int current;
    private ManagedChannel channel;

    MeshClient(MeshArguments arguments) throws CommandException {
        this.arguments = arguments;
        for (String endpoint : arguments.text("endpoints", "127.0.0.1:2379").split(",")) {
            addresses.add(address(endpoint.strip()));
        }
        try {
            timeout = GoDuration.parse(arguments.text("command-timeout", "30s"));
        } catch (IllegalArgumentException e) {
            throw CommandException.misused("--command-timeout: " + e.getMessage());
        }
        connect();
    }

    /** Reads {@code [scheme://]host[:port]}; the host may stand in brackets, whatever it is. */
    private Address address(String endpoint) throws CommandException {
        boolean tls = !arguments.text("cacert", "").isEmpty()
                || !arguments.text("cert", "").isEmpty()
                || arguments.isOn("insecure-skip-tls-verify");
        String rest = endpoint;
        if (rest.startsWith("https://")) {
            tls = true;
            rest = rest.substring("https://".length());
        } else if (rest.startsWith("http://")) {
            tls = false;
            rest = rest.substring("http://".length());
        }
        int bracket = rest.startsWith("[") ? rest.indexOf(']') : -1;
        int colon = rest.indexOf(':', Math.max(0, bracket));
        String host = bracket > 0 ? rest.substring(1, bracket) : colon < 0 ? rest : rest.substring(0, colon);
        int port = DEFAULT_PORT;
        if (colon >= 0) {
            port = (int) MeshArguments.number("--endpoints", rest.substring(colon + 1), 65535);
        } else if (bracket > 0 && bracket != rest.length() - 1) {
            throw CommandException.misused("--endpoints: \"" + endpoint + "\" is not an address");
        }
        if (host.isEmpty() || host.indexOf('/') >= 0) {
            throw CommandException.misused("--endpoints: \"" + endpoint + "\" is not an address");
        }
        return new Address(host, port, tls);
    }

    private void connect() throws CommandException {
        Address address = addresses.get(current);
        NettyChannelBuilder builder =
                NettyChannelBuilder.forAddress(address.host, address.port).maxInboundMessageSize(64 << 20);
        if (address.tls) {
            builder.sslContext(tls());
        } else {
            builder.usePlaintext();
        }
        channel = builder.build();
    }

    private SslContext tls() throws CommandException {
        SslContextBuilder context = GrpcSslContexts.forClient();
        try {
            if (arguments.isOn("insecure-skip-tls-verify")) {
                context.trustManager(InsecureTrustManagerFactory.INSTANCE);
            } else if (!arguments.text("cacert", "").isEmpty()) {
                context.trustManager(CertificateFiles.readCertificates(file("cacert")));
            }
            String cert = arguments.text("cert", "");
            String key = arguments.text("key", "");
            if (cert.isEmpty() != key.isEmpty()) {
                throw CommandException.misused("--cert and --key go together");
            }
            if (!cert.isEmpty()) {
                Issued own = CertificateFiles.readIssued(file("cert"), file("key"));
                context.keyManager(own.key(), own.chain());
            }
            return context.build();
        } catch (IOException e) {
            throw CommandException.failed("the TLS files cannot be used: " + e.getMessage(), e);
        }
    }

    private Path file(String flag) throws CommandException {
        Path file = Path.of(arguments.text(flag, ""));
        if (!Files.isReadable(file)) {
            throw CommandException.failed("--" + flag + ": " + file + " cannot be read", null);
        }
        return file;
    }

    /** One call, at the next endpoint if one cannot be reached. */
    <R> R call(Function<MeshGrpc.MeshBlockingStub, R> method) throws CommandException {
        for (int tried = 1; ; tried++) {
            try {
                return method.apply(
                        MeshGrpc.newBlockingStub(channel).withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS));
            } catch (StatusRuntimeException e) {
                if (e.getStatus().getCode() != Status.Code.UNAVAILABLE || tried >= addresses.size()) {
                    throw failure(e);
                }
                next();
            }
        }
    }

    /** For a stream, which has no time limit. */
    MeshGrpc.MeshBlockingStub stream() {
        return MeshGrpc.newBlockingStub(channel);
    }

    /** Goes to the next endpoint, or the only one again. */
    void next() throws CommandException {
        channel.shutdownNow();
        current = (current + 1) % addresses.size();
        connect();
    }

    /** Why the server cannot be reached, in one line for people. */
    static String reason(Status status) {
        Throwable cause = status.getCause();
        String text = cause == null ? null : cause.getMessage();
        if (text == null) {
            text = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        }
        // Netty tells its own calls before the error, and its handlers in lines of their own after it
        return SYSTEM_CALL
                .matcher(text.lines().findFirst().orElse(""))
                .replaceFirst("")
                .replace(": /", ": ");
    }

    static CommandException failure(StatusRuntimeException e) {
        Status status = e.getStatus();
        String text = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        if (text.startsWith("meshkeep: ")) {
            text = text.substring("meshkeep: ".length());
        }
        if (status.getCode() == Status.Code.UNIMPLEMENTED) {
            text = "the server has no mesh service; is it Meshkeep?";
        } else if (status.getCode() == Status.Code.UNAVAILABLE) {
            text = "the server cannot be reached: " + reason(status);
        } else if (status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
            text = "the server has not answered in time (--command-timeout)";
        }
        return CommandException.failed(text, e);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
