package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** As {@link EtcdctlTest}: users, roles and {@code --user}. Where etcd 3.4 lets through what it should not is left out. */
class EtcdctlAuthTest {
    private EtcdctlPair both;

    @BeforeEach
    void start() {
        both = EtcdctlPair.start(0);
    }

    @AfterEach
    void stop() {
        if (both != null) {
            both.close();
        }
    }

    @Test
    void managesRoles() {
        both.ok("role add r");
        both.fails("role add r");
        both.ok("role grant-permission r read a m");
        both.ok("role grant-permission r readwrite c/ --prefix=true");
        both.ok("role grant-permission r write z");
        both.ok("role grant-permission r read x --from-key=true");
        both.ok("role grant-permission r write a m");
        both.fails("role grant-permission r nonsense a");
        both.fails("role grant-permission missing read a");
        assertThat(both.ok("role get r")).contains("[a, m)", "[c/, c0) (prefix c/)", "[x, <open ended>");
        both.ok("role get r -w json");
        both.fails("role get missing");
        both.ok("role revoke-permission r a m");
        both.fails("role revoke-permission r a m");
        both.ok("role get r");
        both.ok("role list");
        both.ok("role list -w json");
        both.ok("role delete r");
        both.fails("role delete r");
    }

    @Test
    void managesUsers() {
        both.ok("role add r");
        both.ok("user add alice:secret");
        both.fails("user add alice:secret");
        both.ok("user add bob --no-password");
        both.ok("user add carol --interactive=false", "typed\n");
        both.ok("user grant-role alice r");
        both.ok("user grant-role alice r");
        both.fails("user grant-role alice missing");
        both.fails("user grant-role missing r");
        both.ok("user get alice");
        both.ok("user get alice --detail");
        both.fails("user get missing");
        both.ok("user list");
        both.ok("user list -w json");
        both.ok("user revoke-role alice r");
        both.fails("user revoke-role alice r");
        both.ok("user delete alice");
        both.fails("user delete alice");
        both.fails("user passwd alice --interactive=false", "new\n");
    }

    @Test
    void checksWhoLogsIn() {
        both.ok("put a/1 v");
        both.ok("put z v");
        both.ok("role add r");
        both.ok("role grant-permission r read a --prefix=true");
        both.ok("role grant-permission r readwrite a/ --prefix=true");
        both.ok("user add root:pw");
        both.ok("user add alice:secret");
        both.ok("user add bob --no-password");
        both.ok("user grant-role alice r");
        // etcdctl gives root its role by itself
        assertThat(both.ok("auth enable")).isEqualTo("Authentication Enabled\n");

        assertThat(both.fails("get a/1")).contains("etcdserver: user name is empty");
        both.fails("put a/1 v");
        both.fails("user list");
        assertThat(both.fails("--user=alice:wrong get a/1")).contains("invalid user ID or password");
        both.fails("--user=nobody:x get a/1");
        both.fails("--user=bob:x get a/1");
        assertThat(both.ok("--user=alice:secret get a/1")).isEqualTo("a/1\nv\n");
        both.ok("--user=alice:secret get a --prefix");
        both.ok("--user=alice --password=secret put a/2 w --prev-kv");
        assertThat(both.fails("--user=alice:secret get z")).contains("etcdserver: permission denied");
        both.fails("--user=alice:secret get a z");
        both.fails("--user=alice:secret get a --from-key");
        both.fails("--user=alice:secret put ab v");
        both.fails("--user=alice:secret del a --prefix");
        both.ok("--user=alice:secret del a/2 --prev-kv");
        both.fails("--user=alice:secret txn", "value(\"z\") = \"v\"\n\nput a/1 x\n\n\n");
        both.fails("--user=alice:secret txn", "\nput a/1 x\n\nput z x\n\n");
        both.ok("--user=alice:secret txn", "value(\"a/1\") = \"v\"\n\nput a/1 x\n\nget a/1\n\n");
        both.fails("--user=alice:secret user list");
        both.ok("--user=alice:secret user get alice");
        both.ok("--user=alice:secret role get r");
        both.fails("--user=alice:secret user get root");
        both.ok("--user=alice:secret endpoint health");
        both.ok("--user=alice:secret member list");
        both.fails("--user=alice:secret auth disable");

        both.fails("--user=root:pw user delete root");
        both.fails("--user=root:pw user revoke-role root root");
        both.fails("--user=root:pw role delete root");
        both.ok("--user=root:pw user passwd alice --interactive=false", "new\n");
        both.fails("--user=alice:secret get a/1");
        both.ok("--user=alice:new get a/1");
        both.ok("--user=root:pw role revoke-permission r a/ --prefix=true");
        both.fails("--user=alice:new put a/1 v");
        both.ok("--user=root:pw role delete r");
        both.fails("--user=alice:new get a/1");
        both.ok("--user=root:pw user delete alice");
        both.fails("--user=alice:new get a/1");
        both.ok("--user=root:pw auth enable");
        both.ok("--user=root:pw auth disable");
        both.ok("get a/1");
        both.ok("user list");
    }
}
