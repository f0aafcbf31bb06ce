package io.meshkeep.certs;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.bouncycastle.asn1.x509.KeyPurposeId;

/** What a certificate may be shown for (RFC 5280 §4.2.1.12). */
public enum KeyUse {
    SERVER(KeyPurposeId.id_kp_serverAuth, "a server"),
    CLIENT(KeyPurposeId.id_kp_clientAuth, "a client");

    private static final String ANY = KeyPurposeId.anyExtendedKeyUsage.getId();

    private final KeyPurposeId purpose;
    private final String words;

    KeyUse(KeyPurposeId purpose, String words) {
        this.purpose = purpose;
        this.words = words;
    }

    /** The use called {@code server} or {@code client} on the command line. */
    public static KeyUse named(String text) {
        return Arrays.stream(values())
                .filter(use -> use.name().equals(text.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("unknown use " + text + "; there are server and client"));
    }

    KeyPurposeId purpose() {
        return purpose;
    }

    /** Whether a list of purposes allows this use; no list allows every use. */
    boolean isAllowedBy(List<String> purposes) {
        return purposes == null || purposes.contains(purpose.getId()) || purposes.contains(ANY);
    }

    @Override
    public String toString() {
        return words;
    }
}
