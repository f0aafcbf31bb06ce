package io.meshkeep.certs;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CRLException;
import java.security.cert.CertificateException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Signs certificates: a root, or an intermediate one that a root has signed. Immutable, and safe for use by several
 * threads.
 */
public final class CertificateAuthority {
    /** Clocks differ: a certificate must not come from a client's future. */
    private static final Duration BACKDATE = Duration.ofMinutes(5);

    /** As many bits as RFC 5280 leaves room for, of which CAs are asked to make at least 64 random. */
    private static final int SERIAL_BITS = 127;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Issued own;
    private final InstantSource clock;

    private CertificateAuthority(Issued own, InstantSource clock) {
        this.own = own;
        this.clock = clock;
    }

    /** Makes a root: a new key, and a certificate that it signs itself. */
    public static CertificateAuthority create(String commonName, KeyAlgorithm algorithm, Duration validity) {
        return create(commonName, algorithm, validity, InstantSource.system());
    }

    /** Makes a root, valid from a clock's now on. */
    public static CertificateAuthority create(
            String commonName, KeyAlgorithm algorithm, Duration validity, InstantSource clock) {
        KeyPair keys = algorithm.generate();
        X500Name name = name(commonName);
        Instant now = now(clock);
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                name, serial(), Date.from(now.minus(BACKDATE)), Date.from(now.plus(validity)), name, keys.getPublic());
        X509Certificate certificate =
                sign(asAuthority(builder, keys.getPublic(), keys.getPublic()), keys.getPrivate(), keys.getPublic());
        return new CertificateAuthority(new Issued(keys.getPrivate(), List.of(certificate)), clock);
    }

    /**
     * An authority whose key and certificate exist.
     *
     * @throws IllegalArgumentException if the certificate is no authority's, or the key another one's
     */
    public static CertificateAuthority of(Issued issued) {
        X509Certificate certificate = issued.certificate();
        if (certificate.getBasicConstraints() < 0) {
            throw new IllegalArgumentException(
                    certificate.getSubjectX500Principal() + " is not a certificate authority");
        }
        if (!KeyAlgorithm.matches(issued.key(), certificate.getPublicKey())) {
            throw new IllegalArgumentException(
                    "the key does not belong to the certificate of " + certificate.getSubjectX500Principal());
        }
        return new CertificateAuthority(issued, InstantSource.system());
    }

    /** The same authority, by another clock. */
    public CertificateAuthority at(InstantSource otherClock) {
        return new CertificateAuthority(own, otherClock);
    }

    /** The authority's own certificate. */
    public X509Certificate certificate() {
        return own.certificate();
    }

    /** Its certificate and key. */
    public Issued own() {
        return own;
    }

    /** Signs a certificate over a new key. */
    public Issued issue(CertificateRequest request, KeyAlgorithm algorithm) {
        return issue(request, algorithm.generate());
    }

    /** Signs a certificate over a key that exists. */
    public Issued issue(CertificateRequest request, KeyPair keys) {
        Instant now = now(clock);
        X509v3CertificateBuilder builder = builder(request.commonName(), keys.getPublic(), now, request.validity());
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            int usage = KeyUsage.digitalSignature;
            if (keys.getPublic().getAlgorithm().equals("RSA")) {
                // of use with TLS 1.2's oldest key exchange alone, but Cilium's tools set it too
                usage |= KeyUsage.keyEncipherment;
            }
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
            builder.addExtension(
                    Extension.extendedKeyUsage,
                    false,
                    new ExtendedKeyUsage(request.uses().stream()
                            .sorted()
                            .map(use -> KeyPurposeId.getInstance(new ASN1ObjectIdentifier(use.purpose())))
                            .toArray(KeyPurposeId[]::new)));
            if (!request.names().isEmpty()) {
                builder.addExtension(Extension.subjectAlternativeName, false, subjectNames(request.names()));
            }
            addKeyIds(builder, keys.getPublic(), certificate().getPublicKey());
        } catch (CertIOException e) {
            throw new IllegalArgumentException("a certificate of these contents cannot be made", e);
        }
        return issued(sign(builder), keys.getPrivate());
    }

    /** Makes an authority below this one, which may sign certificates but no further authorities. */
    public CertificateAuthority intermediate(String commonName, KeyAlgorithm algorithm, Duration validity) {
        KeyPair keys = algorithm.generate();
        X509v3CertificateBuilder builder = builder(commonName, keys.getPublic(), now(clock), validity);
        X509Certificate certificate =
                sign(asAuthority(builder, keys.getPublic(), certificate().getPublicKey()));
        return new CertificateAuthority(issued(certificate, keys.getPrivate()), clock);
    }

    /** A list of the certificates that are no longer good, to be renewed within a time. */
    public X509CRL revoke(Collection<X509Certificate> revoked, Duration validity) {
        Instant now = now(clock);
        try {
            X509v2CRLBuilder builder = new X509v2CRLBuilder(
                    new JcaX509CertificateHolder(certificate()).getSubject(), Date.from(now.minus(BACKDATE)));
            builder.setNextUpdate(Date.from(now.plus(validity)));
            for (X509Certificate certificate : revoked) {
                builder.addCRLEntry(certificate.getSerialNumber(), Date.from(now), CRLReason.unspecified);
            }
            return new JcaX509CRLConverter()
                    .getCRL(builder.build(signer(own.key(), certificate().getPublicKey())));
        } catch (CertificateException | CRLException e) {
            throw new IllegalStateException("a revocation list that was made here cannot be read", e);
        }
    }

    private Issued issued(X509Certificate certificate, PrivateKey key) {
        List<X509Certificate> chain = new ArrayList<>();
        chain.add(certificate);
        for (X509Certificate above : own.chain()) {
            if (!isSelfSigned(above)) {
                chain.add(above);
            }
        }
        return new Issued(key, chain);
    }

    static boolean isSelfSigned(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
    }

    private X509v3CertificateBuilder builder(String commonName, PublicKey key, Instant now, Duration validity) {
        Instant end = now.plus(validity);
        Instant ownEnd = certificate().getNotAfter().toInstant();
        return new JcaX509v3CertificateBuilder(
                certificate(),
                serial(),
                Date.from(now.minus(BACKDATE)),
                Date.from(end.isBefore(ownEnd) ? end : ownEnd),
                name(commonName),
                key);
    }

    private static X509v3CertificateBuilder asAuthority(
            X509v3CertificateBuilder builder, PublicKey key, PublicKey issuer) {
        try {
            BasicConstraints constraints = key.equals(issuer) ? new BasicConstraints(true) : new BasicConstraints(0);
            builder.addExtension(Extension.basicConstraints, true, constraints);
            builder.addExtension(
                    Extension.keyUsage,
                    true,
                    new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign | KeyUsage.cRLSign));
            addKeyIds(builder, key, issuer);
            return builder;
        } catch (CertIOException e) {
            throw new IllegalStateException("the extensions of an authority cannot be encoded", e);
        }
    }

    private static void addKeyIds(X509v3CertificateBuilder builder, PublicKey key, PublicKey issuer)
            throws CertIOException {
        try {
            JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
            builder.addExtension(Extension.subjectKeyIdentifier, false, extensions.createSubjectKeyIdentifier(key));
            builder.addExtension(
                    Extension.authorityKeyIdentifier, false, extensions.createAuthorityKeyIdentifier(issuer));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-1", e);
        }
    }

    private X509Certificate sign(X509v3CertificateBuilder builder) {
        return sign(builder, own.key(), certificate().getPublicKey());
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, PrivateKey key, PublicKey publicKey) {
        try {
            return new JcaX509CertificateConverter().getCertificate(builder.build(signer(key, publicKey)));
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate that was made here cannot be read", e);
        }
    }

    private static ContentSigner signer(PrivateKey key, PublicKey publicKey) {
        try {
            return new JcaContentSignerBuilder(KeyAlgorithm.signatureFor(publicKey)).build(key);
        } catch (OperatorCreationException e) {
            throw new IllegalArgumentException("cannot sign with this key", e);
        }
    }

    private static BigInteger serial() {
        BigInteger serial;
        do {
            serial = new BigInteger(SERIAL_BITS, RANDOM);
        } while (serial.signum() == 0);
        return serial;
    }

    private static GeneralNames subjectNames(List<String> names) {
        return new GeneralNames(names.stream()
                .map(name -> new GeneralName(
                        SubjectNames.isAddress(name) ? GeneralName.iPAddress : GeneralName.dNSName, name))
                .toArray(GeneralName[]::new));
    }

    private static X500Name name(String commonName) {
        return new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, commonName)
                .build();
    }

    /** Certificates know seconds. */
    private static Instant now(InstantSource clock) {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }
}
