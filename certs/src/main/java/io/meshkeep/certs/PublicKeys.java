package io.meshkeep.certs;

import java.io.IOException;
import java.io.StringReader;
import java.security.PrivateKey;
import java.security.PublicKey;
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
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** Public keys, as such and of private ones. Apart from {@link Pem} because it takes Bouncy Castle, and that its time. */
final class PublicKeys {
    private PublicKeys() {}

    /** The first public key of a text. */
    static PublicKey first(String text) throws UnreadablePemException {
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

    /** @throws IllegalArgumentException if it cannot be told from a key of this kind */
    static PublicKey of(PrivateKey key) {
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
}
