package io.meshkeep.server.cli;

import io.meshkeep.server.TlsConfig;
import io.meshkeep.server.TlsConfig.Version;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Etcd's flags for TLS, taken together. */
final class TlsFlags {
    private TlsFlags() {}

    /**
     * @param flags gives a flag's text, empty if it was not given
     * @param selfSigned where the certificate of {@code --auto-tls} lies
     * @return empty if there is no certificate to serve with
     */
    static Optional<TlsConfig> read(UnaryOperator<String> flags, Path selfSigned) throws UsageException {
        String certificate = flags.apply("cert-file");
        String key = flags.apply("key-file");
        if (certificate.isEmpty() && key.isEmpty() && isAuto(flags)) {
            certificate = selfSigned.resolve("cert.pem").toString();
            key = selfSigned.resolve("key.pem").toString();
        }
        if (certificate.isEmpty() != key.isEmpty()) {
            throw new UsageException("cert-file and key-file go together: " + (key.isEmpty() ? "key-file" : "cert-file")
                    + " is missing");
        }
        try {
            if (certificate.isEmpty()) {
                requireNoCertificateNeeded(flags);
                return Optional.empty();
            }
            return Optional.of(new TlsConfig(
                    Path.of(certificate),
                    Path.of(key),
                    path(flags.apply("trusted-ca-file")),
                    path(flags.apply("client-crl-file")),
                    flags.apply("client-cert-auth").equals("true"),
                    text(flags.apply("client-cert-allowed-cn")),
                    text(flags.apply("client-cert-allowed-hostname")),
                    version(flags.apply("tls-min-version"), Version.TLS1_2),
                    version(flags.apply("tls-max-version"), Version.TLS1_3),
                    list(flags.apply("cipher-suites"))));
        } catch (IllegalArgumentException bad) {
            throw new UsageException(bad.getMessage(), bad);
        }
    }

    /** Whether the certificate is made by the server; one that is given wins, as in etcd. */
    static boolean isAuto(UnaryOperator<String> flags) {
        return flags.apply("auto-tls").equals("true")
                && flags.apply("cert-file").isEmpty();
    }

    /** What would be ignored without a certificate, and whoever gave it believes to be protected. */
    private static void requireNoCertificateNeeded(UnaryOperator<String> flags) throws UsageException {
        for (String flag : List.of(
                "trusted-ca-file", "client-crl-file", "client-cert-allowed-cn", "client-cert-allowed-hostname")) {
            if (!flags.apply(flag).isEmpty()) {
                throw new UsageException(flag + " needs cert-file and key-file: without them nothing is TLS");
            }
        }
        if (flags.apply("client-cert-auth").equals("true")) {
            throw new UsageException("client-cert-auth needs cert-file, key-file and trusted-ca-file");
        }
    }

    private static Optional<Path> path(String text) {
        return text(text).map(Path::of);
    }

    private static Optional<String> text(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private static Version version(String text, Version otherwise) {
        return text.isEmpty() ? otherwise : Version.parse(text);
    }

    private static List<String> list(String text) {
        return Arrays.stream(text.split(","))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }
}
