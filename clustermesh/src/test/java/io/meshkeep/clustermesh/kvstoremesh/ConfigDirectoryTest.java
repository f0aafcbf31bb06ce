package io.meshkeep.clustermesh.kvstoremesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigDirectoryTest {
    @TempDir
    Path directory;

    private final List<String> told = new ArrayList<>();
    private ConfigDirectory watched;

    @BeforeEach
    void begin() {
        watched = new ConfigDirectory(directory, new ConfigDirectory.Listener() {
            @Override
            public void added(String cluster, Path file) {
                told.add("+" + cluster);
            }

            @Override
            public void changed(String cluster) {
                told.add("~" + cluster);
            }

            @Override
            public void removed(String cluster) {
                told.add("-" + cluster);
            }
        });
    }

    private List<String> look() {
        told.clear();
        watched.look();
        return List.copyOf(told);
    }

    private void write(Path file, String host) throws IOException {
        Files.writeString(file, "endpoints:\n- https://" + host + ":2379\n");
    }

    @Test
    void filesWithEndpointsAreClusters() throws IOException {
        write(directory.resolve("b"), "b");
        write(directory.resolve("a"), "a");
        Files.writeString(directory.resolve("common-etcd-client.crt"), "a certificate");
        Files.createDirectory(directory.resolve("..2026"));
        assertThat(look()).containsExactly("+a", "+b");
        assertThat(look()).isEmpty();
        write(directory.resolve("b"), "c");
        assertThat(look()).containsExactly("~b");
    }

    @Test
    void aFileHasToBeMissingTwice() throws IOException {
        write(directory.resolve("a"), "a");
        look();
        Files.delete(directory.resolve("a"));
        assertThat(look()).isEmpty();
        write(directory.resolve("a"), "a");
        assertThat(look()).isEmpty();
        Files.writeString(directory.resolve("a"), "");
        assertThat(look()).as("it may be being written").isEmpty();
        assertThat(look()).containsExactly("-a");
        write(directory.resolve("a"), "a");
        assertThat(look()).containsExactly("+a");
    }

    @Test
    void linksAreFollowedAsKubernetesSwapsThem() throws IOException {
        Path first = Files.createDirectory(directory.resolve("..first"));
        Path second = Files.createDirectory(directory.resolve("..second"));
        write(first.resolve("a"), "one");
        write(second.resolve("a"), "two");
        write(second.resolve("b"), "b");
        Files.createSymbolicLink(directory.resolve("..data"), first.getFileName());
        Files.createSymbolicLink(directory.resolve("a"), Path.of("..data", "a"));
        Files.createSymbolicLink(directory.resolve("b"), Path.of("..data", "b"));
        assertThat(look()).containsExactly("+a");
        Files.createSymbolicLink(directory.resolve("..data_tmp"), second.getFileName());
        Files.move(
                directory.resolve("..data_tmp"),
                directory.resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        assertThat(look()).containsExactly("~a", "+b");
    }

    @Test
    void aDirectoryThatIsNotThereForAWhileChangesNothing() throws IOException {
        write(directory.resolve("a"), "a");
        look();
        Path away = directory.resolveSibling(directory.getFileName() + "-away");
        Files.move(directory, away);
        assertThat(look()).isEmpty();
        assertThat(look()).isEmpty();
        Files.move(away, directory);
        assertThat(look()).isEmpty();
    }
}
