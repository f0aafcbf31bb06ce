package io.meshkeep.certs;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** What a person wants to know of a certificate. */
public final class Description {
    private Description() {}

    /** Several lines, each a name and a value. */
    public static String of(X509Certificate certificate, Instant now) {
        StringBuilder text = new StringBuilder();
        line(text, "subject", certificate.getSubjectX500Principal().getName());
        line(text, "issuer", certificate.getIssuerX500Principal().getName());
        List<String> names = SubjectNames.of(certificate);
        if (!names.isEmpty()) {
            line(text, "names", String.join(", ", names));
        }
        line(text, "valid from", certificate.getNotBefore().toInstant().toString());
        line(text, "valid until", certificate.getNotAfter().toInstant() + remaining(certificate, now));
        line(text, "use", use(certificate));
        line(text, "key", KeyAlgorithm.describe(certificate.getPublicKey()) + ", " + certificate.getSigAlgName());
        line(text, "serial", certificate.getSerialNumber().toString(16));
        line(text, "SHA-256", fingerprint(certificate));
        return text.toString();
    }

    /** One line, for logs: subject, issuer and dates. */
    public static String inOneLine(X509Certificate certificate) {
        return "subject \"" + certificate.getSubjectX500Principal().getName() + "\", issuer \""
                + certificate.getIssuerX500Principal().getName() + "\", valid "
                + certificate.getNotBefore().toInstant() + " to "
                + certificate.getNotAfter().toInstant();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-12s %s%n", name, value));
    }

    private static String remaining(X509Certificate certificate, Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        return now.isAfter(end)
                ? " (expired)"
                : " (" + Duration.between(now, end).toDays() + " days left)";
    }

    private static String use(X509Certificate certificate) {
        if (certificate.getBasicConstraints() >= 0) {
            return "certificate authority";
        }
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            if (purposes == null) {
                return "anything";
            }
            List<String> uses = new ArrayList<>();
            for (KeyUse use : KeyUse.values()) {
                if (use.isAllowedBy(purposes)) {
                    uses.add(use.name().toLowerCase(Locale.ROOT));
                }
            }
            return uses.isEmpty() ? "other things" : String.join(", ", uses);
        } catch (CertificateParsingException e) {
            return "unreadable";
        }
    }

    private static String fingerprint(X509Certificate certificate) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return HexFormat.ofDelimiter(":").withUpperCase().formatHex(digest);
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was read has no digest", e);
        }
    }
}
