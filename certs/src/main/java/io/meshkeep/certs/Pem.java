package io.meshkeep.certs;

import java.io.ByteArrayInputStream;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CRLException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The text form of certificates, keys and revocation lists (RFC 7468). What is read may be anything: what is not
 * understood gives an {@link UnreadablePemException} in plain words.
 */
public final class Pem {
    /** Far above any bundle of certificates; more is not read. */
    private static final int MAX_LENGTH = 16 << 20;

    private static final String CERTIFICATE = "CERTIFICATE";

    private Pem() {}

    /**
     * All certificates of a text, in its order: a chain, or a bundle of authorities. Other blocks are passed over.
     *
     * @throws UnreadablePemException if there are none, or one is broken
     */
    public static List<X509Certificate> certificates(String text) throws UnreadablePemException {
        requireSane(text);
        List<X509Certificate> certificates = new ArrayList<>();
        try {
            for (PemBlock block : PemBlock.readAll(text)) {
                if (isCertificate(block.type())) {
                    certificates.add(certificate(block.content()));
                }
            }
        } catch (MalformedException e) {
            throw new UnreadablePemException("is no PEM text", e);
        }
        if (certificates.isEmpty()) {
            throw new UnreadablePemException("holds no certificate");
        }
        return certificates;
    }

    private static boolean isCertificate(String type) {
        return type.equals(CERTIFICATE) || type.equals("X509 CERTIFICATE") || type.equals("TRUSTED CERTIFICATE");
    }

    private static X509Certificate certificate(byte[] content) throws UnreadablePemException {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(content));
        } catch (CertificateException e) {
            throw new UnreadablePemException("holds a certificate that cannot be read", e);
        }
    }

    /**
     * The revocation lists of a text, which may also be a single list in binary form.
     *
     * @throws UnreadablePemException if there are none, or one is broken
     */
    public static List<X509CRL> revocationLists(byte[] content) throws UnreadablePemException {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            List<X509CRL> lists = factory.generateCRLs(new ByteArrayInputStream(content)).stream()
                    .map(X509CRL.class::cast)
                    .toList();
            if (lists.isEmpty()) {
                throw new UnreadablePemException("holds no revocation list");
            }
            return lists;
        } catch (CertificateException | CRLException e) {
            throw new UnreadablePemException("holds a revocation list that cannot be read", e);
        }
    }

    /**
     * The one private key of a text, in any of the {@link KeyFormat forms}. Other blocks, such as certificates or the
     * curve that OpenSSL writes before a key, are passed over.
     *
     * @throws UnreadablePemException if there is none, it is encrypted, or it is broken
     */
    public static PrivateKey privateKey(String text) throws UnreadablePemException {
        requireSane(text);
        return PrivateKeys.first(text);
    }

    /**
     * The one public key of a text: as such (RFC 5280, RFC 8017), of a certificate, or of a private key that holds it.
     *
     * @throws UnreadablePemException if there is none, or it is broken
     */
    public static PublicKey publicKey(String text) throws UnreadablePemException {
        requireSane(text);
        return PublicKeys.first(text);
    }

    /**
     * The public key that belongs to a private one.
     *
     * @throws IllegalArgumentException if it cannot be told from a key of this kind
     */
    public static PublicKey publicOf(PrivateKey key) {
        return PublicKeys.of(key);
    }

    private static void requireSane(String text) throws UnreadablePemException {
        if (text.length() > MAX_LENGTH) {
            throw new UnreadablePemException("is too large for a PEM text");
        }
        if (text.isBlank()) {
            throw new UnreadablePemException("is empty");
        }
    }

    /** The text of certificates, in their order. */
    public static String of(Collection<X509Certificate> certificates) {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            try {
                text.append(PemBlock.write(CERTIFICATE, certificate.getEncoded()));
            } catch (CertificateEncodingException e) {
                throw new IllegalArgumentException("a certificate without an encoding", e);
            }
        }
        return text.toString();
    }

    /** The text of a certificate. */
    public static String of(X509Certificate certificate) {
        return of(List.of(certificate));
    }

    /**
     * The text of a private key.
     *
     * @throws IllegalArgumentException if keys of its kind have no such form
     */
    public static String of(PrivateKey key, KeyFormat format) {
        boolean rsa = key.getAlgorithm().equals("RSA");
        boolean ec = key.getAlgorithm().equals("EC");
        if (format == KeyFormat.PKCS8) {
            return PemBlock.write("PRIVATE KEY", key.getEncoded());
        }
        if (format == KeyFormat.PKCS1 && !rsa || format == KeyFormat.SEC1 && !ec) {
            throw new IllegalArgumentException(key.getAlgorithm() + " keys have no " + format + " form");
        }
        byte[] content = null;
        try {
            content = rsa ? PrivateKeys.unwrap(key.getEncoded()) : PrivateKeys.sec1(key.getEncoded());
            return PemBlock.write(rsa ? "RSA PRIVATE KEY" : "EC PRIVATE KEY", content);
        } catch (MalformedException e) {
            throw new IllegalArgumentException("a private key without an encoding", e);
        } finally {
            if (content != null) {
                Arrays.fill(content, (byte) 0);
            }
        }
    }
}
