package io.meshkeep.certs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;

/**
 * Certificates and keys in files. What is written here only its owner can read, from the first byte on, and a file is
 * there whole or not at all.
 */
public final class CertificateFiles {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final FileAttribute<?> FILE = PosixFilePermissions.asFileAttribute(OWNER_ONLY);
    private static final FileAttribute<?> DIRECTORY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private CertificateFiles() {}

    /**
     * The certificates of a file.
     *
     * @throws IOException with one line for the user, the file's name in it
     */
    public static List<X509Certificate> readCertificates(Path file) throws IOException {
        return reading(file, () -> Pem.certificates(text(file)));
    }

    /**
     * A certificate, its chain and its key.
     *
     * @throws IOException with one line for the user, the file's name in it
     */
    public static Issued readIssued(Path chain, Path key) throws IOException {
        List<X509Certificate> certificates = readCertificates(chain);
        return new Issued(reading(key, () -> Pem.privateKey(text(key))), certificates);
    }

    private interface Reader<T> {
        T read() throws IOException;
    }

    private static <T> T reading(Path file, Reader<T> reader) throws IOException {
        try {
            return reader.read();
        } catch (UnreadablePemException e) {
            throw new IOException(file + " " + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " does not exist", e);
        } catch (FileSystemException e) {
            throw new IOException("cannot read " + file + (e.getReason() == null ? "" : ": " + e.getReason()), e);
        }
    }

    private static String text(Path file) throws IOException {
        // any byte is a character here, so that a binary file gives a message about its contents
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    /** Writes a certificate with its chain, and its key, in place of what is there; makes the directories. */
    public static void write(Issued issued, Path chain, Path key) throws IOException {
        makeDirectory(chain.toAbsolutePath().getParent());
        makeDirectory(key.toAbsolutePath().getParent());
        // The key first: a server that looks in between sees a pair that does not fit, and waits for the other.
        replace(key, Pem.of(issued.key(), KeyFormat.PKCS8));
        replace(chain, Pem.of(issued.chain()));
    }

    /** Makes a directory, and those above it, that only its owner can look into. */
    static void makeDirectory(Path directory) throws IOException {
        Files.createDirectories(directory, DIRECTORY);
    }

    /** Writes a file, in place of the one that is there. */
    static void replace(Path file, String text) throws IOException {
        Path whole = file.resolveSibling("." + file.getFileName() + ".new");
        Files.deleteIfExists(whole);
        Files.createFile(whole, FILE);
        try {
            Files.writeString(whole, text, StandardCharsets.US_ASCII);
            Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(whole);
        }
    }

    /** Writes a file that must not be there yet. */
    static void create(Path file, String text) throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        replace(file, text);
    }
}
