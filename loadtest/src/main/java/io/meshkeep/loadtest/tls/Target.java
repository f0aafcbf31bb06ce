package io.meshkeep.loadtest.tls;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.client.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** The flags that say which server is meant, with etcdctl's names. */
public final class Target {
    /** Flags with a value. */
    public static final Set<String> VALUES = Set.of("--endpoint", "--cacert", "--cert", "--key");

    /** Flags without one. */
    public static final Set<String> SWITCHES = Set.of("--insecure-skip-tls-verify");

    /** A text block's lines about them. */
    public static final String HELP = """
              --endpoint URL     of the server (default http://127.0.0.1:2379); https://host:port speaks TLS
              --cacert FILE      authorities that may have signed the server's certificate
              --cert FILE        certificate to show to the server; --key FILE its key
              --insecure-skip-tls-verify   take any certificate of the server
            """;

    private Target() {}

    /**
     * The server that the flags name.
     *
     * @throws IllegalArgumentException with one line for the user
     * @throws IOException with one line for the user, if a file cannot be used
     */
    public static Endpoint of(Arguments arguments) throws IOException {
        String url = arguments.text("--endpoint", "http://127.0.0.1:2379");
        boolean files = arguments.has("--cacert") || arguments.has("--cert") || arguments.has("--key");
        boolean anyone = arguments.has("--insecure-skip-tls-verify");
        if (!files && !anyone && !url.startsWith("https://")) {
            return Endpoint.parse(url);
        }
        if (arguments.has("--cert") != arguments.has("--key")) {
            throw new IllegalArgumentException("--cert and --key belong together");
        }
        ClientTls tls = anyone
                ? ClientTls.trustingAnyone()
                : arguments.has("--cacert")
                        ? ClientTls.trusting(Path.of(arguments.text("--cacert", "")))
                        : ClientTls.trustingThePublic();
        if (arguments.has("--cert")) {
            tls.showing(Path.of(arguments.text("--cert", "")), Path.of(arguments.text("--key", "")));
        }
        return Endpoint.parse(url, tls.context());
    }
}
