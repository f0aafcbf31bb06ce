package io.meshkeep.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PasswordsTest {
    private final Passwords passwords = new Passwords("test", 4);

    @AfterEach
    void close() {
        passwords.close();
    }

    private ByteString hash(String password) {
        CompletableFuture<ByteString> hash = new CompletableFuture<>();
        passwords.hash(password, hash::complete, hash::completeExceptionally);
        return hash.join();
    }

    private boolean verify(String password, ByteString hash) {
        CompletableFuture<Boolean> right = new CompletableFuture<>();
        passwords.verify(password, hash, right::complete, right::completeExceptionally);
        return right.join();
    }

    /** The lengths around which a zero byte at the end does or does not count. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 70, 71, 72})
    void aPasswordMatchesItsHashAlone(int length) {
        String password = "p".repeat(length);
        ByteString hash = hash(password);
        assertThat(hash.toStringUtf8()).startsWith("$2a$04$").hasSize(60);
        assertThat(verify(password, hash)).isTrue();
        assertThat(verify(length == 0 ? "q" : password.substring(1) + "q", hash))
                .isFalse();
        assertThat(verify(length == 0 ? "q" : password.substring(1), hash)).isFalse();
    }

    /** The vector is that of the tests of golang.org/x/crypto/bcrypt, whose hashes etcd stores. */
    @Test
    void aHashOfGosIsUnderstood() {
        ByteString hash = ByteString.copyFromUtf8("$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga");
        assertThat(verify("allmine", hash)).isTrue();
        assertThat(verify("allmin", hash)).isFalse();
    }

    @Test
    void equalPasswordsHaveDifferentHashes() {
        assertThat(hash("x")).isNotEqualTo(hash("x"));
    }

    @Test
    void whatIsNoHashMatchesNothing() {
        assertThat(verify("", ByteString.EMPTY)).isFalse();
        assertThat(verify("x", ByteString.copyFromUtf8("$2a$04$short"))).isFalse();
        assertThat(verify("x", ByteString.copyFrom(new byte[60]))).isFalse();
    }

    @Test
    void anUnknownUserCostsAsMuchAsAWrongPassword() {
        ByteString hash = hash("right");
        long before = passwords.evaluations();
        assertThat(verify("wrong", hash)).isFalse();
        long wrong = passwords.evaluations() - before;
        assertThat(verify("wrong", null)).isFalse();
        assertThat(passwords.evaluations() - before - wrong).isEqualTo(wrong).isEqualTo(1);
    }

    @Test
    void aLongerPasswordIsRefusedInGosWords() {
        assertThatThrownBy(() -> Passwords.check("p".repeat(73)))
                .hasMessage("bcrypt: password length exceeds 72 bytes");
    }
}
