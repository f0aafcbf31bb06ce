package io.meshkeep.server.tls;

import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.Pem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.EnumMap;
import java.util.Map;

/** Keys for tests, one of each kind: to make RSA keys takes long, those of 4096 bits seconds. */
final class Keys {
    private static final Map<KeyAlgorithm, KeyPair> KEYS = new EnumMap<>(KeyAlgorithm.class);

    private Keys() {}

    static synchronized KeyPair of(KeyAlgorithm algorithm) {
        return KEYS.computeIfAbsent(algorithm, Keys::make);
    }

    private static KeyPair make(KeyAlgorithm algorithm) {
        if (algorithm != KeyAlgorithm.EC_P256) {
            return read(algorithm + ".key");
        }
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static KeyPair read(String resource) {
        try (InputStream in = Keys.class.getResourceAsStream(resource)) {
            PrivateKey key = Pem.privateKey(new String(in.readAllBytes(), StandardCharsets.US_ASCII));
            return new KeyPair(Pem.publicOf(key), key);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
