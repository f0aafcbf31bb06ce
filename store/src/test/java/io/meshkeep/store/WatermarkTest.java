package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatermarkTest {
    private static final int SLOT = 16;

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("watermark");
    }

    private long readAgain() throws IOException {
        try (Watermark watermark = Watermark.open(file())) {
            return watermark.read();
        }
    }

    @Test
    void aNewFileKnowsNothing() throws IOException {
        assertThat(readAgain()).isZero();
    }

    @Test
    void remembersTheHighestIndexOverARestart() throws IOException {
        for (long index = 1; index <= 5; index++) {
            try (Watermark watermark = Watermark.open(file())) {
                assertThat(watermark.read()).isEqualTo(10 * (index - 1));
                watermark.write(10 * index);
                assertThat(watermark.read()).isEqualTo(10 * index);
            }
        }
        assertThat(readAgain()).isEqualTo(50);
    }

    @Test
    void forgetsWhenCleared() throws IOException {
        try (Watermark watermark = Watermark.open(file())) {
            watermark.write(7);
            watermark.write(8);
            watermark.clear();
            assertThat(watermark.read()).isZero();
        }
        assertThat(readAgain()).isZero();
    }

    @Test
    void aTornSlotLeavesTheOther() throws IOException {
        try (Watermark watermark = Watermark.open(file())) {
            watermark.write(41);
            watermark.write(42);
        }
        // the index of a third write is there, its complement not yet
        byte[] bytes = Files.readAllBytes(file());
        ByteBuffer.wrap(bytes).putLong(0, 43);
        Files.write(file(), bytes);
        assertThat(readAgain()).isEqualTo(42);
    }

    @Test
    void noDamageToOneSlotMakesItTellMoreThanWasWritten() throws IOException {
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 200; i++) {
            Files.deleteIfExists(file());
            try (Watermark watermark = Watermark.open(file())) {
                watermark.write(1_000);
                watermark.write(1_001);
            }
            byte[] bytes = Files.readAllBytes(file());
            int slot = random.nextInt(2);
            int from = random.nextInt(SLOT);
            int to = from + 1 + random.nextInt(SLOT - from);
            for (int at = from; at < to; at++) {
                bytes[slot * SLOT + at] = (byte) random.nextInt(256);
            }
            Files.write(file(), bytes);
            assertThat(readAgain()).isIn(1_000L, 1_001L);
        }
    }

    @Test
    void onlyItsOwnerMayReadIt() throws IOException {
        readAgain();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }
}
