package io.meshkeep.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.meshkeep.store.AuthUser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsersFileTest {
    private static final Set<String> ALWAYS = Set.of("root", "admin-here", "local-here", "remote");

    @TempDir
    Path directory;

    private AuthServer server;
    private UsersFile following;

    @BeforeEach
    void start() {
        server = new AuthServer(directory.resolve("data"));
        server.change(CiliumUsers.forCluster("here", false));
    }

    @AfterEach
    void stop() {
        following.close();
        server.close();
    }

    /** As Kubernetes mounts a ConfigMap: the file is a link into a folder that is a link, which is swapped. */
    private Path mount(String version, String... users) throws IOException {
        Path mount = Files.createDirectories(directory.resolve("mount"));
        Path folder = Files.createDirectories(mount.resolve(".." + version));
        StringBuilder yaml = new StringBuilder("users:\n");
        for (String user : users) {
            yaml.append("- name: ").append(user).append("\n  role: remote\n");
        }
        Files.writeString(folder.resolve("users.yaml"), yaml);
        Path next = mount.resolve("..data_tmp");
        Files.createSymbolicLink(next, folder.getFileName());
        Files.move(
                next,
                mount.resolve("..data"),
                java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Path file = mount.resolve("users.yaml");
        if (Files.notExists(file)) {
            Files.createSymbolicLink(file, Path.of("..data", "users.yaml"));
        }
        return file;
    }

    private void awaitUsers(String... listed) {
        Set<String> expected = new java.util.TreeSet<>(ALWAYS);
        expected.addAll(Set.of(listed));
        await().untilAsserted(() -> assertThat(server.store().snapshot().auth().users().stream()
                        .map(AuthUser::name)
                        .collect(Collectors.toSet()))
                .isEqualTo(expected));
    }

    @Test
    void usersFollowTheFile() throws IOException {
        Path file = mount("1", "remote-one", "remote-two");
        following = UsersFile.follow(server.store(), file, "test");
        awaitUsers("remote-one", "remote-two");
        assertThat(server.store().snapshot().auth().user("remote-one").roles()).containsExactly("remote");
        mount("2", "remote-two", "remote-three");
        awaitUsers("remote-two", "remote-three");
        following.close();
        mount("3");
        server.restart();
        // the file was emptied while nobody looked
        following = UsersFile.follow(server.store(), file, "test");
        awaitUsers();
    }

    @Test
    void aBrokenFileChangesNothing() throws IOException {
        Path file = mount("1", "remote-one");
        following = UsersFile.follow(server.store(), file, "test");
        awaitUsers("remote-one");
        long revision = server.store().snapshot().auth().revision();
        Path broken = Files.writeString(directory.resolve("broken"), "users: {");
        following.close();
        following = UsersFile.follow(server.store(), broken, "test");
        // it is replaced by a good one, so that there is something to wait for
        Files.writeString(broken, "users: [{name: remote-one, role: remote}, {name: remote-two, role: missing}]");
        Files.writeString(broken, "users: [{name: remote-one, role: remote}, {name: remote-new, role: remote}]");
        awaitUsers("remote-one", "remote-new");
        assertThat(server.store().snapshot().auth().revision()).isEqualTo(revision + 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "users: 1",
                "- a",
                "users: [a]",
                "users: [{name: a}]",
                "users: [{name: a, role: 1}]",
                "users: [{name: a, role: r}, {name: a, role: s}]",
                "users: [{name: '', role: r}]",
                "user: []"
            })
    void whatIsNoListOfUsersIsRefused(String yaml) {
        following = UsersFile.follow(server.store(), directory.resolve("missing"), "test");
        assertThatThrownBy(() -> UsersFile.parse(yaml.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anEmptyListIsAList() {
        following = UsersFile.follow(server.store(), directory.resolve("missing"), "test");
        assertThat(UsersFile.parse("users:\n".getBytes(StandardCharsets.UTF_8))).isEmpty();
        assertThat(UsersFile.parse("users:\n- name: a\n  role: r\n".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(Map.of("a", "r"));
    }
}
