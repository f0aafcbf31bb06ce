package io.meshkeep.server.crash;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.meshkeep.proto.ResponseHeader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;

/**
 * One server's data through many lives: in each the server starts, all that it holds is checked, clients work with it,
 * and it is killed.
 */
final class Campaign {
    private static final int WRITERS = 12;
    private static final int READERS = 2;
    private static final int MOST_ANSWERS = 1500;
    private static final Duration MOST_WORK = Duration.ofSeconds(10);

    /** How a life ends. */
    private enum End {
        /** {@code kill -9} within the first moments under load. */
        SOON,
        /** {@code kill -9} when leases have begun to end. */
        LATE,
        /** {@code kill -9} while it starts. */
        STARTING,
        /** An orderly stop, which must not lose anything either. */
        STOP
    }

    private final Random random;
    private final Path dataDir;
    private final History history = new History();
    private final List<Follower> followers = new ArrayList<>();
    /** A watcher of the last life only. */
    private Follower visitor;

    private int life;
    private End end = End.SOON;

    /** Header of the last life's answers, and how often the server was started since without getting ready. */
    private ResponseHeader identity;

    private int startsWithoutAnswer;

    private Observations seen = new Observations(1);
    private Map<Long, String> leases = new TreeMap<>();
    private long compacted = -1;
    private long compactionSent = -1;
    private long answers;

    Campaign(Random random, Path dataDir) {
        this.random = random;
        this.dataDir = dataDir;
        followers.add(new Follower("the watcher of everything", "", 2, false, true));
        followers.add(new Follower("the watcher of a writer", "w1/", 2, false, false));
        followers.add(new Follower("the watcher of deletes", "w2/", 2, true, true));
        followers.add(new Follower("the watcher of ending leases", LeaseHolder.PREFIX, 2, true, false));
        followers.add(new Follower("the watcher from now on", Writer.SHARED, 0, false, true));
    }

    /** Where the campaign stands, for messages. */
    @Override
    public String toString() {
        return "life " + life + " (to be ended: " + end + "), history up to revision " + history.last() + ", compacted "
                + compacted + ", " + answers + " answers";
    }

    /** Runs the server until it has been killed so many times, and once more to see what is left. */
    void run(int kills) throws InterruptedException {
        for (int killed = 0; killed < kills; life++) {
            end = nextEnd();
            if (end == End.STARTING) {
                killWhileStarting();
            } else {
                live();
            }
            killed += end == End.STOP ? 0 : 1;
        }
        finish();
    }

    private End nextEnd() {
        int kind = random.nextInt(100);
        return life == 0 ? End.SOON : kind < 12 ? End.LATE : kind < 26 ? End.STARTING : kind < 32 ? End.STOP : End.SOON;
    }

    long answers() {
        return answers;
    }

    History history() {
        return history;
    }

    private void killWhileStarting() throws InterruptedException {
        try (ServerProcess server = ServerProcess.on(dataDir).launch()) {
            Thread.sleep(100 + random.nextInt(900));
            startsWithoutAnswer++;
            server.kill();
        }
    }

    private void live() throws InterruptedException {
        try (ServerProcess server = ServerProcess.on(dataDir).start()) {
            ManagedChannel writes = server.channel();
            ManagedChannel reads = server.channel();
            try {
                audit(reads);
                work(server, writes, reads);
            } finally {
                writes.shutdownNow();
                reads.shutdownNow();
            }
        }
    }

    // ---- after a start

    private void audit(Channel channel) throws InterruptedException {
        Audit audit = new Audit(channel, history);
        ResponseHeader header = audit.header();
        checkIdentity(header);
        long newest = header.getRevision();
        Retained retained = audit.retained(newest);
        compactionSent = Math.max(compactionSent, seen.compactionSent());
        assertThat(retained.compacted())
                .as("the compacted revision")
                .isBetween(Math.max(compacted, seen.compactionDone()), compactionSent);
        compacted = retained.compacted();
        Set<Operation> applied = audit.checkEvents(retained, newest, seen);
        audit.checkKeys(compacted, random);
        leases = audit.checkLeases(leases, seen, applied);
        for (Follower follower : watching()) {
            follower.check(history, compactionSent);
        }
    }

    private List<Follower> watching() {
        List<Follower> all = new ArrayList<>(followers);
        if (visitor != null) {
            all.add(visitor);
        }
        return all;
    }

    private void checkIdentity(ResponseHeader header) {
        if (identity != null) {
            assertThat(header.getClusterId()).as("cluster_id").isEqualTo(identity.getClusterId());
            assertThat(header.getMemberId()).as("member_id").isEqualTo(identity.getMemberId());
            assertThat(header.getRaftTerm())
                    .as("raft_term, with %d starts cut short", startsWithoutAnswer)
                    .isBetween(identity.getRaftTerm() + 1, identity.getRaftTerm() + 1 + startsWithoutAnswer);
        }
        identity = header;
        startsWithoutAnswer = 0;
    }

    // ---- under load

    private void work(ServerProcess server, Channel writes, Channel reads) throws InterruptedException {
        seen = new Observations(history.last());
        long from = Math.max(Math.max(2, compacted), history.last() - random.nextInt(3000));
        visitor = new Follower("a watcher that comes late", "", from, false, random.nextBoolean());
        List<Follower> watching = watching();
        long needed = watching.stream().mapToLong(Follower::position).min().orElseThrow();
        List<Runnable> clients = clients(writes, reads, Math.min(needed, history.last()));
        ExecutorService threads = Executors.newFixedThreadPool(clients.size());
        try {
            watching.forEach(follower -> follower.open(reads, seen));
            clients.forEach(threads::execute);
            awaitMoment();
            seen.end();
            if (end == End.STOP) {
                assertThat(server.terminate()).as("exit status after SIGTERM").isZero();
            } else {
                server.kill();
            }
        } finally {
            seen.end();
            threads.shutdown();
        }
        assertThat(threads.awaitTermination(60, SECONDS)).as("the clients' end").isTrue();
        for (Follower follower : watching) {
            follower.awaitEnd();
        }
        answers += seen.answers();
        assertThat(seen.violations()).isEmpty();
    }

    /** Lets the clients work until a random moment: after so many answers, since machines differ in speed. */
    private void awaitMoment() throws InterruptedException {
        if (end == End.LATE) {
            Thread.sleep(2000 + random.nextInt(900));
            return;
        }
        long deadline = System.nanoTime() + MOST_WORK.toNanos();
        int answersBefore = random.nextInt(MOST_ANSWERS);
        while (seen.answers() < answersBefore && seen.violations().isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(1);
        }
        Thread.sleep(0, random.nextInt(1_000_000));
    }

    private List<Runnable> clients(Channel writes, Channel reads, long compactionLimit) {
        List<Runnable> clients = new ArrayList<>();
        List<String> prefixes = new ArrayList<>(List.of(Writer.SHARED, LeaseHolder.PREFIX));
        for (int i = 0; i < WRITERS; i++) {
            String prefix = "w" + i + "/";
            prefixes.add(prefix);
            List<Long> own = leases.entrySet().stream()
                    .filter(lease -> lease.getValue().equals(prefix))
                    .map(Map.Entry::getKey)
                    .toList();
            clients.add(new Writer(prefix + life, nextRandom(), seen, writes, history, own));
        }
        IntStream.range(0, READERS).forEach(i -> clients.add(new Reader(nextRandom(), seen, reads, prefixes)));
        clients.add(new LeaseHolder(nextRandom(), seen, writes));
        clients.add(new Janitor(nextRandom(), seen, reads, compacted, compactionLimit));
        return clients;
    }

    private Random nextRandom() {
        return new Random(random.nextLong());
    }

    // ---- the end

    /** Two lives without load: in one the watchers get what is left for them, the other shows what remains. */
    private void finish() throws InterruptedException {
        end = End.STOP;
        visitor = null;
        try (ServerProcess server = ServerProcess.on(dataDir).start()) {
            ManagedChannel channel = server.channel();
            try {
                audit(channel);
                seen = new Observations(history.last());
                for (Follower follower : followers) {
                    follower.open(channel, seen);
                    follower.awaitTold(history);
                }
                seen.end();
                assertThat(server.terminate()).as("exit status after SIGTERM").isZero();
                for (Follower follower : followers) {
                    follower.awaitEnd();
                }
                assertThat(seen.violations()).isEmpty();
            } finally {
                channel.shutdownNow();
            }
        }
        try (ServerProcess server = ServerProcess.on(dataDir).start()) {
            ManagedChannel channel = server.channel();
            try {
                audit(channel);
            } finally {
                channel.shutdownNow();
            }
        }
    }
}
