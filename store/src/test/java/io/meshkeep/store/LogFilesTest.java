package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.store.StateMachine.Write;
import io.meshkeep.store.Storage.Family;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sync of a log file that was there before costs half of one that grows, so the same few have to come back. */
class LogFilesTest {
    @TempDir
    private Path directory;

    @Test
    void comeBackHoweverTheWritesLieInTheFamilies() throws Exception {
        SplittableRandom random = new SplittableRandom(1);
        Set<String> names = new TreeSet<>();
        Set<String> files = new TreeSet<>();
        try (Storage storage = Storage.open(
                directory, StoreOptions.builder().unsafeNoSync(true).build())) {
            int number = 0;
            for (int batch = 0; batch < 1200; batch++) {
                List<Write> writes = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    writes.add(new Write(Family.HISTORY, key(number), value(random, 10_000)));
                    writes.add(new Write(Family.EVENTS, key(number++), value(random, 100)));
                }
                writes.add(new Write(Family.META, key(0), value(random, 1000)));
                if (batch % 100 == 0) {
                    writes.add(new Write(Family.LEASES, key(batch), value(random, 1000)));
                }
                storage.commit(writes);
                lookAtLogs(names, files);
            }
        }
        assertThat(names).as("logs that were begun").hasSizeGreaterThan(6);
        // the two in turn, and one more if a flush was late
        assertThat(files).as("files for them").hasSizeLessThanOrEqualTo(3);
    }

    private void lookAtLogs(Set<String> names, Set<String> files) throws IOException {
        try (Stream<Path> all = Files.list(directory.resolve("store"))) {
            for (Path file :
                    all.filter(path -> path.toString().endsWith(".log")).toList()) {
                try {
                    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
                    // a new file may get the number of one that was deleted, but not its time of birth
                    files.add(attributes.fileKey() + " " + attributes.creationTime());
                    names.add(file.getFileName().toString());
                } catch (NoSuchFileException renamed) {
                    // it is another log by now, which the next look finds
                    continue;
                }
            }
        }
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    private static byte[] value(SplittableRandom random, int size) {
        byte[] value = new byte[size];
        random.nextBytes(value);
        return value;
    }
}
