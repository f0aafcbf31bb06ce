package io.meshkeep.certs;

import java.util.Arrays;
import java.util.Locale;

/** The forms in which private keys stand in PEM files. */
public enum KeyFormat {
    /** RFC 5958, {@code PRIVATE KEY}: any kind of key; what Java and most tools write. */
    PKCS8,
    /** RFC 8017, {@code RSA PRIVATE KEY}: what Helm's certificate functions write. */
    PKCS1,
    /** RFC 5915, {@code EC PRIVATE KEY}: what cfssl, and so Cilium's certgen, writes. */
    SEC1;

    /** The form called so on the command line, such as {@code pkcs8}. */
    public static KeyFormat named(String text) {
        return Arrays.stream(values())
                .filter(format -> format.name().equals(text.toUpperCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown form of key " + text + "; there are pkcs8, pkcs1 (RSA only) and sec1 (EC only)"));
    }
}
