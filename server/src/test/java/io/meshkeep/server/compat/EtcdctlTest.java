package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * etcdctl, unchanged, does the same with our server as with an etcd: every command here is given to both, and what it
 * prints and how it ends must be equal but for ids and times. The assertions on top say what a reader should expect.
 */
class EtcdctlTest {
    /** Small enough to be filled in a moment. */
    private static final long QUOTA = 16 << 20;

    private EtcdctlPair both;

    @BeforeEach
    void start() {
        both = EtcdctlPair.start(QUOTA);
    }

    @AfterEach
    void stop() {
        if (both != null) {
            both.close();
        }
    }

    // ---- put and get

    @Test
    void putsAndGets() {
        assertThat(both.ok("put k v")).isEqualTo("OK\n");
        assertThat(both.ok("get k")).isEqualTo("k\nv\n");
        assertThat(both.ok("get absent")).isEmpty();
        both.ok("put k w --prev-kv");
        both.ok("put fresh w --prev-kv");
        both.ok("put k", "from standard input");
        both.ok("put k ''");
        both.ok("get k -w fields");
        both.ok("put -w json k v --prev-kv");
        both.ok("put -w fields k v --prev-kv");
        both.ok("put k --ignore-value");
        both.ok("get k -w json");
        both.ok("put k", "\0\1\177\u00ff");
        both.ok("get k --hex");
        both.ok("get k -w json --hex");
        both.ok("get k -w fields");
    }

    /** Creation, change, version and value each order these keys in another way. */
    private void putsToSort() {
        both.ok("put b 3");
        both.ok("put a 9");
        both.ok("put c 1");
        both.ok("put b 5");
        both.ok("put b 4");
        both.ok("put a 2");
        both.ok("put z/1 x");
    }

    @Test
    void getsWithEveryFlag() {
        putsToSort();
        for (String range : List.of(
                "a", "a c", "a --prefix", "'' --prefix", "'' --from-key", "b --from-key", "c a", "z/ --prefix")) {
            both.ok("get " + range + " -w json");
        }
        for (String target : List.of("CREATE", "KEY", "MODIFY", "VALUE", "VERSION")) {
            for (String order : List.of("", " --order=ASCEND", " --order=DESCEND")) {
                both.ok("get a d --sort-by=" + target + order + " -w json");
                both.ok("get a d --sort-by=" + target + order + " --limit=2 -w json");
            }
        }
        both.ok("get '' --prefix --order=DESCEND -w json");
        for (int limit : List.of(1, 4, 100)) {
            both.ok("get '' --prefix --limit=" + limit + " -w json");
        }
        for (int revision = 1; revision <= 8; revision++) {
            both.ok("get '' --prefix --rev=" + revision + " -w json");
        }
        both.ok("get '' --prefix --rev=4 --limit=1 -w json");
        both.ok("get '' --prefix --consistency=s -w json");
        both.ok("get '' --prefix --consistency=l -w json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "json", "fields"})
    void getsInEveryFormat(String format) {
        putsToSort();
        both.ok("get absent -w " + format);
        both.ok("get '' --prefix -w " + format);
        both.ok("get '' --prefix --limit=2 -w " + format);
        both.ok("get '' --prefix --hex -w " + format);
        both.ok("get '' --prefix --keys-only -w " + format);
        both.ok("get '' --prefix --keys-only --limit=2 -w " + format);
    }

    @Test
    void getsValuesOnly() {
        both.ok("put a 1");
        both.ok("put b 2");
        assertThat(both.ok("get a --prefix --print-value-only")).isEqualTo("1\n");
        assertThat(both.ok("get '' --prefix --print-value-only")).isEqualTo("1\n2\n");
        both.fails("get a --print-value-only -w json");
        both.ok("get a --print-value-only --keys-only");
    }

    @Test
    void refusesPutsAndGets() {
        both.ok("put k v");
        assertThat(both.fails("get k --rev=99")).contains("etcdserver: mvcc: required revision is a future revision");
        assertThat(both.fails("get absent --rev=99")).contains("future revision");
        assertThat(both.fails("put '' v")).contains("etcdserver: key is not provided");
        assertThat(both.fails("get ''")).contains("etcdserver: key is not provided");
        assertThat(both.fails("put absent --ignore-value")).contains("etcdserver: key not found");
        assertThat(both.fails("put absent v --ignore-lease")).contains("etcdserver: key not found");
        both.fails("put k v --ignore-value");
        assertThat(both.fails("put k v --lease=12345")).contains("etcdserver: requested lease not found");
        both.fails("get k --consistency=x");
        both.fails("get k --order=SIDEWAYS");
        both.fails("get k --prefix --from-key");
        both.fails("get");
        assertThat(both.fails("put k", "x".repeat(1_700_000))).contains("etcdserver: request is too large");
        assertThat(both.ok("get k")).isEqualTo("k\nv\n");
    }

    // ---- del

    @ParameterizedTest
    @ValueSource(strings = {"simple", "json", "fields"})
    void deletes(String format) {
        for (String key : List.of("a", "b", "c", "p/1", "p/2", "q/1", "x", "y", "z")) {
            both.ok("put " + key + " of-" + key);
        }
        both.ok("del absent -w " + format);
        both.ok("del a -w " + format);
        both.ok("del a -w " + format);
        both.ok("del b d --prev-kv -w " + format);
        both.ok("del p/ --prefix --prev-kv -w " + format);
        both.ok("del q/ --prefix -w " + format);
        both.ok("del y x -w " + format);
        both.ok("get '' --prefix -w " + format);
        both.ok("del x --from-key --prev-kv -w " + format);
        both.ok("put k v");
        both.ok("del '' --prefix -w " + format);
        both.ok("get '' --prefix -w json");
        both.fails("del '' -w " + format);
        both.fails("del a b --prefix");
    }

    // ---- txn

    @Test
    void commitsTransactions() {
        both.ok("put k v");
        both.ok("put other 1");
        for (String compare : List.of(
                "value(\"k\") = \"v\"",
                "value(\"k\") != \"v\"",
                "value(\"k\") > \"u\"",
                "value(\"k\") < \"u\"",
                "value(\"absent\") = \"\"",
                "mod(\"k\") = \"2\"",
                "mod(\"k\") > \"2\"",
                "create(\"absent\") = \"0\"",
                "create(\"k\") != \"0\"",
                "ver(\"k\") = \"1\"",
                "ver(\"absent\") < \"1\"",
                "value(\"k\") = \"v\"\nmod(\"other\") > \"9\"")) {
            String txn = compare + "\n\nput then yes\nget then\nget k\n\nput otherwise no\nget '' --prefix\n\n";
            both.ok("txn -w json", txn);
        }
        String txn = "value(\"k\") = \"v\"\n\nput k w\nget k\ndel other --prev-kv\ndel absent\n\nput otherwise no\n\n";
        for (String format : List.of("simple", "json", "fields")) {
            both.ok("txn -w " + format, txn);
        }
    }

    @Test
    void commitsTransactionsInteractively() {
        both.ok("put k v");
        assertThat(both.ok("txn -i", "mod(\"k\") > \"0\"\n\nput k w\nget k\ndel absent\n\ndel k\n\n"))
                .contains("compares:", "SUCCESS", "k\nw\n");
        assertThat(both.ok("txn -i", "mod(\"k\") = \"0\"\n\nput k x\n\ndel k --prev-kv\nget k\n\n"))
                .contains("FAILURE");
        both.ok("txn -i", "\n\n\n");
        both.ok("txn -i", "\nget k --rev=2\nput k y\n\n\n");
        both.ok("txn -i", "\ndel k\ndel k\nget k\n\n\n");
        both.fails("txn -i", "nonsense\n\n\n\n");
        both.fails("txn -i", "\nnonsense\n\n\n");
    }

    @Test
    void refusesTransactions() {
        both.ok("put k v");
        assertThat(both.fails("txn", "\nput k 1\nput k 2\n\n\n"))
                .contains("etcdserver: duplicate key given in txn request");
        assertThat(both.fails("txn", "\nput k 1\ndel a z\n\n\n")).contains("duplicate key");
        assertThat(both.fails("txn", "\nget k --rev=99\n\n\n")).contains("future revision");
        assertThat(both.fails("txn", "\nput k 1\nput other 1 --lease=777\n\n\n"))
                .contains("lease not found");
        String puts =
                IntStream.range(0, 129).mapToObj(i -> "put key" + i + " v\n").collect(Collectors.joining());
        assertThat(both.fails("txn", "\n" + puts + "\n\n")).contains("etcdserver: too many operations in txn request");
        assertThat(both.ok("get '' --prefix -w json")).contains("\"revision\":2,");
    }

    // ---- watch

    @ParameterizedTest
    @ValueSource(strings = {"simple", "json", "fields"})
    void watchesFromAPastRevision(String format) {
        both.ok("put w/1 a");
        both.ok("put w/1 b");
        both.ok("put elsewhere x");
        both.ok("del w/1");
        both.ok("put w/2 c");
        both.ok("del '' --prefix");
        both.ok("put w/end END");
        String end = format.equals("json") ? "RU5E" : "END";
        // One response may hold several revisions, and of its header only the ids are promised: see
        // docs/compatibility.md. So the forms that show the response are asked for one revision.
        if (format.equals("simple")) {
            for (String watch :
                    List.of("w/ --prefix --rev=1", "w/ --prefix --rev=4", "'' --prefix --rev=2", "w/1 x --rev=2")) {
                both.start("watch " + watch).awaitOutput(end).stop();
                both.start("watch " + watch + " --prev-kv").awaitOutput(end).stop();
            }
        }
        both.start("watch w/end --rev=2 -w " + format).awaitOutput(end).stop();
        both.start("watch w/end --rev=8 --prev-kv -w " + format)
                .awaitOutput(end)
                .stop();
    }

    @ParameterizedTest
    @ValueSource(strings = {"simple", "json", "fields"})
    void watchesFromNowOn(String format) {
        both.ok("put w/1 before");
        EtcdctlPair.Running key = both.start("watch w/1 -w " + format);
        EtcdctlPair.Running prefix = both.start("watch w/ --prefix --prev-kv -w " + format);
        awaitWatchers(2);
        String key1 = format.equals("json") ? "dy8x" : "w/1";
        String end = format.equals("json") ? "RU5E" : "END";
        both.ok("put w/1 a");
        key.awaitOutput(key1);
        prefix.awaitOutput(key1);
        both.ok("put w/2 b");
        both.ok("put elsewhere b");
        both.ok("del w/2");
        both.ok("txn", "\nput w/3 c\nput w/4 c\nput elsewhere c\ndel w/1\n\n\n");
        both.ok("del w/ --prefix");
        both.ok("put w/1 END");
        key.awaitOutput(end);
        prefix.awaitOutput(end);
        key.stop();
        prefix.stop();
    }

    @Test
    void watchesInteractively() {
        both.ok("put a before");
        EtcdctlPair.Running watch = both.start("watch -i");
        watch.type("watch a").type("progress").awaitOutput("progress notify: 2\n");
        both.ok("put a 1");
        watch.awaitOutput("a\n1\n");
        watch.type("watch b c --prev-kv").type("progress").awaitOutput("progress notify: 3\n");
        both.ok("put b 1");
        both.ok("put b 2");
        watch.awaitOutput("b\n2\n");
        watch.type("watch a --rev=2").awaitOutput("before");
        // three watches are up to date: one answer, told to each
        watch.type("progress").awaitOutput("progress notify: 5\n");
        assertThat(watch.stop().out()).contains("PUT\na\n1\n", "PUT\nb\n1\nb\n2\n");
    }

    @Test
    void endsAnInteractiveWatchOnNonsense() {
        assertThat(both.fails("watch -i", "nonsense\n")).contains("nonsense");
        both.fails("watch -i", "");
    }

    @Test
    void runsACommandForEachEvent() {
        EtcdctlPair.Running watch = both.start(
                "watch k -- printenv ETCD_WATCH_REVISION ETCD_WATCH_EVENT_TYPE ETCD_WATCH_KEY ETCD_WATCH_VALUE");
        awaitWatchers(1);
        both.ok("put k v");
        watch.awaitOutput("2\n\"PUT\"\n\"k\"\n\"v\"\n");
        both.ok("del k");
        watch.awaitOutput("3\n\"DELETE\"\n\"k\"\n\"\"\n");
        watch.stop();
    }

    @Test
    void cancelsAWatchOfACompactedRevision() {
        for (int i = 0; i < 5; i++) {
            both.ok("put k " + i);
        }
        both.ok("compaction 5");
        assertThat(both.fails("watch k --rev=2"))
                .contains("watch was canceled (etcdserver: mvcc: required revision has been compacted)");
        EtcdctlPair.Running atIt = both.start("watch k --rev=5").awaitOutput("k\n4\n");
        assertThat(atIt.stop().out()).isEqualTo("PUT\nk\n3\nPUT\nk\n4\n");
    }

    private void awaitWatchers(int watchers) {
        for (Target target : List.of(both.etcd(), both.meshkeep())) {
            await().pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(10))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> target.watchers() == watchers);
        }
    }

    // ---- lease

    @Test
    void grantsAndRevokesLeases() {
        both.grant(1000);
        assertThat(both.ok("lease timetolive {lease1}"))
                .isEqualTo("lease {lease1} granted with TTL(1000s), remaining({nearly 1000}s)\n");
        both.ok("put k v --lease={lease1}");
        both.ok("get k -w json");
        for (String format : List.of("simple", "json", "fields")) {
            both.ok("lease timetolive {lease1} --keys -w " + format);
            both.ok("lease timetolive {lease1} -w " + format);
            both.ok("lease list -w " + format);
            both.ok("lease keep-alive {lease1} --once -w " + format);
        }
        both.ok("put k w --ignore-lease");
        both.ok("get k -w fields");
        // without a lease the key leaves the one that it had
        both.ok("put k x");
        assertThat(both.ok("lease timetolive {lease1} --keys")).contains("attached keys([])");
        both.ok("put k y --lease={lease1}");
        both.grant(2000);
        assertThat(both.ok("lease list")).isEqualTo("found 2 leases\n{lease1}\n{lease2}\n");
        both.ok("put k z --lease={lease2}");
        assertThat(both.ok("lease revoke {lease1}")).isEqualTo("lease {lease1} revoked\n");
        assertThat(both.ok("get k")).isEqualTo("k\nz\n");
        both.ok("lease revoke {lease2} -w json");
        assertThat(both.ok("get k")).isEmpty();
        assertThat(both.ok("lease timetolive {lease2}")).isEqualTo("lease {lease2} already expired\n");
        both.ok("lease timetolive {lease2} -w json");
        assertThat(both.fails("lease revoke {lease2}")).contains("etcdserver: requested lease not found");
        both.fails("lease keep-alive {lease2} --once");
        assertThat(both.ok("lease keep-alive {lease2}")).isEqualTo("lease {lease2} expired or revoked.\n");
        assertThat(both.fails("lease grant 9000000001")).contains("etcdserver: too large lease TTL");
        both.fails("lease grant many");
        both.fails("lease revoke nonsense");
    }

    @Test
    void endsALeaseThatNobodyKeepsAlive() {
        EtcdctlPair.Running watch = both.start("watch k --prev-kv");
        awaitWatchers(1);
        // raised to the least, which is two seconds
        both.grant(1);
        both.ok("put k v --lease={lease1}");
        assertThat(watch.awaitOutput("DELETE").stop().out()).isEqualTo("PUT\nk\nv\nDELETE\nk\nv\nk\n\n");
        assertThat(both.ok("get k")).isEmpty();
        assertThat(both.ok("lease list")).isEqualTo("found 0 leases\n");
    }

    @Test
    void keepsALeaseAlive() {
        both.grant(2);
        both.ok("put k v --lease={lease1}");
        String kept = "lease {lease1} keepalived with TTL(2)\n";
        EtcdctlPair.Running keeping = both.start("lease keep-alive {lease1}");
        // four rounds, a second apart, take longer than the lease would live
        keeping.awaitOutput(kept.repeat(4));
        assertThat(both.ok("get k")).isEqualTo("k\nv\n");
        both.ok("lease revoke {lease1}");
        assertThat(keeping.awaitLast("lease {lease1} expired or revoked.\n")).startsWith(kept);
    }

    // ---- compaction

    @Test
    void compacts() {
        for (int i = 0; i < 8; i++) {
            both.ok("put k " + i);
        }
        assertThat(both.ok("compaction 3")).isEqualTo("compacted revision 3\n");
        assertThat(both.fails("compaction 3")).contains("etcdserver: mvcc: required revision has been compacted");
        both.fails("compaction 2");
        assertThat(both.fails("compaction 99")).contains("etcdserver: mvcc: required revision is a future revision");
        assertThat(both.fails("get k --rev=2")).contains("required revision has been compacted");
        assertThat(both.fails("get absent --rev=2")).contains("required revision has been compacted");
        assertThat(both.ok("get k --rev=3")).isEqualTo("k\n1\n");
        both.ok("compaction 5 --physical");
        both.fails("get k --rev=4");
        both.ok("get k --rev=5");
        both.ok("get k");
        both.fails("compaction nonsense");
        both.fails("compaction");
    }

    // ---- cluster and maintenance

    @ParameterizedTest
    @ValueSource(strings = {"simple", "json", "fields", "table"})
    void tellsOfTheCluster(String format) {
        both.ok("put k v");
        both.ok("endpoint status -w " + format);
        both.ok("endpoint status --cluster -w " + format);
        both.ok("endpoint health -w " + format);
        both.ok("endpoint health --cluster -w " + format);
        both.ok("member list -w " + format);
    }

    @Test
    void raisesAndDisarmsTheSpaceAlarm() {
        both.ok("put k v");
        // what a server takes from the disk is its own affair, so they are full after different numbers of puts
        both.fill("fill/");
        // the other forms show a header, which etcd 3.4 leaves out and later ones do not
        assertThat(both.ok("alarm list")).isEqualTo("memberID:{member} alarm:NOSPACE \n");
        assertThat(both.ok("endpoint status")).contains("memberID:{member} alarm:NOSPACE ");
        both.ok("endpoint status -w table");
        assertThat(both.fails("put k w")).contains("etcdserver: mvcc: database space exceeded");
        both.fails("lease grant 100");
        both.fails("txn", "mod(\"k\") = \"0\"\n\nput k w\n\nget k\n\n");
        both.ok("txn", "\nget k\ndel absent\n\n\n");
        both.ok("get k");
        both.reclaim("fill/");
        both.fails("put k w");
        assertThat(both.ok("alarm disarm")).isEqualTo("memberID:{member} alarm:NOSPACE \n");
        both.ok("alarm disarm");
        assertThat(both.ok("alarm list")).isEmpty();
        both.ok("put k w");
        both.ok("put k", "x".repeat(1 << 20));
    }

    // ---- what is built from these

    @Test
    void locks() {
        assertThat(both.ok("lock l -- env")).contains("ETCD_LOCK_KEY=l/{lease}", "ETCD_LOCK_REV=2");
        both.ok("get l/ --prefix");
        EtcdctlPair.Running holder = both.start("lock l --ttl=60").awaitOutput("l/");
        EtcdctlPair.Running waiter = both.start("lock l");
        // the waiter watches the holder's key
        awaitWatchers(1);
        both.ok("get l/ --prefix");
        holder.stop();
        waiter.awaitOutput("l/");
        waiter.stop();
        both.ok("get l/ --prefix");
    }

    @Test
    void elects() {
        EtcdctlPair.Running leader = both.start("elect e first").awaitOutput("first");
        EtcdctlPair.Running listener = both.start("elect -l e").awaitOutput("first");
        EtcdctlPair.Running second = both.start("elect e second");
        // the candidate watches the leader's key, the listener the election
        awaitWatchers(2);
        leader.stop();
        second.awaitOutput("second");
        listener.awaitOutput("second");
        listener.stop();
        second.stop();
        both.ok("get e/ --prefix");
    }

    @Test
    void mirrorsToAnother() {
        try (EtcdTarget anotherEtcd = EtcdTarget.start();
                MeshkeepTarget anotherMeshkeep = MeshkeepTarget.start()) {
            both.name("{another}", anotherEtcd, anotherMeshkeep);
            mirror("make-mirror {another}", "{another}", "");
        }
    }

    /** Each server mirrors to one of the other kind. */
    @Test
    void mirrorsAcross() {
        try (EtcdTarget anotherEtcd = EtcdTarget.start();
                MeshkeepTarget anotherMeshkeep = MeshkeepTarget.start()) {
            both.name("{another}", anotherMeshkeep, anotherEtcd);
            mirror("make-mirror {another}", "{another}", "");
        }
    }

    @Test
    void mirrorsToItself() {
        mirror("make-mirror --prefix=src/ --dest-prefix=copy/ {endpoint}", "{endpoint}", "copy/");
    }

    private void mirror(String command, String destination, String prefix) {
        both.ok("put src/1 a");
        both.ok("put src/2 b");
        both.ok("put src/2 c");
        both.ok("del src/1");
        EtcdctlPair.Running mirror = both.start(command);
        String first = prefix.isEmpty() ? "src/2" : prefix + "2";
        String last = prefix.isEmpty() ? "src/end" : prefix + "end";
        String get = "get --endpoints=" + destination + " ";
        both.awaitOk(get + first + " --print-value-only", "c\n");
        awaitWatchers(1);
        both.ok("put src/3 d");
        both.ok("txn", "\nput src/4 e\nput src/5 f\ndel src/3\n\n\n");
        both.ok("put src/end END");
        both.awaitOk(get + last + " --print-value-only", "END\n");
        assertThat(both.ok(get + "'' --prefix")).contains("END");
        mirror.stop();
    }
}
