package io.meshkeep.certs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys are read as Bouncy Castle reads them, and broken ones give nothing but the one exception. */
class PrivateKeysTest {
    private static final String UNREADABLE = "holds a private key that cannot be read";

    static Stream<Arguments> keys() {
        return Stream.of(
                        Arguments.of("RSA", 2048, KeyFormat.PKCS1),
                        Arguments.of("RSA", 3072, KeyFormat.PKCS1),
                        Arguments.of("EC", 256, KeyFormat.SEC1),
                        Arguments.of("EC", 384, KeyFormat.SEC1),
                        Arguments.of("EC", 521, KeyFormat.SEC1))
                .flatMap(older -> Stream.of(older, Arguments.of(older.get()[0], older.get()[1], KeyFormat.PKCS8)));
    }

    static Stream<Arguments> allKeys() {
        return Stream.concat(
                keys(),
                Stream.of(
                        Arguments.of("Ed25519", 255, KeyFormat.PKCS8),
                        Arguments.of("Ed448", 448, KeyFormat.PKCS8),
                        Arguments.of("RSASSA-PSS", 2048, KeyFormat.PKCS8)));
    }

    @ParameterizedTest
    @MethodSource("allKeys")
    void readsEachKindAsItWas(String algorithm, int size, KeyFormat format) throws Exception {
        PrivateKey key = generate(algorithm, size);
        String text = Pem.of(key, format);
        PrivateKey read = Pem.privateKey(text);
        assertThat(Pem.of(read, format)).isEqualTo(text);
        assertThat(read.getAlgorithm()).isEqualTo(key.getAlgorithm());
    }

    @ParameterizedTest
    @MethodSource("keys")
    void readsAsBouncyCastleDoes(String algorithm, int size, KeyFormat format) throws Exception {
        String text = Pem.of(generate(algorithm, size), format);
        PrivateKey theirs = byBouncyCastle(text).orElseThrow();
        assertThat(Pem.privateKey(text).getEncoded()).isEqualTo(theirs.getEncoded());
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyThatEndsEarlyIsRefused(String algorithm, int size, KeyFormat format) throws Exception {
        PemBlock block = block(Pem.of(generate(algorithm, size), format));
        for (int length = 0; length < block.content().length; length++) {
            String text = PemBlock.write(block.type(), Arrays.copyOf(block.content(), length));
            assertThatThrownBy(() -> Pem.privateKey(text))
                    .isInstanceOf(UnreadablePemException.class)
                    .hasMessage(UNREADABLE);
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyThatGoesOnAfterItsEndIsRefused(String algorithm, int size, KeyFormat format) throws Exception {
        PemBlock block = block(Pem.of(generate(algorithm, size), format));
        String text = PemBlock.write(block.type(), Arrays.copyOf(block.content(), block.content().length + 1));
        assertThatThrownBy(() -> Pem.privateKey(text)).hasMessage(UNREADABLE);
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyWithABitTurnedIsReadAsBouncyCastleDoesOrRefused(String algorithm, int size, KeyFormat format)
            throws Exception {
        PemBlock block = block(Pem.of(generate(algorithm, size), format));
        for (int bit = 0; bit < 8 * block.content().length; bit++) {
            // of long keys all of what is around the numbers, and some of the rest
            if (bit > 800 && bit % 41 != 0) {
                continue;
            }
            byte[] broken = block.content().clone();
            broken[bit / 8] ^= (byte) (1 << bit % 8);
            compare(PemBlock.write(block.type(), broken));
        }
    }

    @ParameterizedTest
    @MethodSource("keys")
    void aKeyWithManyErrorsIsReadAsBouncyCastleDoesOrRefused(String algorithm, int size, KeyFormat format)
            throws Exception {
        PemBlock block = block(Pem.of(generate(algorithm, size), format));
        Random random = new Random(size);
        for (int i = 0; i < 500; i++) {
            byte[] broken = block.content().clone();
            int from = random.nextInt(Math.min(60, broken.length));
            int to = random.nextInt(broken.length);
            System.arraycopy(broken, from, broken, to, Math.min(random.nextInt(8), broken.length - Math.max(from, to)));
            broken[from] = (byte) random.nextInt();
            compare(PemBlock.write(block.type(), broken));
        }
    }

    /** What both can read is the same key; what we cannot gives our own exception and no other. */
    private static void compare(String text) {
        PrivateKey ours;
        try {
            ours = Pem.privateKey(text);
        } catch (UnreadablePemException refused) {
            assertThat(refused).hasMessage(UNREADABLE);
            return;
        }
        byBouncyCastle(text).ifPresent(theirs -> assertThat(ours.getEncoded()).isEqualTo(theirs.getEncoded()));
    }

    /** Without the curve the number could be a key of any. */
    @Test
    void aKeyOfTheFormSec1NeedsItsCurve() throws Exception {
        byte[] inner = PrivateKeys.unwrap(generate("EC", 256).getEncoded());
        assertThat(new Der(inner).enter(Der.SEQUENCE).nextTag()).isEqualTo(Der.INTEGER);
        assertThatThrownBy(() -> Pem.privateKey(PemBlock.write("EC PRIVATE KEY", inner)))
                .hasMessage(UNREADABLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"OPENSSH PRIVATE KEY", "DSA PRIVATE KEY", "ANY PRIVATE KEY"})
    void aKeyOfAnotherFormIsRefused(String type) throws Exception {
        byte[] pkcs8 = generate("EC", 256).getEncoded();
        assertThatThrownBy(() -> Pem.privateKey(PemBlock.write(type, pkcs8))).hasMessage(UNREADABLE);
    }

    @Test
    void aKeyOfAKindThatIsNotKnownIsRefused() throws Exception {
        byte[] pkcs8 = generate("X25519", 255).getEncoded();
        assertThatThrownBy(() -> Pem.privateKey(PemBlock.write("PRIVATE KEY", pkcs8)))
                .hasMessage(UNREADABLE);
    }

    @Test
    void saysThatAKeyOfAnOlderFormIsEncrypted() {
        String text = """
                -----BEGIN RSA PRIVATE KEY-----
                Proc-Type: 4,ENCRYPTED
                DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF

                AAAA
                -----END RSA PRIVATE KEY-----
                """;
        assertThatThrownBy(() -> Pem.privateKey(text))
                .hasMessage("holds a private key that is encrypted with a password");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-----BEGIN PRIVATE KEY-----\nMIG",
                "-----BEGIN PRIVATE KEY-----\n?\n-----END PRIVATE KEY-----\n",
                "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n"
            })
    void whatFollowsAKeyIsNotLookedAt(String rest) throws Exception {
        String text = Pem.of(KeyAlgorithm.EC_P256.generate().getPrivate(), KeyFormat.SEC1);
        assertThat(Pem.privateKey(text + rest)).isEqualTo(Pem.privateKey(text));
    }

    @Test
    void blanksWithinALineDoNotMatter() throws Exception {
        String text = Pem.of(KeyAlgorithm.EC_P256.generate().getPrivate(), KeyFormat.SEC1);
        int within = text.indexOf('\n') + 10;
        assertThat(Pem.privateKey(text.substring(0, within) + " \t" + text.substring(within)))
                .isEqualTo(Pem.privateKey(text));
    }

    @Test
    void endsOfLinesAndSpacesAfterThemDoNotMatter() throws Exception {
        String text = Pem.of(generate("EC", 256), KeyFormat.SEC1);
        assertThat(Pem.privateKey("a note\r\n" + text.replace("\n", " \r\n"))).isEqualTo(Pem.privateKey(text));
    }

    private static PrivateKey generate(String algorithm, int size) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(size);
        KeyPair pair = generator.generateKeyPair();
        return pair.getPrivate();
    }

    private static PemBlock block(String text) throws MalformedException {
        List<PemBlock> blocks = PemBlock.readAll(text);
        assertThat(blocks).hasSize(1);
        return blocks.get(0);
    }

    /** Nothing if it refuses the text, or the key in it. */
    private static Optional<PrivateKey> byBouncyCastle(String text) {
        try (PEMParser parser = new PEMParser(new StringReader(text))) {
            Object object = parser.readObject();
            PrivateKeyInfo info =
                    object instanceof PEMKeyPair pair ? pair.getPrivateKeyInfo() : (PrivateKeyInfo) object;
            return Optional.of(new JcaPEMKeyConverter().getPrivateKey(info));
        } catch (IOException | RuntimeException refused) {
            return Optional.empty();
        }
    }
}
