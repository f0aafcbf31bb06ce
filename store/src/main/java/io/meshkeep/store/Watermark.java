package io.meshkeep.store;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A witness beside the log: the applied index up to which writes were acknowledged. It is written after the log's sync
 * and is itself not synced, so on disk it may be late but never ahead. A log that ends before it has lost acknowledged
 * writes, which the log alone cannot tell from a torn tail that nobody was promised.
 *
 * <p>Two slots are written in turn, each a number and its complement, so that a crash in the middle leaves one intact.
 * The file is mapped: an update is two stores to memory, and a killed process leaves them to the operating system.
 */
final class Watermark implements AutoCloseable {
    private static final int SLOT_BYTES = 2 * Long.BYTES;

    private final FileChannel channel;
    private final MappedByteBuffer map;
    private int next;

    private Watermark(FileChannel channel, MappedByteBuffer map) {
        this.channel = channel;
        this.map = map;
    }

    static Watermark open(Path file) throws IOException {
        Set<PosixFilePermission> ownerOnly = PosixFilePermissions.fromString("rw-------");
        FileAttribute<?>[] attributes =
                file.getFileSystem().supportedFileAttributeViews().contains("posix")
                        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(ownerOnly)}
                        : new FileAttribute<?>[0];
        if (Files.notExists(file)) {
            Files.createFile(file, attributes);
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new Watermark(channel, channel.map(FileChannel.MapMode.READ_WRITE, 0, 2 * SLOT_BYTES));
    }

    /** The highest index that was acknowledged, as far as the file knows; 0 if it knows none. */
    long read() {
        return Math.max(slot(0), slot(1));
    }

    private long slot(int i) {
        long index = map.getLong(i * SLOT_BYTES);
        return map.getLong(i * SLOT_BYTES + Long.BYTES) == ~index ? index : 0;
    }

    /** Records that everything up to {@code index} is about to be acknowledged. */
    void write(long index) {
        map.putLong(next * SLOT_BYTES, index);
        map.putLong(next * SLOT_BYTES + Long.BYTES, ~index);
        next ^= 1;
    }

    /** Forgets what was acknowledged: for a store that runs without syncs and so promises nothing. */
    void clear() {
        for (int i = 0; i < 2 * SLOT_BYTES; i += Long.BYTES) {
            map.putLong(i, 0);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
