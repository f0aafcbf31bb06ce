package io.meshkeep.server.crash;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * RocksDB's native library, taken out of its jar once for all servers. Left to itself each process would take it out
 * anew, which costs time and, when the process is killed, leaves the copy behind.
 */
final class NativeLibrary {
    private static final Path DIRECTORY = extract();

    private NativeLibrary() {}

    /** A directory for {@code java.library.path}. */
    static Path directory() {
        return DIRECTORY;
    }

    private static Path extract() {
        String name = Environment.getJniLibraryFileName("rocksdb");
        try (InputStream library = RocksDB.class.getClassLoader().getResourceAsStream(name)) {
            Path directory = Files.createTempDirectory("rocksdb-native");
            Path file = directory.resolve(name);
            Files.copy(Objects.requireNonNull(library, name), file);
            directory.toFile().deleteOnExit();
            file.toFile().deleteOnExit();
            return directory;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
