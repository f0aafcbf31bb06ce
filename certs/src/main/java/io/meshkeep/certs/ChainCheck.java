package io.meshkeep.certs;

import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.SignatureException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * Says in plain words what is wrong with a certificate and its chain: the checks of RFC 5280 that matter here, each with
 * a sentence that names what was found and what was wanted. It explains; TLS decides by its own, stricter code.
 *
 * <p>Immutable and safe for use by several threads.
 *
 * @param trusted the authorities that are trusted; intermediate ones among them are trusted as they are
 * @param use what the certificate is to be used for, or null for any
 * @param host the name or address under which the server is called, or null if that does not matter
 * @param revoked lists of revoked certificates, of the authorities that have one
 * @param now the moment of the check
 */
public record ChainCheck(List<X509Certificate> trusted, KeyUse use, String host, List<X509CRL> revoked, Instant now) {
    /** A chain that is longer is a loop. */
    private static final int MAX_DEPTH = 10;

    private static final int KEY_CERT_SIGN = 5;
    private static final DateTimeFormatter DATE =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);

    public ChainCheck {
        trusted = List.copyOf(trusted);
        revoked = List.copyOf(revoked);
    }

    /** A check of dates and signatures alone. */
    public static ChainCheck against(Collection<X509Certificate> trusted, Instant now) {
        return new ChainCheck(List.copyOf(trusted), null, null, List.of(), now);
    }

    /** The same check, for a use. */
    public ChainCheck forUse(KeyUse wanted) {
        return new ChainCheck(trusted, wanted, host, revoked, now);
    }

    /** The same check, for a server that is called so. */
    public ChainCheck forHost(String wanted) {
        return new ChainCheck(trusted, use, wanted, revoked, now);
    }

    /** The same check, with lists of what was revoked. */
    public ChainCheck withRevoked(List<X509CRL> lists) {
        return new ChainCheck(trusted, use, host, lists, now);
    }

    /**
     * Checks a chain.
     *
     * @param chain the certificate, then the intermediate authorities that came with it, in any order
     * @return what is wrong, worst first as far as one problem hides another; empty if nothing is
     */
    public List<String> problems(List<X509Certificate> chain) {
        if (chain.isEmpty()) {
            return List.of("no certificate was presented");
        }
        X509Certificate leaf = chain.get(0);
        List<String> problems = new ArrayList<>();
        checkDates(leaf, "the certificate", problems);
        checkUse(leaf, problems);
        checkHost(leaf, problems);
        checkChain(leaf, chain.subList(1, chain.size()), problems);
        return problems;
    }

    /** Checks a chain and that a key is the one of its first certificate. */
    public List<String> problems(Issued issued) {
        List<String> problems = new ArrayList<>(problems(issued.chain()));
        checkKey(issued.key(), issued.certificate(), problems);
        return problems;
    }

    private static void checkKey(PrivateKey key, X509Certificate certificate, List<String> problems) {
        if (!KeyAlgorithm.matches(key, certificate.getPublicKey())) {
            problems.add("the private key does not belong to the certificate: they were made apart, or one of the two"
                    + " files was replaced without the other");
        }
    }

    private void checkDates(X509Certificate certificate, String which, List<String> problems) {
        Instant begin = certificate.getNotBefore().toInstant();
        Instant end = certificate.getNotAfter().toInstant();
        if (now.isBefore(begin)) {
            problems.add(which + " is not valid yet: it begins on " + DATE.format(begin) + ", in "
                    + span(Duration.between(now, begin)) + "; is the clock right?");
        } else if (now.isAfter(end)) {
            problems.add(which + " expired on " + DATE.format(end) + ", " + span(Duration.between(end, now)) + " ago");
        }
    }

    private void checkUse(X509Certificate leaf, List<String> problems) {
        if (use == null) {
            return;
        }
        try {
            List<String> purposes = leaf.getExtendedKeyUsage();
            if (!use.isAllowedBy(purposes)) {
                problems.add("the certificate may not be used for " + use + ", but only for " + words(purposes));
            }
        } catch (CertificateParsingException e) {
            problems.add("what the certificate may be used for cannot be read");
        }
    }

    private static String words(List<String> purposes) {
        List<String> known = new ArrayList<>();
        for (KeyUse candidate : KeyUse.values()) {
            if (candidate.isAllowedBy(purposes)) {
                known.add(candidate.toString());
            }
        }
        return known.isEmpty() ? "other things" : String.join(" and ", known);
    }

    private void checkHost(X509Certificate leaf, List<String> problems) {
        if (host == null || SubjectNames.match(leaf, host)) {
            return;
        }
        List<String> names = SubjectNames.of(leaf);
        problems.add("the certificate is not for " + host + ": "
                + (names.isEmpty() ? "it names no host" : "it is for " + String.join(", ", names)));
    }

    private void checkChain(X509Certificate leaf, List<X509Certificate> presented, List<String> problems) {
        if (trusted.contains(leaf)) {
            return;
        }
        X509Certificate certificate = leaf;
        for (int depth = 0; depth < MAX_DEPTH; depth++) {
            Issuer issuer = issuerOf(certificate, presented);
            if (issuer.certificate == null) {
                problems.add(issuer.problem);
                return;
            }
            checkRevoked(
                    certificate, issuer.certificate, depth == 0 ? "the certificate" : named(certificate), problems);
            checkAuthority(issuer.certificate, depth, problems);
            if (issuer.isTrusted) {
                return;
            }
            certificate = issuer.certificate;
        }
        problems.add("the chain of authorities does not end");
    }

    private record Issuer(X509Certificate certificate, boolean isTrusted, String problem) {}

    private Issuer issuerOf(X509Certificate certificate, List<X509Certificate> presented) {
        boolean nameKnown = false;
        for (X509Certificate candidate : trusted) {
            if (isNamedAsIssuer(candidate, certificate)) {
                nameKnown = true;
                if (signed(candidate, certificate)) {
                    return new Issuer(candidate, true, null);
                }
            }
        }
        for (X509Certificate candidate : presented) {
            if (!candidate.equals(certificate)
                    && isNamedAsIssuer(candidate, certificate)
                    && signed(candidate, certificate)) {
                return new Issuer(candidate, false, null);
            }
        }
        String issuer = Names.shortened(certificate.getIssuerX500Principal());
        if (nameKnown) {
            return new Issuer(
                    null,
                    false,
                    "it was signed by another authority that is also called \"" + issuer
                            + "\": same name, different key than the one trusted here (wrong CA)");
        }
        if (certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal())) {
            return new Issuer(null, false, named(certificate) + " signed itself, and is not trusted here (wrong CA)");
        }
        return new Issuer(
                null,
                false,
                "it was issued by \"" + issuer + "\", which is not trusted here (wrong CA"
                        + " or a missing intermediate certificate); trusted are: " + Names.list(trusted));
    }

    private static boolean isNamedAsIssuer(X509Certificate candidate, X509Certificate certificate) {
        return candidate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal());
    }

    private static boolean signed(X509Certificate issuer, X509Certificate certificate) {
        try {
            certificate.verify(issuer.getPublicKey());
            return true;
        } catch (InvalidKeyException | SignatureException e) {
            // another key of the same name
            return false;
        } catch (GeneralSecurityException e) {
            // a signature that this runtime does not know proves nothing
            return false;
        }
    }

    private void checkAuthority(X509Certificate authority, int below, List<String> problems) {
        String which = named(authority);
        checkDates(authority, which, problems);
        int pathLength = authority.getBasicConstraints();
        boolean[] usage = authority.getKeyUsage();
        if (pathLength < 0) {
            problems.add(which + " is not a certificate authority, so what it signed is worth nothing");
        } else if (pathLength < below) {
            problems.add(which + " may have only " + pathLength + " authorities below it, and has " + below);
        } else if (usage != null && !usage[KEY_CERT_SIGN]) {
            problems.add(which + " may not sign certificates");
        }
    }

    private void checkRevoked(
            X509Certificate certificate, X509Certificate issuer, String which, List<String> problems) {
        for (X509CRL list : revoked) {
            if (list.getIssuerX500Principal().equals(issuer.getSubjectX500Principal()) && list.isRevoked(certificate)) {
                problems.add(which + " was revoked on "
                        + DATE.format(list.getRevokedCertificate(certificate)
                                .getRevocationDate()
                                .toInstant()));
                return;
            }
        }
    }

    private static String named(X509Certificate certificate) {
        return "\"" + Names.shortened(certificate.getSubjectX500Principal()) + "\"";
    }

    private static String span(Duration duration) {
        if (duration.toDays() >= 2) {
            return duration.toDays() + " days";
        }
        if (duration.toHours() >= 2) {
            return duration.toHours() + " hours";
        }
        return Math.max(1, duration.toMinutes()) + " minutes";
    }
}
