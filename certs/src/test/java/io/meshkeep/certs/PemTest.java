package io.meshkeep.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PemTest {
    static Stream<Arguments> keysAndForms() {
        return Stream.of(
                Arguments.of(KeyAlgorithm.EC_P256, KeyFormat.PKCS8, "-----BEGIN PRIVATE KEY-----"),
                Arguments.of(KeyAlgorithm.EC_P256, KeyFormat.SEC1, "-----BEGIN EC PRIVATE KEY-----"),
                Arguments.of(KeyAlgorithm.RSA_2048, KeyFormat.PKCS8, "-----BEGIN PRIVATE KEY-----"),
                Arguments.of(KeyAlgorithm.RSA_2048, KeyFormat.PKCS1, "-----BEGIN RSA PRIVATE KEY-----"));
    }

    @ParameterizedTest
    @MethodSource("keysAndForms")
    void readsTheKeysThatItWrites(KeyAlgorithm algorithm, KeyFormat format, String firstLine) throws IOException {
        KeyPair keys = algorithm.generate();
        String text = Pem.of(keys.getPrivate(), format);
        assertThat(text).startsWith(firstLine);
        assertThat(KeyAlgorithm.matches(Pem.privateKey(text), keys.getPublic())).isTrue();
    }

    /** Made by OpenSSL, which writes the curve in a block of its own before the key. */
    @Test
    void readsTheSameKeyInAllForms() throws IOException {
        PrivateKey sec1 = Pem.privateKey(resource("ec-with-parameters.pem"));
        PrivateKey pkcs8 = Pem.privateKey(resource("ec-pkcs8.pem"));
        assertThat(number(sec1)).isEqualTo(number(pkcs8));
        assertThat(number(Pem.privateKey(Pem.of(pkcs8, KeyFormat.SEC1)))).isEqualTo(number(sec1));
        assertThat(Pem.privateKey(resource("rsa-traditional.pem")).getAlgorithm())
                .isEqualTo("RSA");
    }

    /** Byte for byte what OpenSSL makes of the key, so that others read it too. */
    @Test
    void writesTheFormsAsOpenSslDoes() throws IOException {
        String text = resource("ec-with-parameters.pem");
        assertThat(Pem.of(Pem.privateKey(text), KeyFormat.SEC1))
                .isEqualToNormalizingNewlines(text.substring(text.indexOf("-----BEGIN EC PRIVATE KEY")));
        String rsa = resource("rsa-traditional.pem");
        assertThat(Pem.of(Pem.privateKey(rsa), KeyFormat.PKCS1)).isEqualToNormalizingNewlines(rsa);
    }

    @ParameterizedTest
    @CsvSource({"RSA,2048", "EC,256", "EC,521", "Ed25519,255"})
    void readsPublicKeysAndTellsThemFromPrivateOnes(String algorithm, int size) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(size);
        KeyPair pair = generator.generateKeyPair();
        String text = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        assertThat(Pem.publicKey(text)).isEqualTo(pair.getPublic());
        assertThat(Pem.publicOf(pair.getPrivate())).isEqualTo(pair.getPublic());
        assertThat(Pem.publicOf(Pem.privateKey(Pem.of(pair.getPrivate(), KeyFormat.PKCS8))))
                .isEqualTo(pair.getPublic());
    }

    @Test
    void readsThePublicKeyOfACertificate() throws IOException {
        CertificateAuthority one = CertificateAuthority.create("one", KeyAlgorithm.EC_P256, Duration.ofDays(1));
        assertThat(Pem.publicKey(Pem.of(one.certificate())))
                .isEqualTo(one.certificate().getPublicKey());
        assertThatThrownBy(() -> Pem.publicKey("oops")).hasMessage("holds no public key");
    }

    @Test
    void saysThatAKeyIsEncrypted() {
        assertThatThrownBy(() -> Pem.privateKey(resource("encrypted.pem")))
                .isInstanceOf(UnreadablePemException.class)
                .hasMessage("holds a private key that is encrypted with a password");
    }

    @ParameterizedTest
    @EnumSource(KeyFormat.class)
    void refusesFormsThatAKeyDoesNotHave(KeyFormat format) {
        KeyPair ec = KeyAlgorithm.EC_P256.generate();
        if (format == KeyFormat.PKCS1) {
            assertThatThrownBy(() -> Pem.of(ec.getPrivate(), format)).isInstanceOf(IllegalArgumentException.class);
        } else {
            assertThat(Pem.of(ec.getPrivate(), format)).isNotEmpty();
        }
    }

    @Test
    void keepsTheOrderOfCertificatesAndPassesOverOtherBlocks() throws IOException {
        CertificateAuthority one = CertificateAuthority.create("one", KeyAlgorithm.EC_P256, Duration.ofDays(1));
        CertificateAuthority two = CertificateAuthority.create("two", KeyAlgorithm.EC_P256, Duration.ofDays(1));
        String text = "# a note\n" + Pem.of(two.certificate())
                + Pem.of(one.own().key(), KeyFormat.PKCS8) + Pem.of(one.certificate());
        assertThat(Pem.certificates(text)).containsExactly(two.certificate(), one.certificate());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "   \n",
                "nothing of the sort",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "-----BEGIN EC PRIVATE KEY-----\n%%%%\n-----END EC PRIVATE KEY-----\n",
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "-----BEGIN CERTIFICATE-----\nAAAA\n"
            })
    void saysWhatIsBroken(String text) {
        assertThatThrownBy(() -> Pem.privateKey(text)).isInstanceOf(UnreadablePemException.class);
        assertThatThrownBy(() -> Pem.certificates(text)).isInstanceOf(UnreadablePemException.class);
    }

    @Test
    void nothingButItsOwnExceptionComesOfBrokenBytes() throws IOException {
        Random random = new Random(7);
        String key = resource("ec-with-parameters.pem");
        String certificate = Pem.of(CertificateAuthority.create("x", KeyAlgorithm.EC_P256, Duration.ofDays(1))
                .certificate());
        for (int i = 0; i < 2_000; i++) {
            String text = i % 2 == 0 ? key : certificate;
            StringBuilder broken = new StringBuilder(text);
            for (int k = 0; k <= random.nextInt(3); k++) {
                broken.setCharAt(random.nextInt(broken.length()), (char) random.nextInt(256));
            }
            try {
                assertThat(Pem.certificates(broken.toString())).isNotEmpty();
            } catch (UnreadablePemException expected) {
                assertThat(expected).hasMessageMatching("[a-zA-Z ]+");
            }
            try {
                assertThat(Pem.privateKey(broken.toString())).isNotNull();
            } catch (UnreadablePemException expected) {
                assertThat(expected).hasMessageMatching("[a-zA-Z ]+");
            }
        }
    }

    @Test
    void nothingButItsOwnExceptionComesOfABrokenCertificate() {
        Random random = new Random(11);
        byte[] certificate = encoded(CertificateAuthority.create("x", KeyAlgorithm.EC_P256, Duration.ofDays(1))
                .certificate());
        for (int i = 0; i < 5_000; i++) {
            byte[] broken = Arrays.copyOf(certificate, i % 2 == 0 ? certificate.length : i % certificate.length);
            for (int k = 0; k <= random.nextInt(3) && broken.length > 0; k++) {
                broken[random.nextInt(broken.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(Pem.certificates(PemBlock.write("CERTIFICATE", broken)))
                        .hasSize(1);
            } catch (UnreadablePemException expected) {
                assertThat(expected).hasMessage("holds a certificate that cannot be read");
            }
        }
    }

    private static byte[] encoded(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new AssertionError(e);
        }
    }

    private static BigInteger number(PrivateKey key) {
        return ((ECPrivateKey) key).getS();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = PemTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
