package io.meshkeep.certs;

import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The kinds of key that are made here. Others can be read. */
public enum KeyAlgorithm {
    /** NIST P-256, as Cilium's certgen makes them: small, and quick in handshakes. */
    EC_P256("ec-p256", "EC", new ECGenParameterSpec("secp256r1")),
    /** As Cilium's Helm chart makes them. */
    RSA_2048("rsa-2048", "RSA", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4)),
    RSA_4096("rsa-4096", "RSA", new RSAKeyGenParameterSpec(4096, RSAKeyGenParameterSpec.F4));

    private final String text;
    private final String family;
    private final AlgorithmParameterSpec parameters;

    KeyAlgorithm(String text, String family, AlgorithmParameterSpec parameters) {
        this.text = text;
        this.family = family;
        this.parameters = parameters;
    }

    /** The kind called so on the command line, such as {@code ec-p256}. */
    public static KeyAlgorithm named(String text) {
        for (KeyAlgorithm algorithm : values()) {
            if (algorithm.text.equals(text.toLowerCase(Locale.ROOT))) {
                return algorithm;
            }
        }
        throw new IllegalArgumentException("unknown kind of key " + text + "; there are "
                + Arrays.stream(values()).map(KeyAlgorithm::toString).collect(Collectors.joining(", ")));
    }

    KeyPair generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(family);
            generator.initialize(parameters);
            return generator.generateKeyPair();
        } catch (NoSuchAlgorithmException | InvalidAlgorithmParameterException e) {
            throw new IllegalStateException("this Java runtime cannot make " + this + " keys", e);
        }
    }

    /** What signs with keys of the family of this one. */
    static String signatureFor(PublicKey key) {
        if (key instanceof ECKey ec) {
            int bits = ec.getParams().getOrder().bitLength();
            return bits > 384 ? "SHA512withECDSA" : bits > 256 ? "SHA384withECDSA" : "SHA256withECDSA";
        }
        if (key instanceof RSAKey) {
            return "SHA256withRSA";
        }
        return key.getAlgorithm();
    }

    /** The kind to make a new key of where this one is replaced: the same, or the nearest that is made here. */
    public static KeyAlgorithm like(PublicKey key) {
        if (key instanceof RSAKey rsa) {
            return rsa.getModulus().bitLength() > 3072 ? RSA_4096 : RSA_2048;
        }
        return EC_P256;
    }

    /** In a few letters what a key is, such as {@code EC secp256r1} or {@code RSA 2048}. */
    static String describe(PublicKey key) {
        if (key instanceof RSAKey rsa) {
            return "RSA " + rsa.getModulus().bitLength();
        }
        if (key instanceof ECKey ec) {
            return "EC P-" + ec.getParams().getOrder().bitLength();
        }
        return key.getAlgorithm();
    }

    /** Whether a private key belongs to a public one: it signs what the other verifies. */
    static boolean matches(PrivateKey privateKey, PublicKey publicKey) {
        try {
            String algorithm = signatureFor(publicKey);
            byte[] sample = {1, 2, 3, 4};
            Signature signer = Signature.getInstance(algorithm);
            signer.initSign(privateKey);
            signer.update(sample);
            byte[] signature = signer.sign();
            Signature verifier = Signature.getInstance(algorithm);
            verifier.initVerify(publicKey);
            verifier.update(sample);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            // Keys of different families do not even begin.
            return false;
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
