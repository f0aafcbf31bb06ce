package io.meshkeep.server.auth;

import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;

/** The ways to sign a token (RFC 7518, RFC 8037) and what the JDK calls them. */
enum SigningMethod {
    HS256("HmacSHA256"),
    HS384("HmacSHA384"),
    HS512("HmacSHA512"),
    RS256("RSA", "SHA256withRSA", null),
    RS384("RSA", "SHA384withRSA", null),
    RS512("RSA", "SHA512withRSA", null),
    PS256("RSA", "RSASSA-PSS", pss("SHA-256", 32)),
    PS384("RSA", "RSASSA-PSS", pss("SHA-384", 48)),
    PS512("RSA", "RSASSA-PSS", pss("SHA-512", 64)),
    ES256("EC", "SHA256withECDSAinP1363Format", null),
    ES384("EC", "SHA384withECDSAinP1363Format", null),
    ES512("EC", "SHA512withECDSAinP1363Format", null),
    EdDSA("Ed25519", "Ed25519", null);

    /** What kind of key it takes; null for a secret. */
    final String keyAlgorithm;

    final String jdkName;
    private final AlgorithmParameterSpec parameters;

    SigningMethod(String mac) {
        this(null, mac, null);
    }

    SigningMethod(String keyAlgorithm, String jdkName, AlgorithmParameterSpec parameters) {
        this.keyAlgorithm = keyAlgorithm;
        this.jdkName = jdkName;
        this.parameters = parameters;
    }

    private static PSSParameterSpec pss(String hash, int salt) {
        return new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), salt, 1);
    }

    /** Whether one secret both signs and verifies. */
    boolean isSymmetric() {
        return keyAlgorithm == null;
    }

    /** Bytes of a signature; 0 where that depends on the key. */
    int signatureSize() {
        return switch (this) {
            // the JDK takes an Ed25519 signature with more bytes behind it for the same
            case ES256, EdDSA -> 64;
            case ES384 -> 96;
            case ES512 -> 132;
            default -> 0;
        };
    }

    Signature signature() throws GeneralSecurityException {
        Signature signature = Signature.getInstance(jdkName);
        if (parameters != null) {
            signature.setParameter(parameters);
        }
        return signature;
    }
}
