package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshkeep.server.tls.Pki;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** As {@link EtcdctlAuthTest}, over mutual TLS: who a certificate says one is, and what a password changes of it. */
class EtcdctlTlsTest {
    @TempDir
    Path directory;

    private EtcdctlPair both;

    @BeforeEach
    void start() throws IOException {
        Pki pki = new Pki(directory);
        pki.writeClient("root", "root");
        pki.writeClient("alice", "alice");
        pki.writeClient("stranger", "stranger");
        pki.writeClient("nameless", "");
        both = EtcdctlPair.startTls(pki, "root");
        both.ok(as("root") + "put a/1 v");
        both.ok(as("root") + "put z v");
        both.ok(as("root") + "role add r");
        both.ok(as("root") + "role grant-permission r readwrite a/ --prefix=true");
        both.ok(as("root") + "user add root --no-password");
        both.ok(as("root") + "user add alice --no-password");
        both.ok(as("root") + "user add bob:secret");
        both.ok(as("root") + "role add z");
        both.ok(as("root") + "role grant-permission z readwrite z");
        both.ok(as("root") + "user grant-role alice r");
        both.ok(as("root") + "user grant-role bob z");
        both.ok(as("root") + "auth enable");
    }

    @AfterEach
    void stop() {
        if (both != null) {
            both.close();
        }
    }

    private static String as(String name) {
        return "--cacert={pki}/ca.crt --cert={pki}/" + name + ".crt --key={pki}/" + name + ".key ";
    }

    @Test
    void theCertificateSaysWhoTheUserIs() {
        assertThat(both.ok(as("alice") + "get a/1")).isEqualTo("a/1\nv\n");
        both.ok(as("alice") + "put a/2 w --prev-kv");
        both.ok(as("alice") + "get a/ --prefix");
        both.ok(as("alice") + "del a/2");
        assertThat(both.fails(as("alice") + "get z")).contains("etcdserver: permission denied");
        both.fails(as("alice") + "get a --from-key");
        both.fails(as("alice") + "user list");
        both.ok(as("alice") + "user get alice");
        both.ok(as("alice") + "member list");
        assertThat(both.fails(as("stranger") + "get a/1")).contains("etcdserver: permission denied");
        both.fails(as("stranger") + "put a/1 v");
        both.ok(as("root") + "get z");
        both.ok(as("root") + "user list");
        both.ok(as("root") + "role delete r");
        both.fails(as("alice") + "get a/1");
    }

    /** It is a user whom nobody can add, not somebody who has not said who it is. */
    @Test
    void aCertificateWithoutANameIsNobodys() {
        assertThat(both.fails(as("nameless") + "get a/1")).contains("etcdserver: permission denied");
        assertThat(both.fails(as("nameless") + "put a/1 v")).contains("etcdserver: permission denied");
    }

    @Test
    void aPasswordGoesBeforeTheCertificate() {
        assertThat(both.ok(as("alice") + "--user=bob:secret get z")).isEqualTo("z\nv\n");
        both.ok(as("alice") + "--user=bob:secret put z w");
        assertThat(both.fails(as("alice") + "--user=bob:secret get a/1")).contains("etcdserver: permission denied");
        assertThat(both.fails(as("alice") + "--user=bob:wrong get a/1")).contains("invalid user ID or password");
        both.fails(as("alice") + "--user=alice:any get a/1");
        both.fails(as("root") + "--user=bob:secret user list");
        both.ok(as("stranger") + "--user=bob --password=secret get z");
        both.ok(as("nameless") + "--user=bob:secret get z");
        both.ok(as("root") + "user delete bob");
        both.fails(as("alice") + "--user=bob:secret get z");
    }
}
