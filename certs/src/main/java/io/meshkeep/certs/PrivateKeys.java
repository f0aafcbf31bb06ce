package io.meshkeep.certs;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Map;

/**
 * The {@link KeyFormat forms} of private keys, of which the JDK knows PKCS#8: the others are what it wraps. No other
 * library is needed, since each server that starts reads a key, and to load a library takes its time.
 */
final class PrivateKeys {
    private static final String RSA = "2a864886f70d010101";
    private static final String EC = "2a8648ce3d0201";

    /** The JDK's names for the kinds of key, by the identifiers of RFC 8017, 5480, 8410 and 3279. */
    private static final Map<String, String> ALGORITHMS = Map.of(
            RSA,
            "RSA",
            "2a864886f70d01010a",
            "RSASSA-PSS",
            EC,
            "EC",
            "2b6570",
            "Ed25519",
            "2b6571",
            "Ed448",
            "2a8648ce380401",
            "DSA");

    private static final byte[] VERSION = {Der.INTEGER, 1, 0};
    private static final byte[] NO_PARAMETERS = {Der.NULL, 0};

    private PrivateKeys() {}

    /** The first private key of a text, whatever follows it. */
    static PrivateKey first(String text) throws UnreadablePemException {
        Iterator<String> lines = text.lines().iterator();
        try {
            PemBlock block;
            while ((block = PemBlock.readNext(lines)) != null) {
                if (block.type().endsWith("PRIVATE KEY")) {
                    return read(block);
                }
            }
        } catch (MalformedException e) {
            throw unreadable(e);
        }
        throw new UnreadablePemException("holds no private key");
    }

    private static UnreadablePemException unreadable(Exception cause) {
        return new UnreadablePemException("holds a private key that cannot be read", cause);
    }

    private static PrivateKey read(PemBlock block) throws UnreadablePemException {
        if (block.isEncrypted() || block.type().equals("ENCRYPTED PRIVATE KEY")) {
            throw new UnreadablePemException("holds a private key that is encrypted with a password");
        }
        try {
            return switch (block.type()) {
                case "PRIVATE KEY" -> ofPkcs8(block.content());
                case "RSA PRIVATE KEY" -> ofPkcs1(block.content());
                case "EC PRIVATE KEY" -> ofSec1(block.content());
                default -> throw new MalformedException("a key in a form that is not known");
            };
        } catch (MalformedException | GeneralSecurityException | RuntimeException e) {
            // The JDK's parsers throw all sorts of things over bytes that are no key.
            throw unreadable(e);
        }
    }

    private static PrivateKey ofPkcs8(byte[] content) throws MalformedException, GeneralSecurityException {
        String identifier = HexFormat.of().formatHex(algorithm(content).read(Der.OBJECT_IDENTIFIER));
        String algorithm = ALGORITHMS.get(identifier);
        if (algorithm == null) {
            throw new MalformedException("a key of a kind that is not known");
        }
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(content));
    }

    private static PrivateKey ofPkcs1(byte[] content) throws MalformedException, GeneralSecurityException {
        Der around = new Der(content);
        around.enter(Der.SEQUENCE);
        around.requireEnd();
        return wrapped(RSA, NO_PARAMETERS, content);
    }

    private static PrivateKey ofSec1(byte[] content) throws MalformedException, GeneralSecurityException {
        Der around = new Der(content);
        Der key = around.enter(Der.SEQUENCE);
        around.requireEnd();
        key.read(Der.INTEGER);
        key.read(Der.OCTET_STRING);
        Der parameters = key.enter(Der.CONTEXT_0);
        byte[] curve = parameters.readWhole();
        parameters.requireEnd();
        return wrapped(EC, curve, content);
    }

    private static PrivateKey wrapped(String identifier, byte[] parameters, byte[] content)
            throws MalformedException, GeneralSecurityException {
        byte[] algorithm = Der.element(
                Der.SEQUENCE, Der.element(Der.OBJECT_IDENTIFIER, HexFormat.of().parseHex(identifier)), parameters);
        byte[] pkcs8 = Der.element(Der.SEQUENCE, VERSION, algorithm, Der.element(Der.OCTET_STRING, content));
        try {
            return ofPkcs8(pkcs8);
        } finally {
            Arrays.fill(pkcs8, (byte) 0);
        }
    }

    /** What says, in a key of the form PKCS#8, of which kind it is: the identifier, and perhaps parameters. */
    private static Der algorithm(byte[] pkcs8) throws MalformedException {
        Der around = new Der(pkcs8);
        Der key = around.enter(Der.SEQUENCE);
        around.requireEnd();
        key.read(Der.INTEGER);
        return key.enter(Der.SEQUENCE);
    }

    /** The older form that a key of the form PKCS#8 wraps. */
    static byte[] unwrap(byte[] pkcs8) throws MalformedException {
        Der key = new Der(pkcs8).enter(Der.SEQUENCE);
        key.read(Der.INTEGER);
        key.enter(Der.SEQUENCE);
        return key.read(Der.OCTET_STRING);
    }

    /** The form SEC1 of a key: it names the curve, which PKCS#8 keeps outside and Go's parser insists on. */
    static byte[] sec1(byte[] pkcs8) throws MalformedException {
        Der algorithm = algorithm(pkcs8);
        algorithm.read(Der.OBJECT_IDENTIFIER);
        byte[] curve = Der.element(Der.CONTEXT_0, algorithm.readWhole());
        Der inner = new Der(unwrap(pkcs8)).enter(Der.SEQUENCE);
        byte[] version = inner.readWhole();
        byte[] number = inner.readWhole();
        if (inner.hasNext() && inner.nextTag() == Der.CONTEXT_0) {
            inner.readWhole();
        }
        byte[] publicKey = inner.hasNext() ? inner.readWhole() : new byte[0];
        return Der.element(Der.SEQUENCE, version, number, curve, publicKey);
    }
}
