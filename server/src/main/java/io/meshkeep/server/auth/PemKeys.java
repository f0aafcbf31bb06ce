package io.meshkeep.server.auth;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the keys that sign tokens, in the PEM forms that etcd takes. */
final class PemKeys {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s+([A-Za-z0-9+/=\\s]+)-----END \\1-----");

    private static final byte[] VERSION_0 = {Der.INTEGER, 1, 0};
    /** The algorithm identifier of RSA: its object identifier, and no parameters. */
    private static final byte[] RSA = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    /** The object identifier of elliptic curve keys. */
    private static final byte[] EC = {0x06, 0x07, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x02, 0x01};

    private static final int CURVE = 0xa0;
    private static final int PUBLIC = 0xa1;

    private PemKeys() {}

    private record Block(String type, byte[] der) {}

    private static Block block(byte[] pem) throws InvalidKeyException {
        Matcher block = BLOCK.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        while (block.find()) {
            // openssl puts the curve in front of the key
            if (!block.group(1).equals("EC PARAMETERS")) {
                try {
                    return new Block(block.group(1), Base64.getMimeDecoder().decode(block.group(2)));
                } catch (IllegalArgumentException e) {
                    throw new InvalidKeyException("it is not valid Base64", e);
                }
            }
        }
        throw new InvalidKeyException("it holds no PEM block");
    }

    /** @param algorithm RSA, EC or Ed25519 */
    static PrivateKey privateKey(byte[] pem, String algorithm) throws GeneralSecurityException {
        Block block = block(pem);
        byte[] pkcs8 = switch (block.type) {
            case "PRIVATE KEY" -> block.der;
            case "RSA PRIVATE KEY" ->
                Der.element(Der.SEQUENCE, VERSION_0, RSA, Der.element(Der.OCTET_STRING, block.der));
            case "EC PRIVATE KEY" ->
                Der.element(
                        Der.SEQUENCE,
                        VERSION_0,
                        Der.element(Der.SEQUENCE, EC, curve(block.der)),
                        Der.element(Der.OCTET_STRING, block.der));
            default -> throw new InvalidKeyException("a private key is wanted, not a " + block.type);
        };
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
    }

    private static byte[] curve(byte[] sec1) throws InvalidKeyException {
        Der key = new Der(new Der(sec1).next(Der.SEQUENCE));
        key.next(Der.INTEGER);
        key.next(Der.OCTET_STRING);
        return key.next(CURVE);
    }

    /** A public key, or that of a certificate. */
    static PublicKey publicKey(byte[] pem, String algorithm) throws GeneralSecurityException {
        Block block = block(pem);
        return switch (block.type) {
            case "PUBLIC KEY" -> KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(block.der));
            case "RSA PUBLIC KEY" ->
                KeyFactory.getInstance(algorithm)
                        .generatePublic(new X509EncodedKeySpec(
                                Der.element(Der.SEQUENCE, RSA, Der.element(Der.BIT_STRING, new byte[1], block.der))));
            case "CERTIFICATE" ->
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(block.der))
                        .getPublicKey();
            default -> throw new InvalidKeyException("a public key is wanted, not a " + block.type);
        };
    }

    /** The public key that belongs to a private one. */
    static PublicKey publicOf(PrivateKey key) throws GeneralSecurityException {
        if (key instanceof RSAPrivateCrtKey rsa) {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent()));
        }
        if (key instanceof EdECPrivateKey ed) {
            // A generator makes both halves of the pair from the random bytes that it is given.
            byte[] seed = ed.getBytes().orElseThrow();
            KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
            generator.initialize(ed.getParams(), new SecureRandom() {
                private static final long serialVersionUID = 1L;

                @Override
                public void nextBytes(byte[] bytes) {
                    System.arraycopy(seed, 0, bytes, 0, bytes.length);
                }
            });
            return generator.generateKeyPair().getPublic();
        }
        Der pkcs8 = new Der(new Der(key.getEncoded()).next(Der.SEQUENCE));
        pkcs8.next(Der.INTEGER);
        byte[] algorithm = pkcs8.whole();
        Der sec1 = new Der(new Der(pkcs8.next(Der.OCTET_STRING)).next(Der.SEQUENCE));
        while (sec1.hasMore()) {
            boolean found = sec1.tag() == PUBLIC;
            byte[] content = sec1.next();
            if (found) {
                return KeyFactory.getInstance("EC")
                        .generatePublic(new X509EncodedKeySpec(Der.element(Der.SEQUENCE, algorithm, content)));
            }
        }
        throw new InvalidKeyException("it does not hold its public half; give pub-key as well");
    }
}
