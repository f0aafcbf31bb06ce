package io.meshkeep.certs.cli;

import io.meshkeep.certs.CertificateAuthority;
import io.meshkeep.certs.CertificateFiles;
import io.meshkeep.certs.CertificateRequest;
import io.meshkeep.certs.ChainCheck;
import io.meshkeep.certs.Description;
import io.meshkeep.certs.Issued;
import io.meshkeep.certs.KeyAlgorithm;
import io.meshkeep.certs.KeyFormat;
import io.meshkeep.certs.KeyUse;
import io.meshkeep.certs.MeshDirectory;
import io.meshkeep.certs.MeshSecret;
import io.meshkeep.certs.Pem;
import io.meshkeep.certs.SecretManifest;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** {@code certs init|issue|show|verify|rotate}. */
public final class CertsCommand {
    public static final String HELP = """
            certs: certificates for a Cilium mesh, and any others that Meshkeep needs

              certs init --cluster-name C --dir D     make an authority, and the certificates of a cluster
              certs issue --dir D --name N ...        one more certificate
              certs show FILE...                      what certificates say
              certs verify --dir D                    whether all of a directory are good, and why not
              certs verify --cert F --ca F ...        the same for one
              certs rotate --dir D                    new certificates in place of those that end soon

            A directory has cilium-ca/ with ca.crt and ca.key, and for each certificate a directory with ca.crt, tls.crt
            and tls.key, named as the Kubernetes secrets that Cilium's Helm chart reads. Only the owner can read them.

            init
              --cluster-name NAME      the cluster, which is in the users' names; may be ""
              --dir DIR                where to write; an authority that is there already is used
              --kubernetes             print secret manifests instead of writing files
              --namespace NAME         of the secrets and the service (default kube-system)
              --server-names A,B       further DNS names and IP addresses of the server
              --per-cluster-remote     the remote user is remote-NAME (Cilium's authMode cluster), not remote
            issue
              --dir DIR                a directory made by init
              --name NAME              of the new directory in it
              --common-name CN         the subject, which is a client's user name
              --server                 for a server (and a client); otherwise for a client
              --names A,B              DNS names and IP addresses
            init and issue
              --validity DAYS          default 1095
              --key KIND               ec-p256 (default), rsa-2048 or rsa-4096
              --key-format FORM        pkcs8 (default), pkcs1 (RSA only) or sec1 (EC only)
            verify
              --dir DIR                all certificates of a directory made by init
              --cert FILE              a certificate, with intermediate ones after it
              --ca FILE                the authorities to trust
              --key FILE               its private key
              --use server|client      what it is used for
              --host NAME              under which name or address the server is called
              --crl FILE               revoked certificates
            rotate
              --dir DIR                a directory made by init
              --within DAYS            those that end within this time (default 120)
              --all                    all certificates
              --authority add          first step to a new authority: it is trusted beside the old one, and signs
              --authority drop         last step: the old one is trusted no longer. Between the two run rotate, and
                                       after each step wait until all programs have the new files
            """;

    private static final Duration RENEW_WITHIN = Duration.ofDays(120);
    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private final PrintStream out;
    private final PrintStream err;
    private final InstantSource clock;

    CertsCommand(PrintStream out, PrintStream err, InstantSource clock) {
        this.out = out;
        this.err = err;
        this.clock = clock;
    }

    /**
     * Runs a command.
     *
     * @param line what follows {@code certs}
     * @return the exit status: 0 if all is well, 1 if something failed or is wrong with a certificate, 2 after misuse
     */
    public static int run(List<String> line, PrintStream out, PrintStream err) {
        return new CertsCommand(out, err, InstantSource.system()).run(line);
    }

    int run(List<String> line) {
        if (line.isEmpty()
                || line.contains("--help")
                || line.contains("-h")
                || line.get(0).equals("help")) {
            out.print(HELP);
            return OK;
        }
        try {
            return dispatch(line.get(0), line.subList(1, line.size()));
        } catch (IllegalArgumentException misused) {
            return fail(MISUSED, misused.getMessage());
        } catch (IOException failed) {
            return fail(FAILED, failed.getMessage());
        } catch (UncheckedIOException failed) {
            return fail(FAILED, failed.getCause().getMessage());
        }
    }

    private int fail(int status, String message) {
        err.println("meshkeep certs: " + message);
        return status;
    }

    private int dispatch(String command, List<String> line) throws IOException {
        switch (command) {
            case "init":
                return init(Flags.parse(
                        line,
                        Set.of(
                                "--cluster-name",
                                "--dir",
                                "--namespace",
                                "--server-names",
                                "--validity",
                                "--key",
                                "--key-format"),
                        Set.of("--kubernetes", "--per-cluster-remote")));
            case "issue":
                return issue(Flags.parse(
                        line,
                        Set.of("--dir", "--name", "--common-name", "--names", "--validity", "--key", "--key-format"),
                        Set.of("--server")));
            case "show":
                return show(Flags.parse(line, Set.of(), Set.of()));
            case "verify":
                return verify(Flags.parse(
                        line, Set.of("--dir", "--cert", "--ca", "--key", "--use", "--host", "--crl"), Set.of()));
            case "rotate":
                return rotate(Flags.parse(line, Set.of("--dir", "--within", "--authority"), Set.of("--all")));
            default:
                throw new IllegalArgumentException("unknown command \"" + command + "\"; see meshkeep certs help");
        }
    }

    private int init(Flags flags) throws IOException {
        flags.requireNoOperands();
        String namespace = flags.text("--namespace", "kube-system");
        KeyAlgorithm algorithm = algorithm(flags);
        KeyFormat format = format(flags, algorithm);
        Duration validity = flags.days("--validity", CertificateRequest.VALIDITY);
        List<MeshSecret> secrets = MeshSecret.of(
                flags.required("--cluster-name"),
                namespace,
                flags.list("--server-names"),
                flags.has("--per-cluster-remote") ? MeshSecret.RemoteName.PER_CLUSTER : MeshSecret.RemoteName.SHARED,
                validity);
        if (flags.has("--kubernetes")) {
            return print(secrets, namespace, algorithm, format, authority(flags, algorithm, validity));
        }
        MeshDirectory directory = new MeshDirectory(Path.of(flags.required("--dir")));
        for (MeshSecret secret : secrets) {
            if (directory.exists() && directory.names().contains(secret.name())) {
                throw new IOException(secret.name() + " exists already; certs rotate renews certificates");
            }
        }
        boolean found = directory.exists();
        CertificateAuthority authority = authority(flags, algorithm, validity);
        if (!found) {
            directory.init(authority);
        }
        for (MeshSecret secret : secrets) {
            directory.write(secret.name(), authority.issue(secret.request(), algorithm), format);
        }
        out.printf(
                "%s, and wrote %d certificates to %s%n",
                found ? "used the authority that is there" : "made an authority",
                secrets.size(),
                flags.text("--dir", ""));
        return OK;
    }

    /** The authority of the directory, if there is one, or a new one. */
    private static CertificateAuthority authority(Flags flags, KeyAlgorithm algorithm, Duration validity)
            throws IOException {
        if (flags.has("--dir")) {
            MeshDirectory directory = new MeshDirectory(Path.of(flags.text("--dir", "")));
            if (directory.exists()) {
                return directory.readAuthority();
            }
        }
        return CertificateAuthority.create(MeshSecret.AUTHORITY_NAME, algorithm, validity);
    }

    private int print(
            List<MeshSecret> secrets,
            String namespace,
            KeyAlgorithm algorithm,
            KeyFormat format,
            CertificateAuthority authority) {
        out.print(SecretManifest.ofAuthority(authority, namespace));
        List<X509Certificate> trusted = List.of(authority.certificate());
        for (MeshSecret secret : secrets) {
            out.print(SecretManifest.of(
                    secret.name(), namespace, authority.issue(secret.request(), algorithm), trusted, format));
        }
        return OK;
    }

    private int issue(Flags flags) throws IOException {
        flags.requireNoOperands();
        MeshDirectory directory = new MeshDirectory(Path.of(flags.required("--dir")));
        String name = flags.required("--name");
        KeyAlgorithm algorithm = algorithm(flags);
        KeyFormat format = format(flags, algorithm);
        CertificateRequest request = new CertificateRequest(
                flags.required("--common-name"),
                flags.list("--names"),
                flags.has("--server") ? EnumSet.allOf(KeyUse.class) : EnumSet.of(KeyUse.CLIENT),
                flags.days("--validity", CertificateRequest.VALIDITY));
        CertificateAuthority authority = directory.readAuthority();
        if (directory.names().contains(name)) {
            throw new IOException(name + " exists already; certs rotate renews certificates");
        }
        directory.write(name, authority.issue(request, algorithm), format);
        out.println("issued " + name);
        return OK;
    }

    private int show(Flags flags) throws IOException {
        if (flags.operands().isEmpty()) {
            throw new IllegalArgumentException("show needs files with certificates");
        }
        String between = "";
        for (String file : flags.operands()) {
            for (X509Certificate certificate : CertificateFiles.readCertificates(Path.of(file))) {
                out.print(between);
                out.printf("%-12s %s%n", "file", file);
                out.print(Description.of(certificate, clock.instant()));
                between = System.lineSeparator();
            }
        }
        return OK;
    }

    private int verify(Flags flags) throws IOException {
        flags.requireNoOperands();
        if (flags.has("--dir")) {
            return verifyDirectory(new MeshDirectory(Path.of(flags.text("--dir", ""))));
        }
        Path certificate = Path.of(flags.required("--cert"));
        ChainCheck check =
                ChainCheck.against(CertificateFiles.readCertificates(Path.of(flags.required("--ca"))), clock.instant());
        if (flags.has("--use")) {
            check = check.forUse(KeyUse.named(flags.text("--use", "")));
        }
        if (flags.has("--host")) {
            check = check.forHost(flags.text("--host", ""));
        }
        if (flags.has("--crl")) {
            Path file = Path.of(flags.text("--crl", ""));
            try {
                check = check.withRevoked(Pem.revocationLists(Files.readAllBytes(file)));
            } catch (IOException e) {
                throw new IOException(file + " " + e.getMessage(), e);
            }
        }
        List<String> problems = flags.has("--key")
                ? check.problems(CertificateFiles.readIssued(certificate, Path.of(flags.text("--key", ""))))
                : check.problems(CertificateFiles.readCertificates(certificate));
        return report(certificate.toString(), problems);
    }

    private int verifyDirectory(MeshDirectory directory) throws IOException {
        ChainCheck check = ChainCheck.against(directory.readTrusted(), clock.instant());
        directory.readAuthority();
        int status = OK;
        for (String name : directory.names()) {
            List<String> problems = new ArrayList<>();
            try {
                Issued issued = directory.read(name);
                problems.addAll(check.problems(issued));
            } catch (IOException e) {
                problems.add(e.getMessage());
            }
            status = Math.max(status, report(name, problems));
        }
        return status;
    }

    private int report(String what, List<String> problems) {
        if (problems.isEmpty()) {
            out.println(what + ": good");
            return OK;
        }
        problems.forEach(problem -> out.println(what + ": " + problem));
        return FAILED;
    }

    private int rotate(Flags flags) throws IOException {
        flags.requireNoOperands();
        MeshDirectory directory = new MeshDirectory(Path.of(flags.required("--dir")));
        Instant now = clock.instant();
        if (flags.has("--authority")) {
            return rotateAuthority(directory, flags.text("--authority", ""), now);
        }
        Duration within = flags.has("--all") ? Duration.ofDays(365_000) : flags.days("--within", RENEW_WITHIN);
        List<String> renewed = directory.rotate(within, now);
        out.println(renewed.isEmpty() ? "nothing to renew" : "renewed " + String.join(", ", renewed));
        return OK;
    }

    private int rotateAuthority(MeshDirectory directory, String step, Instant now) throws IOException {
        switch (step) {
            case "add":
                X509Certificate old = directory.readAuthority().certificate();
                directory.addAuthority(CertificateAuthority.create(
                        MeshSecret.AUTHORITY_NAME,
                        KeyAlgorithm.like(old.getPublicKey()),
                        Duration.between(
                                old.getNotBefore().toInstant(),
                                old.getNotAfter().toInstant())));
                out.println("made a new authority, trusted beside the old one; when all programs have the new ca.crt:"
                        + " certs rotate");
                return OK;
            case "drop":
                directory.dropOldAuthorities(now);
                out.println("the old authority is trusted no longer");
                return OK;
            default:
                throw new IllegalArgumentException("--authority is add or drop, not " + step);
        }
    }

    private static KeyAlgorithm algorithm(Flags flags) {
        return KeyAlgorithm.named(flags.text("--key", KeyAlgorithm.EC_P256.toString()));
    }

    private static KeyFormat format(Flags flags, KeyAlgorithm algorithm) {
        KeyFormat format = KeyFormat.named(flags.text("--key-format", "pkcs8"));
        boolean ec = algorithm == KeyAlgorithm.EC_P256;
        if (format == KeyFormat.PKCS1 && ec || format == KeyFormat.SEC1 && !ec) {
            throw new IllegalArgumentException(algorithm + " keys have no form " + flags.text("--key-format", ""));
        }
        return format;
    }
}
