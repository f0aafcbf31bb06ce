package io.meshkeep.certs;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/**
 * A certificate with its private key.
 *
 * @param key the private key; never printed
 * @param chain the certificate, then those of the intermediate authorities up to, without, the root
 */
public record Issued(PrivateKey key, List<X509Certificate> chain) {
    public Issued {
        Objects.requireNonNull(key, "key");
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("a chain has at least one certificate");
        }
    }

    /** The certificate itself. */
    public X509Certificate certificate() {
        return chain.get(0);
    }

    /** Whether the key is the certificate's: files may have been mixed up, or replaced one before the other. */
    public boolean keyFits() {
        return KeyAlgorithm.matches(key, certificate().getPublicKey());
    }

    @Override
    public String toString() {
        return "Issued[" + certificate().getSubjectX500Principal() + "]";
    }
}
