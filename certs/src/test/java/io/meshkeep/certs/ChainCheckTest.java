package io.meshkeep.certs;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ChainCheckTest {
    private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
    private static final Duration YEAR = Duration.ofDays(365);

    private final CertificateAuthority root = authority("Cilium CA", NOW);
    private final CertificateAuthority middle = root.intermediate("Middle", KeyAlgorithm.EC_P256, YEAR);
    private final CertificateAuthority other = authority("Other CA", NOW);
    private final CertificateAuthority namesake = authority("Cilium CA", NOW);

    private static CertificateAuthority authority(String name, Instant made) {
        return CertificateAuthority.create(name, KeyAlgorithm.EC_P256, YEAR, () -> made);
    }

    private static Issued server(CertificateAuthority authority) {
        return authority.issue(
                CertificateRequest.server("s", List.of("db.example", "*.mesh.example", "10.0.0.5", "::1"))
                        .valid(Duration.ofDays(30)),
                KeyAlgorithm.EC_P256);
    }

    private ChainCheck check() {
        return ChainCheck.against(List.of(root.certificate()), NOW);
    }

    @Test
    void findsNothingWrongWithGoodOnes() {
        Issued server = server(root);
        assertThat(check().forUse(KeyUse.SERVER).forHost("db.example").problems(server))
                .isEmpty();
        assertThat(check().forHost("DB.example.").problems(server)).isEmpty();
        assertThat(check().forHost("a.mesh.example").problems(server)).isEmpty();
        assertThat(check().forHost("10.0.0.5").problems(server)).isEmpty();
        assertThat(check().forHost("0:0:0:0:0:0:0:1").problems(server)).isEmpty();
        assertThat(check().problems(server(middle))).isEmpty();
    }

    @Test
    void tellsDates() {
        Issued server = server(root);
        assertThat(new ChainCheck(List.of(root.certificate()), null, null, List.of(), NOW.plus(Duration.ofDays(40)))
                        .problems(server))
                .containsExactly("the certificate expired on 2026-05-31 12:00 UTC, 10 days ago");
        assertThat(new ChainCheck(List.of(root.certificate()), null, null, List.of(), NOW.minus(Duration.ofHours(3)))
                        .problems(server))
                .contains("the certificate is not valid yet: it begins on 2026-05-01 11:55 UTC, in 2 hours;"
                        + " is the clock right?")
                .anyMatch(problem -> problem.startsWith("\"Cilium CA\" is not valid yet"));
    }

    @Test
    void tellsNames() {
        assertThat(check().forHost("a.b.mesh.example").problems(server(root)))
                .containsExactly("the certificate is not for a.b.mesh.example: it is for db.example, *.mesh.example,"
                        + " 10.0.0.5, 0:0:0:0:0:0:0:1");
        Issued client = root.issue(CertificateRequest.client("someone"), KeyAlgorithm.EC_P256);
        assertThat(check().forHost("10.0.0.6").problems(client))
                .containsExactly("the certificate is not for 10.0.0.6: it names no host");
    }

    @Test
    void tellsUses() {
        Issued client = root.issue(CertificateRequest.client("someone"), KeyAlgorithm.EC_P256);
        assertThat(check().forUse(KeyUse.CLIENT).problems(client)).isEmpty();
        assertThat(check().forUse(KeyUse.SERVER).problems(client))
                .containsExactly("the certificate may not be used for a server, but only for a client");
    }

    @Test
    void tellsAuthorities() {
        assertThat(check().problems(server(other)))
                .containsExactly("it was issued by \"Other CA\", which is not trusted here (wrong CA or a missing"
                        + " intermediate certificate); trusted are: \"Cilium CA\"");
        assertThat(check().problems(server(namesake)))
                .containsExactly("it was signed by another authority that is also called \"Cilium CA\": same name,"
                        + " different key than the one trusted here (wrong CA)");
        assertThat(check().problems(List.of(server(middle).certificate())))
                .containsExactly("it was issued by \"Middle\", which is not trusted here (wrong CA or a missing"
                        + " intermediate certificate); trusted are: \"Cilium CA\"");
        assertThat(check().problems(List.of(other.certificate())))
                .containsExactly("\"Other CA\" signed itself, and is not trusted here (wrong CA)");
        assertThat(check().problems(List.of())).containsExactly("no certificate was presented");
    }

    @Test
    void tellsThatAnAuthorityIsNone() {
        Issued leaf = server(root);
        // what one would do who has the key of a certificate that is no authority's
        X509Certificate forged = Forgery.by(leaf, "admin");
        assertThat(check().problems(List.of(forged, leaf.certificate())))
                .containsExactly("\"s\" is not a certificate authority, so what it signed is worth nothing");
    }

    @Test
    void tellsRevocation() {
        Issued server = server(root);
        Issued fine = server(root);
        ChainCheck check = check().withRevoked(List.of(root.revoke(List.of(server.certificate()), Duration.ofDays(1))));
        assertThat(check.problems(server)).containsExactly("the certificate was revoked on 2026-05-01 12:00 UTC");
        assertThat(check.problems(fine)).isEmpty();
    }

    @Test
    void tellsThatKeyAndCertificateDoNotBelongTogether() {
        Issued one = server(root);
        Issued two = server(root);
        assertThat(check().problems(new Issued(one.key(), two.chain())))
                .containsExactly("the private key does not belong to the certificate: they were made apart, or one of"
                        + " the two files was replaced without the other");
    }

    /** What it says agrees with what Java's own validation decides, over random chains. */
    @Test
    void agreesWithJavasValidation() throws GeneralSecurityException {
        Random random = new Random(11);
        List<CertificateAuthority> signers = List.of(root, middle, other, namesake);
        int good = 0;
        for (int i = 0; i < 300; i++) {
            CertificateAuthority signer = signers.get(random.nextInt(signers.size()));
            Issued issued = server(signer);
            List<X509Certificate> chain = random.nextInt(4) == 0 ? List.of(issued.certificate()) : issued.chain();
            Set<X509Certificate> trusted = signers.stream()
                    .filter(candidate -> random.nextInt(3) > 0)
                    .map(CertificateAuthority::certificate)
                    .collect(Collectors.toSet());
            if (trusted.isEmpty()) {
                continue;
            }
            Instant at = NOW.plus(Duration.ofDays(random.nextInt(60) - 10));
            boolean accepted = javaAccepts(chain, trusted, at);
            List<String> problems = ChainCheck.against(trusted, at).problems(chain);
            assertThat(problems.isEmpty()).as("chain %s: %s", i, problems).isEqualTo(accepted);
            good += accepted ? 1 : 0;
        }
        assertThat(good).isBetween(50, 250);
    }

    private static boolean javaAccepts(List<X509Certificate> chain, Set<X509Certificate> trusted, Instant at)
            throws GeneralSecurityException {
        PKIXParameters parameters = new PKIXParameters(trusted.stream()
                .map(certificate -> new TrustAnchor(certificate, null))
                .collect(Collectors.toSet()));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(at));
        // Java's validator wants the path without what is an anchor itself.
        List<X509Certificate> path = chain.stream()
                .filter(certificate -> certificate == chain.get(0) || !trusted.contains(certificate))
                .toList();
        try {
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (CertPathValidatorException e) {
            return false;
        }
        // Java does not look at an anchor's own dates.
        return trusted.stream().allMatch(anchor -> isValid(anchor, at));
    }

    private static boolean isValid(X509Certificate certificate, Instant at) {
        return !at.isBefore(certificate.getNotBefore().toInstant())
                && !at.isAfter(certificate.getNotAfter().toInstant());
    }
}
