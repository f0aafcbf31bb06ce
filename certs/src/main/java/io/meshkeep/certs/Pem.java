package io.meshkeep.certs;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
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
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.math.ec.FixedPointCombMultiplier;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMException;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.bouncycastle.util.io.pem.PemWriter;

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
        List<X509Certificate> certificates = new ArrayList<>();
        for (PemObject block : blocks(text)) {
            if (isCertificate(block.getType())) {
                certificates.add(certificate(block.getContent()));
            }
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
        JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            Object object;
            while ((object = parser.readObject()) != null) {
                if (object instanceof PEMKeyPair pair) {
                    return converter.getPrivateKey(pair.getPrivateKeyInfo());
                } else if (object instanceof PrivateKeyInfo info) {
                    return converter.getPrivateKey(info);
                } else if (object instanceof PEMEncryptedKeyPair || object instanceof PKCS8EncryptedPrivateKeyInfo) {
                    throw new UnreadablePemException("holds a private key that is encrypted with a password");
                }
            }
        } catch (PEMException e) {
            throw new UnreadablePemException("holds a private key that cannot be read", e);
        } catch (UnreadablePemException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            // the parser throws all sorts of things over bytes that are no key
            throw new UnreadablePemException("holds a private key that cannot be read", e);
        }
        throw new UnreadablePemException("holds no private key");
    }

    /**
     * The one public key of a text: as such (RFC 5280, RFC 8017), of a certificate, or of a private key that holds it.
     *
     * @throws UnreadablePemException if there is none, or it is broken
     */
    public static PublicKey publicKey(String text) throws UnreadablePemException {
        requireSane(text);
        JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            Object object;
            while ((object = parser.readObject()) != null) {
                if (object instanceof SubjectPublicKeyInfo info) {
                    return converter.getPublicKey(info);
                } else if (object instanceof X509CertificateHolder certificate) {
                    return converter.getPublicKey(certificate.getSubjectPublicKeyInfo());
                } else if (object instanceof PEMKeyPair pair && pair.getPublicKeyInfo() != null) {
                    return converter.getPublicKey(pair.getPublicKeyInfo());
                }
            }
        } catch (IOException | RuntimeException e) {
            throw new UnreadablePemException("holds a public key that cannot be read", e);
        }
        throw new UnreadablePemException("holds no public key");
    }

    /**
     * The public key that belongs to a private one.
     *
     * @throws IllegalArgumentException if it cannot be told from a key of this kind
     */
    public static PublicKey publicOf(PrivateKey key) {
        try {
            AsymmetricKeyParameter parameters = PrivateKeyFactory.createKey(key.getEncoded());
            AsymmetricKeyParameter other;
            if (parameters instanceof RSAPrivateCrtKeyParameters rsa) {
                other = new RSAKeyParameters(false, rsa.getModulus(), rsa.getPublicExponent());
            } else if (parameters instanceof ECPrivateKeyParameters ec) {
                ECPoint point = new FixedPointCombMultiplier()
                        .multiply(ec.getParameters().getG(), ec.getD());
                other = new ECPublicKeyParameters(point, ec.getParameters());
            } else if (parameters instanceof Ed25519PrivateKeyParameters ed) {
                other = ed.generatePublicKey();
            } else {
                throw new IllegalArgumentException("the public half of " + key.getAlgorithm() + " keys is not known");
            }
            return new JcaPEMKeyConverter().getPublicKey(SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(other));
        } catch (IOException e) {
            throw new IllegalArgumentException("a private key without an encoding", e);
        }
    }

    private static List<PemObject> blocks(String text) throws UnreadablePemException {
        requireSane(text);
        List<PemObject> blocks = new ArrayList<>();
        try (PemReader reader = new PemReader(new StringReader(text))) {
            PemObject block;
            while ((block = reader.readPemObject()) != null) {
                blocks.add(block);
            }
        } catch (IOException | RuntimeException e) {
            throw new UnreadablePemException("is no PEM text", e);
        }
        return blocks;
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
                text.append(block(CERTIFICATE, certificate.getEncoded()));
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
            return block("PRIVATE KEY", key.getEncoded());
        }
        if (format == KeyFormat.PKCS1 && !rsa || format == KeyFormat.SEC1 && !ec) {
            throw new IllegalArgumentException(key.getAlgorithm() + " keys have no " + format + " form");
        }
        byte[] content = null;
        try {
            // The older forms are what a PKCS#8 key wraps.
            PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getEncoded());
            content = rsa ? info.parsePrivateKey().toASN1Primitive().getEncoded() : Sec1.encode(info);
            return block(rsa ? "RSA PRIVATE KEY" : "EC PRIVATE KEY", content);
        } catch (IOException e) {
            throw new IllegalArgumentException("a private key without an encoding", e);
        } finally {
            if (content != null) {
                Arrays.fill(content, (byte) 0);
            }
        }
    }

    private static String block(String type, byte[] content) {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(new PemObject(type, content));
        } catch (IOException e) {
            throw new IllegalStateException("cannot write to memory", e);
        }
        return text.toString();
    }
}
