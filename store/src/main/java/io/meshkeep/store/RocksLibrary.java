package io.meshkeep.store;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RocksDB's native library. Left to itself RocksDB unpacks it into the temporary directory at each start and deletes it
 * when the process ends, so that each {@code kill -9} leaves 17 MB behind. Here it is unpacked once into the data
 * directory, which only its owner may write, and used again from there. A launcher that has it unpacked already, beside
 * the jars, names that directory in a system property, which spares new data directories the unpacking.
 */
final class RocksLibrary {
    private static final Logger log = LoggerFactory.getLogger(RocksLibrary.class);
    /** Its name in the jar, and where the system looks for libraries. */
    private static final String PACKED = Environment.getJniLibraryFileName("rocksdb");

    private static final String INSTALLED = Environment.getSharedLibraryFileName("rocksdb");

    /** The name that {@link RocksDB#loadLibrary(List)} looks for in a directory, which is not the one in the jar. */
    private static final String FILE = Environment.getJniLibraryFileName("rocksdbjni");

    /** A directory like {@code <data-dir>/native}, which is only read. */
    private static final String UNPACKED_PROPERTY = "meshkeep.native";

    private static boolean loaded;

    private RocksLibrary() {}

    /** Loads the library, unless this process has it already. The directory must exist. */
    static synchronized void load(Path dataDir) {
        if (!loaded) {
            if (isOnLibraryPath() || !loadFrom(dataDir.toAbsolutePath().resolve("native"))) {
                RocksDB.loadLibrary();
            }
            loaded = true;
        }
    }

    private static boolean isOnLibraryPath() {
        return Stream.of(System.getProperty("java.library.path", "").split(java.io.File.pathSeparator))
                .anyMatch(directory ->
                        Files.exists(Path.of(directory, PACKED)) || Files.exists(Path.of(directory, INSTALLED)));
    }

    /** Returns false if the library cannot be kept there: RocksDB's own way may still do. */
    private static boolean loadFrom(Path directory) {
        try {
            Path unpacked = unpacked(directory);
            if (unpacked == null) {
                return false;
            }
            RocksDB.loadLibrary(List.of(unpacked.getParent().toString()));
            return true;
        } catch (IOException | UnsatisfiedLinkError e) {
            // no space, or a file system from which nothing may be run
            log.warn("the native library cannot be used from {}, so a temporary copy is: {}", directory, e.toString());
            return false;
        }
    }

    /** The library's file, unpacked into the directory if it lies nowhere yet; null if it is not in a jar. */
    private static Path unpacked(Path directory) throws IOException {
        URL packed = RocksDB.class.getClassLoader().getResource(PACKED);
        if (packed == null || !(packed.openConnection() instanceof JarURLConnection connection)) {
            return null;
        }
        connection.setUseCaches(false);
        try (JarFile jar = connection.getJarFile()) {
            JarEntry entry = connection.getJarEntry();
            // The checksum stands in the jar's directory, so it costs nothing to tell one version from another.
            String version = String.format("%08x", entry.getCrc());
            Path file = directory.resolve(version).resolve(FILE);
            String elsewhere = System.getProperty(UNPACKED_PROPERTY);
            if (elsewhere != null) {
                Path ready =
                        Path.of(elsewhere).toAbsolutePath().resolve(version).resolve(FILE);
                if (isWhole(ready, entry)) {
                    return ready;
                }
            }
            if (!isWhole(file, entry)) {
                Storage.createDirectory(directory);
                Storage.createDirectory(file.getParent());
                write(jar, entry, file);
                deleteOthers(directory, version);
            }
            return file;
        }
    }

    private static boolean isWhole(Path file, JarEntry entry) throws IOException {
        return Files.isReadable(file) && Files.size(file) == entry.getSize();
    }

    /** Writes the file under another name first: what stands under its own is whole, also after a crash. */
    private static void write(JarFile jar, JarEntry entry, Path file) throws IOException {
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] ownerOnly = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        Path partial = file.resolveSibling(FILE + "." + ProcessHandle.current().pid());
        try (InputStream in = jar.getInputStream(entry);
                FileChannel out = FileChannel.open(
                        partial,
                        EnumSet.of(
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE),
                        ownerOnly)) {
            in.transferTo(Channels.newOutputStream(out));
            out.force(true);
            Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static void deleteOthers(Path directory, String version) throws IOException {
        try (Stream<Path> versions = Files.list(directory)) {
            for (Path other : (Iterable<Path>) versions::iterator) {
                if (!other.getFileName().toString().equals(version)) {
                    try (Stream<Path> files = Files.list(other)) {
                        for (Path file : (Iterable<Path>) files::iterator) {
                            Files.delete(file);
                        }
                    }
                    Files.delete(other);
                }
            }
        }
    }
}
