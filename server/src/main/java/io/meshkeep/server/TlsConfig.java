package io.meshkeep.server;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How clients are served over TLS. The names and meanings are those of etcd's flags.
 *
 * @param certFile {@code --cert-file}: the server's certificate, then the intermediate authorities
 * @param keyFile {@code --key-file}: its key, as PKCS#8, PKCS#1 or SEC1
 * @param trustedCaFile {@code --trusted-ca-file}: the authorities of clients. If there is one, clients must show a
 *     certificate
 * @param crlFile {@code --client-crl-file}: revoked certificates of clients
 * @param clientCertAuth {@code --client-cert-auth}: a client's common name is its user; needs authorities
 * @param allowedCommonName {@code --client-cert-allowed-cn}: only clients of this common name
 * @param allowedHostname {@code --client-cert-allowed-hostname}: only clients whose certificate is for this name
 * @param minVersion {@code --tls-min-version}
 * @param maxVersion {@code --tls-max-version}
 * @param cipherSuites {@code --cipher-suites}: by their IANA names, for TLS 1.2; empty for a safe choice
 */
public record TlsConfig(
        Path certFile,
        Path keyFile,
        Optional<Path> trustedCaFile,
        Optional<Path> crlFile,
        boolean clientCertAuth,
        Optional<String> allowedCommonName,
        Optional<String> allowedHostname,
        Version minVersion,
        Version maxVersion,
        List<String> cipherSuites) {

    /** The versions of TLS that are spoken: older ones are broken. */
    public enum Version {
        TLS1_2("TLS1.2", "TLSv1.2"),
        TLS1_3("TLS1.3", "TLSv1.3");

        private final String flag;
        private final String protocol;

        Version(String flag, String protocol) {
            this.flag = flag;
            this.protocol = protocol;
        }

        /** The version that the flags call so, such as {@code TLS1.2}. */
        public static Version parse(String text) {
            for (Version version : values()) {
                if (version.flag.equals(text)) {
                    return version;
                }
            }
            throw new IllegalArgumentException(
                    "\"" + text + "\" is neither TLS1.2 nor TLS1.3; older versions are not safe");
        }

        /** The name that Java and OpenSSL use. */
        public String protocol() {
            return protocol;
        }
    }

    public TlsConfig {
        Objects.requireNonNull(certFile, "certFile");
        Objects.requireNonNull(keyFile, "keyFile");
        cipherSuites = List.copyOf(cipherSuites);
        check(
                !clientCertAuth || trustedCaFile.isPresent(),
                "client-cert-auth needs trusted-ca-file: without authorities no client could be trusted");
        check(crlFile.isEmpty() || trustedCaFile.isPresent(), "client-crl-file needs trusted-ca-file");
        check(
                allowedCommonName.isEmpty() && allowedHostname.isEmpty() || trustedCaFile.isPresent(),
                "client-cert-allowed-cn and client-cert-allowed-hostname need trusted-ca-file");
        check(
                allowedCommonName.isEmpty() || allowedHostname.isEmpty(),
                "client-cert-allowed-cn and client-cert-allowed-hostname exclude each other");
        check(minVersion.compareTo(maxVersion) <= 0, "tls-min-version is above tls-max-version");
        check(
                minVersion != Version.TLS1_3 || cipherSuites.isEmpty(),
                "cipher-suites cannot be chosen with TLS1.3 alone");
    }

    private static void check(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** A server that shows a certificate and asks for none. */
    public static TlsConfig of(Path certFile, Path keyFile) {
        return new TlsConfig(
                certFile,
                keyFile,
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty(),
                Optional.empty(),
                Version.TLS1_2,
                Version.TLS1_3,
                List.of());
    }

    /** Mutual TLS: clients must show a certificate of one of these authorities, and its common name is their user. */
    public static TlsConfig mutual(Path certFile, Path keyFile, Path trustedCaFile) {
        TlsConfig plain = of(certFile, keyFile);
        return new TlsConfig(
                certFile,
                keyFile,
                Optional.of(trustedCaFile),
                Optional.empty(),
                true,
                Optional.empty(),
                Optional.empty(),
                plain.minVersion,
                plain.maxVersion,
                List.of());
    }

    /** The versions from the least to the greatest. */
    public List<String> protocols() {
        return List.of(Version.values()).stream()
                .filter(version -> version.compareTo(minVersion) >= 0 && version.compareTo(maxVersion) <= 0)
                .map(Version::protocol)
                .toList();
    }
}
