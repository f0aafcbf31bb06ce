package io.meshkeep.certs;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate signed by somebody who may not. */
final class Forgery {
    private Forgery() {}

    static X509Certificate by(Issued signer, String commonName) {
        return of(signer, "CN=" + commonName);
    }

    /** The same with a whole subject, in the order of its encoding. */
    static X509Certificate of(Issued signer, String subject) {
        return of(signer, new X500Name(BCStyle.INSTANCE, subject));
    }

    static X509Certificate of(Issued signer, X500Name subject) {
        try {
            KeyPair keys = KeyAlgorithm.EC_P256.generate();
            Date begin = signer.certificate().getNotBefore();
            Date end = signer.certificate().getNotAfter();
            return new JcaX509CertificateConverter()
                    .getCertificate(new JcaX509v3CertificateBuilder(
                                    signer.certificate(), BigInteger.ONE, begin, end, subject, keys.getPublic())
                            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.key())));
        } catch (OperatorCreationException | CertificateException e) {
            throw new AssertionError(e);
        }
    }
}
