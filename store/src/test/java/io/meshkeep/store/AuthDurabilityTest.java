package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Permission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An acknowledged change of users is on disk, whatever happens to the process. */
class AuthDurabilityTest {
    @TempDir
    Path directory;

    private static void change(Store store, AuthChange change) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        store.write(new Command.Auth(change), 64, (result, error) -> {
            if (error == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(error);
            }
        });
        done.join();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }

    @Test
    void usersSurviveACrashAfterEachAnswer() throws IOException {
        List<AuthChange> changes = List.of(
                new AuthChange.UserAdd("root", false, ByteString.copyFromUtf8("hash")),
                new AuthChange.UserGrantRole("root", "root"),
                new AuthChange.RoleAdd("r"),
                new AuthChange.RoleGrantPermission(
                        "r",
                        Permission.newBuilder()
                                .setKey(ByteString.copyFromUtf8("k"))
                                .build()),
                new AuthChange.UserAdd("alice", true, ByteString.EMPTY),
                new AuthChange.UserGrantRole("alice", "r"),
                new AuthChange.Enable(),
                new AuthChange.UserDelete("alice"),
                new AuthChange.Disable());
        Path live = directory.resolve("live");
        try (Store store = Store.open(live, StoreOptions.defaults())) {
            for (int i = 0; i < changes.size(); i++) {
                change(store, changes.get(i));
                AuthState expected = store.snapshot().auth();
                // what the disk holds at this moment is what a killed process leaves
                Path killed = directory.resolve("killed-" + i);
                copy(live, killed);
                try (Store again = Store.open(killed, StoreOptions.defaults())) {
                    AuthState found = again.snapshot().auth();
                    assertThat(found.isEnabled()).isEqualTo(expected.isEnabled());
                    assertThat(found.revision()).isEqualTo(expected.revision());
                    assertThat(found.disabledRevision()).isEqualTo(expected.disabledRevision());
                    assertThat(found.users()).containsExactlyElementsOf(expected.users());
                    assertThat(found.roles()).containsExactlyElementsOf(expected.roles());
                }
            }
        }
    }
}
