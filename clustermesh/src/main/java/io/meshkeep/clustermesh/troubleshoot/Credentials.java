package io.meshkeep.clustermesh.troubleshoot;

import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.ChainCheck;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyUse;
import io.meshkeep.certs.Names;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A client's certificate, key and trusted authorities.
 *
 * @param own empty if the client has none
 * @param user the common name, which the server takes for the user; empty without a certificate
 */
record Credentials(List<X509Certificate> trusted, Optional<Issued> own, String user) {
    private static final String RENEW =
            "renew it (meshkeep certs rotate, or the tool that made the secret), and let the"
                    + " new file reach this client";

    /** Reads a target's files; what is wrong with them is added to the findings. Empty if they cannot be read. */
    static Optional<Credentials> read(Target target, Instant now, List<Finding> findings) {
        List<X509Certificate> trusted = List.of();
        Optional<Issued> own = Optional.empty();
        try {
            if (target.authority().isPresent()) {
                trusted = CertificateFiles.readCertificates(target.authority().get());
            }
            if (target.certificate().isPresent() != target.key().isPresent()) {
                findings.add(Finding.problem(
                        Step.CONFIG,
                        "there is a certificate without a key, or a key without a certificate",
                        "name both, cert-file and key-file"));
            } else if (target.certificate().isPresent()) {
                Path certificate = target.certificate().get();
                own = Optional.of(
                        CertificateFiles.readIssued(certificate, target.key().get()));
            }
        } catch (IOException e) {
            findings.add(Finding.problem(
                    Step.CONFIG,
                    e.getMessage(),
                    "put the file there, or correct its path; it has to be PEM, and readable for this user"));
            return Optional.empty();
        }
        String user = own.map(issued -> Names.commonName(issued.certificate())).orElse("");
        own.ifPresent(issued -> findings.addAll(check(issued, user, now)));
        return Optional.of(new Credentials(trusted, own, user));
    }

    /** What the client can know by itself; which authorities the server trusts it cannot. */
    private static List<Finding> check(Issued issued, String user, Instant now) {
        ChainCheck check = new ChainCheck(
                List.of(issued.chain().get(issued.chain().size() - 1)), KeyUse.CLIENT, null, List.of(), now);
        List<Finding> found = new ArrayList<>();
        for (String problem : check.problems(issued)) {
            found.add(Finding.problem(Step.CONFIG, "the client's certificate: " + problem, RENEW));
        }
        if (user.isEmpty()) {
            found.add(Finding.problem(
                    Step.CONFIG,
                    "the client's certificate has no common name, so the server cannot tell which user it is",
                    "issue one with a user's name: meshkeep certs init shows which there are"));
        }
        if (found.isEmpty()) {
            found.add(Finding.ok(
                    Step.CONFIG,
                    "the client's certificate is for user " + user + ", until "
                            + issued.certificate().getNotAfter().toInstant()));
        }
        return found;
    }
}
