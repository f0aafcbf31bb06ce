import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Fetches one release of Maven, checks it against a pinned SHA-512 and unpacks it. The launcher runs this file where no
 * usable Maven is installed; it needs a JDK and nothing else, no curl, unzip or sha512sum.
 *
 * <p>Arguments: the URL of the zip, its SHA-512 in hexadecimal, the directory to put it in.
 */
class FetchMaven {
    public static void main(String[] arguments) throws Exception {
        URI url = URI.create(arguments[0]);
        String expected = arguments[1];
        Path target = Path.of(arguments[2]);

        Files.createDirectories(target.getParent());
        Path work = Files.createTempDirectory(target.getParent(), "maven");
        Path zip = work.resolve("maven.zip");
        String actual = download(url, zip);
        if (!actual.equals(expected)) {
            System.err.println("the SHA-512 of " + url + " is " + actual + " instead of " + expected);
            System.exit(1);
        }
        Path unpacked = Files.createDirectory(work.resolve("unpacked"));
        unzip(zip, unpacked);
        Files.delete(zip);
        // A rename is atomic: another fetch at the same time either finds nothing or a whole Maven.
        Files.move(unpacked, target, StandardCopyOption.ATOMIC_MOVE);
        Files.delete(work);
    }

    private static String download(URI url, Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-512");
        try (InputStream in = url.toURL().openStream();
                DigestOutputStream out = new DigestOutputStream(Files.newOutputStream(file), digest)) {
            in.transferTo(out);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Leaves out the top directory of the zip's names. */
    private static void unzip(Path zip, Path directory) throws IOException {
        try (ZipFile content = new ZipFile(zip.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = content.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                String name = entry.getName().substring(entry.getName().indexOf('/') + 1);
                Path file = directory.resolve(name).normalize();
                if (!file.startsWith(directory)) {
                    throw new IOException(entry.getName() + " leads out of the directory");
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(file);
                    continue;
                }
                Files.createDirectories(file.getParent());
                try (InputStream in = content.getInputStream(entry)) {
                    Files.copy(in, file);
                }
                if (name.startsWith("bin/")) {
                    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
    }
}
