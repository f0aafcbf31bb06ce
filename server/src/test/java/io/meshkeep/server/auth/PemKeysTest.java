package io.meshkeep.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys in the forms that openssl and Go write. */
class PemKeysTest {
    private static final byte[] P256 = {0x06, 0x08, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 0x03, 0x01, 0x07};

    private static byte[] pem(String type, byte[] der) {
        return ("-----BEGIN " + type + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + type
                        + "-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static KeyPair pair(String algorithm, int size) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(size);
        return generator.generateKeyPair();
    }

    /** What PKCS#8 wraps: the older form of the key. */
    private static byte[] inner(KeyPair pair) throws InvalidKeyException {
        Der pkcs8 = new Der(new Der(pair.getPrivate().getEncoded()).next(Der.SEQUENCE));
        pkcs8.next(Der.INTEGER);
        pkcs8.next(Der.SEQUENCE);
        return pkcs8.next(Der.OCTET_STRING);
    }

    @Test
    void anRsaKeyInItsOwnForm() throws Exception {
        KeyPair pair = pair("RSA", 1024);
        var key = PemKeys.privateKey(pem("RSA PRIVATE KEY", inner(pair)), "RSA");
        assertThat(key).isEqualTo(pair.getPrivate());
        assertThat(PemKeys.publicOf(key)).isEqualTo(pair.getPublic());
    }

    @Test
    void anEllipticCurveKeyInItsOwnForm() throws Exception {
        KeyPair pair = pair("EC", 256);
        Der inner = new Der(new Der(inner(pair)).next(Der.SEQUENCE));
        inner.next(Der.INTEGER);
        byte[] secret = inner.next(Der.OCTET_STRING);
        Der spki = new Der(new Der(pair.getPublic().getEncoded()).next(Der.SEQUENCE));
        spki.next(Der.SEQUENCE);
        byte[] point = spki.whole();
        byte[] sec1 = Der.element(
                Der.SEQUENCE,
                Der.element(Der.INTEGER, new byte[] {1}),
                Der.element(Der.OCTET_STRING, secret),
                Der.element(0xa0, P256),
                Der.element(0xa1, point));
        byte[] parameters = pem("EC PARAMETERS", P256);
        byte[] key = pem("EC PRIVATE KEY", sec1);
        byte[] both = new byte[parameters.length + key.length];
        System.arraycopy(parameters, 0, both, 0, parameters.length);
        System.arraycopy(key, 0, both, parameters.length, key.length);
        var read = PemKeys.privateKey(both, "EC");
        assertThat(PemKeys.publicOf(read)).isEqualTo(pair.getPublic());
    }

    @ParameterizedTest
    @CsvSource({"EC,256", "EC,521", "Ed25519,255"})
    void thePublicHalfFollowsFromThePrivateOneIfItHoldsIt(String algorithm, int size) throws Exception {
        KeyPair pair = pair(algorithm, size);
        var key = PemKeys.privateKey(pem("PRIVATE KEY", pair.getPrivate().getEncoded()), algorithm);
        assertThat(PemKeys.publicKey(pem("PUBLIC KEY", pair.getPublic().getEncoded()), algorithm))
                .isEqualTo(pair.getPublic());
        if (algorithm.equals("EC")) {
            // the JDK leaves it out of what it writes, openssl does not
            assertThatThrownBy(() -> PemKeys.publicOf(key)).hasMessageContaining("pub-key");
        } else {
            assertThat(PemKeys.publicOf(key)).isEqualTo(pair.getPublic());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\nMIQ=\n-----END EC PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\n////\n-----END EC PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\nMIT/////AgEB\n-----END EC PRIVATE KEY-----",
                "-----BEGIN DSA PRIVATE KEY-----\nMAA=\n-----END DSA PRIVATE KEY-----"
            })
    void whatIsNoKeyIsRefused(String text) {
        assertThatThrownBy(() -> PemKeys.privateKey(text.getBytes(StandardCharsets.US_ASCII), "EC"))
                .isInstanceOf(java.security.GeneralSecurityException.class);
    }
}
