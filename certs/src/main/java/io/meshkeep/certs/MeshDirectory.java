package io.meshkeep.certs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A directory of certificates: {@code cilium-ca} with {@code ca.crt} and {@code ca.key}, and a directory for each
 * certificate with {@code ca.crt}, {@code tls.crt} and {@code tls.key}, the names that Kubernetes secrets have.
 *
 * <p>To change the authority without a moment in which somebody is refused, everybody first has to trust both, then get
 * a certificate of the new one, then stop trusting the old one: {@link #addAuthority}, {@link #rotate}, and
 * {@link #dropOldAuthorities}, with time in between for the files to reach all programs. {@code ca.crt} holds the
 * authority that signs first.
 */
public final class MeshDirectory {
    static final String CA_CERTIFICATE = "ca.crt";
    static final String CA_KEY = "ca.key";
    static final String CERTIFICATE = "tls.crt";
    static final String KEY = "tls.key";

    private final Path directory;

    public MeshDirectory(Path directory) {
        this.directory = directory;
    }

    private Path authority() {
        return directory.resolve(MeshSecret.AUTHORITY);
    }

    /** Whether there is an authority already. */
    public boolean exists() {
        return Files.exists(authority().resolve(CA_KEY));
    }

    /** Makes the directory with its authority. */
    public void init(CertificateAuthority authority) throws IOException {
        if (exists()) {
            throw new IOException(authority().resolve(CA_KEY) + " exists already; certs rotate renews certificates");
        }
        CertificateFiles.makeDirectory(authority());
        CertificateFiles.create(
                authority().resolve(CA_KEY), Pem.of(authority.own().key(), KeyFormat.PKCS8));
        CertificateFiles.replace(authority().resolve(CA_CERTIFICATE), Pem.of(authority.certificate()));
    }

    /** The authority that signs. */
    public CertificateAuthority readAuthority() throws IOException {
        if (!exists()) {
            throw new IOException("no authority in " + directory + ": "
                    + authority().resolve(CA_KEY) + " does not exist; certs init makes one");
        }
        Issued all = CertificateFiles.readIssued(
                authority().resolve(CA_CERTIFICATE), authority().resolve(CA_KEY));
        for (X509Certificate candidate : all.chain()) {
            if (KeyAlgorithm.matches(all.key(), candidate.getPublicKey())) {
                return CertificateAuthority.of(new Issued(all.key(), List.of(candidate)));
            }
        }
        throw new IOException(authority().resolve(CA_KEY) + " belongs to no certificate in "
                + authority().resolve(CA_CERTIFICATE));
    }

    /** All authorities that are trusted here. */
    public List<X509Certificate> readTrusted() throws IOException {
        return CertificateFiles.readCertificates(authority().resolve(CA_CERTIFICATE));
    }

    /** Writes a certificate into its directory, with the authorities to trust. */
    public void write(String name, Issued issued, KeyFormat format) throws IOException {
        Path place = place(name);
        CertificateFiles.makeDirectory(place);
        // The key first: a server that looks in between sees a pair that does not fit, and waits for the other.
        CertificateFiles.replace(place.resolve(KEY), Pem.of(issued.key(), format));
        CertificateFiles.replace(place.resolve(CERTIFICATE), Pem.of(issued.chain()));
        CertificateFiles.replace(place.resolve(CA_CERTIFICATE), Pem.of(readTrusted()));
    }

    private Path place(String name) throws IOException {
        Path place = directory.resolve(name).normalize();
        if (!directory.normalize().equals(place.getParent())) {
            throw new IOException("\"" + name + "\" is no name for a directory");
        }
        return place;
    }

    /** The names of the certificates that are here, in order. */
    public List<String> names() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> places = Files.list(directory)) {
            return places.filter(place -> Files.exists(place.resolve(CERTIFICATE)))
                    .map(place -> place.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    /** A certificate and its key. */
    public Issued read(String name) throws IOException {
        Path place = place(name);
        return CertificateFiles.readIssued(place.resolve(CERTIFICATE), place.resolve(KEY));
    }

    /**
     * Issues certificates anew, with new keys, saying what the old ones say.
     *
     * @param within only those that end within this time, or are of another authority than the one that signs
     * @return the names of those that were renewed
     */
    public List<String> rotate(Duration within, Instant now) throws IOException {
        CertificateAuthority authority = readAuthority();
        List<String> renewed = new ArrayList<>();
        for (String name : names()) {
            Issued old = read(name);
            X509Certificate certificate = old.certificate();
            boolean ends = certificate.getNotAfter().toInstant().isBefore(now.plus(within));
            boolean other = !ChainCheck.against(List.of(authority.certificate()), now)
                    .problems(old.chain())
                    .isEmpty();
            if (ends || other) {
                KeyFormat format = format(place(name).resolve(KEY));
                write(
                        name,
                        authority.issue(requestOf(certificate), KeyAlgorithm.like(certificate.getPublicKey())),
                        format);
                renewed.add(name);
            }
        }
        return renewed;
    }

    private static KeyFormat format(Path key) throws IOException {
        String text = Files.readString(key);
        return text.contains("BEGIN RSA PRIVATE KEY")
                ? KeyFormat.PKCS1
                : text.contains("BEGIN EC PRIVATE KEY") ? KeyFormat.SEC1 : KeyFormat.PKCS8;
    }

    private static CertificateRequest requestOf(X509Certificate certificate) throws IOException {
        Set<KeyUse> uses = EnumSet.noneOf(KeyUse.class);
        try {
            for (KeyUse use : KeyUse.values()) {
                if (use.isAllowedBy(certificate.getExtendedKeyUsage())) {
                    uses.add(use);
                }
            }
        } catch (CertificateParsingException e) {
            throw new IOException("the uses of " + certificate.getSubjectX500Principal() + " cannot be read", e);
        }
        Duration validity = Duration.between(
                certificate.getNotBefore().toInstant(),
                certificate.getNotAfter().toInstant());
        return new CertificateRequest(Names.commonName(certificate), SubjectNames.of(certificate), uses, validity);
    }

    /** Makes a new authority that is trusted beside the old ones and signs from now on. */
    public void addAuthority(CertificateAuthority added) throws IOException {
        List<X509Certificate> trusted = new ArrayList<>(List.of(added.certificate()));
        trusted.addAll(readTrusted());
        Path certificates = authority().resolve(CA_CERTIFICATE);
        CertificateFiles.replace(certificates, Pem.of(trusted));
        CertificateFiles.replace(authority().resolve(CA_KEY), Pem.of(added.own().key(), KeyFormat.PKCS8));
        spread();
    }

    /** Stops trusting all authorities but the one that signs; refuses while a certificate of another is here. */
    public void dropOldAuthorities(Instant now) throws IOException {
        CertificateAuthority authority = readAuthority();
        for (String name : names()) {
            List<String> problems = ChainCheck.against(List.of(authority.certificate()), now)
                    .problems(read(name).chain());
            if (!problems.isEmpty()) {
                throw new IOException(name + " is not of the new authority yet; run certs rotate first");
            }
        }
        CertificateFiles.replace(authority().resolve(CA_CERTIFICATE), Pem.of(authority.certificate()));
        spread();
    }

    private void spread() throws IOException {
        String trusted = Pem.of(readTrusted());
        for (String name : names()) {
            CertificateFiles.replace(place(name).resolve(CA_CERTIFICATE), trusted);
        }
    }
}
