package io.meshkeep.certs;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What a certificate may be shown for (RFC 5280 §4.2.1.12). */
public enum KeyUse {
    SERVER("1.3.6.1.5.5.7.3.1", "a server"),
    CLIENT("1.3.6.1.5.5.7.3.2", "a client");

    private static final String ANY = "2.5.29.37.0";

    private final String purpose;
    private final String words;

    KeyUse(String purpose, String words) {
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

    /** Its object identifier. */
    String purpose() {
        return purpose;
    }

    /** Whether a list of purposes allows this use; no list allows every use. */
    boolean isAllowedBy(List<String> purposes) {
        return purposes == null || purposes.contains(purpose) || purposes.contains(ANY);
    }

    @Override
    public String toString() {
        return words;
    }
}
