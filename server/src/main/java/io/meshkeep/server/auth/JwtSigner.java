package io.meshkeep.server.auth;

import io.meshkeep.certs.Pem;
import io.meshkeep.certs.UnreadablePemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs and verifies with the keys of {@code --auth-token}. Thread-safe. */
final class JwtSigner {
    private final SigningMethod method;
    private final byte[] secret;
    private final PrivateKey privateKey;
    private final PublicKey publicKey;

    private JwtSigner(SigningMethod method, byte[] secret, PrivateKey privateKey, PublicKey publicKey) {
        this.method = method;
        this.secret = secret;
        this.privateKey = privateKey;
        this.publicKey = publicKey;
    }

    /**
     * @param privateFile the private key, or the secret; empty for a server that only verifies
     * @param publicFile the public key; empty if the private one tells it
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    static JwtSigner of(SigningMethod method, String privateFile, String publicFile) {
        if (method.isSymmetric()) {
            byte[] secret = privateFile.isEmpty() ? new byte[0] : read("priv-key", privateFile);
            if (secret.length == 0) {
                throw new IllegalArgumentException("auth-token " + method + " needs a secret in the file priv-key");
            }
            return new JwtSigner(method, secret, null, null);
        }
        if (privateFile.isEmpty() && publicFile.isEmpty()) {
            throw new IllegalArgumentException("auth-token " + method + " needs priv-key, or pub-key to verify only");
        }
        PrivateKey privateKey = privateFile.isEmpty() ? null : load("priv-key", privateFile, Pem::privateKey);
        PublicKey publicKey =
                publicFile.isEmpty() ? Pem.publicOf(privateKey) : load("pub-key", publicFile, Pem::publicKey);
        JwtSigner signer = new JwtSigner(method, null, privateKey, publicKey);
        signer.tryOut();
        return signer;
    }

    private interface Loader<T> {
        T load(String pem) throws UnreadablePemException;
    }

    private static <T> T load(String option, String file, Loader<T> loader) {
        try {
            return loader.load(new String(read(option, file), StandardCharsets.ISO_8859_1));
        } catch (UnreadablePemException e) {
            throw new IllegalArgumentException("auth-token " + option + " " + file + " " + e.getMessage(), e);
        }
    }

    private static byte[] read(String option, String file) {
        try {
            return Files.readAllBytes(Path.of(file));
        } catch (IOException e) {
            throw new IllegalArgumentException("auth-token " + option + " " + file + " cannot be read: " + e, e);
        }
    }

    /** Keys of another method, or that do not belong together, show at once and not with the first login. */
    private void tryOut() {
        try {
            method.signature().initVerify(publicKey);
            byte[] text = "try".getBytes(StandardCharsets.US_ASCII);
            if (privateKey != null && !verify(text, sign(text))) {
                throw new IllegalArgumentException("auth-token: priv-key and pub-key are not a pair for " + method);
            }
        } catch (InvalidKeyException e) {
            throw new IllegalArgumentException("auth-token: the key does not fit " + method + ": " + e.getMessage(), e);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("auth-token: this JVM cannot do " + method + ": " + e.getMessage(), e);
        }
    }

    SigningMethod method() {
        return method;
    }

    boolean canSign() {
        return secret != null || privateKey != null;
    }

    byte[] sign(byte[] text) {
        try {
            if (secret != null) {
                return mac(text);
            }
            Signature signature = method.signature();
            signature.initSign(privateKey);
            signature.update(text);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("signing a token failed: " + e.getMessage(), e);
        }
    }

    /** Whether the signature is right. Whatever it is made of, this says no rather than fail. */
    boolean verify(byte[] text, byte[] given) {
        try {
            if (secret != null) {
                return MessageDigest.isEqual(mac(text), given);
            }
            if (method.signatureSize() != 0 && given.length != method.signatureSize()) {
                return false;
            }
            Signature signature = method.signature();
            signature.initVerify(publicKey);
            signature.update(text);
            return signature.verify(given);
        } catch (GeneralSecurityException malformed) {
            return false;
        }
    }

    private byte[] mac(byte[] text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(method.jdkName);
        mac.init(new SecretKeySpec(secret, method.jdkName));
        return mac.doFinal(text);
    }
}
