package io.meshkeep.loadtest.index;

import com.google.protobuf.ByteString;
import io.meshkeep.loadtest.mesh.MeshChange;
import io.meshkeep.loadtest.mesh.MeshGenerator;
import io.meshkeep.loadtest.mesh.MeshShape;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.store.Command;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * CPU time of a commit, with the index and without it, at a steady rate of writes: what the store's threads spend from a
 * queued command to its answer. It leaves out what a server does besides (HTTP/2, decoding, encoding, watches), so the
 * share of a server's CPU is smaller; and RocksDB's and the collector's threads. Nothing is synced: what a sync costs is
 * the disk's affair, and without it every write is a commit of its own, the dearest case for an index. Stores with and
 * without the index run in turn, so that a machine that gets slower or faster does it to both.
 *
 * @param asks how often in a second somebody asks for the index meanwhile, whose time for it counts too
 * @param withIndex CPU microseconds of a write with the index
 * @param without CPU microseconds of a write without it
 */
record CommitShare(int keys, int rate, int asks, double withIndex, double without) {
    private static final int ROUNDS = 2;
    private static final int KEYS_PER_LEASE = 1000;

    /** Filling a store takes nothing out of it: changes enough that what does is compiled as in a server of some days. */
    private static final int WARM_UP = 200_000;

    double share() {
        return (withIndex - without) / withIndex;
    }

    String json() {
        return IndexCommand.format(
                "{\"op\":\"commit\",\"keys\":%d,\"rate\":%d,\"asks\":%d,\"us_with_index\":%.2f,\"us_without\":%.2f,"
                        + "\"share\":%.4f}",
                keys, rate, asks, withIndex, without, share());
    }

    /** @param asks several ways to ask, measured one after the other */
    static List<CommitShare> measure(MeshShape shape, int seconds, int rate, int[] asks, PrintStream out)
            throws IOException, InterruptedException {
        List<CommitShare> shares = new ArrayList<>();
        try (Run with = new Run(shape, true);
                Run without = new Run(shape, false)) {
            with.warmUp();
            without.warmUp();
            for (int each : asks) {
                double withNanos = 0;
                double withoutNanos = 0;
                for (int round = 0; round < ROUNDS; round++) {
                    withNanos += with.write(rate, seconds, each);
                    withoutNanos += without.write(rate, seconds, 0);
                    withoutNanos += without.write(rate, seconds, 0);
                    withNanos += with.write(rate, seconds, each);
                }
                CommitShare share = new CommitShare(
                        shape.keys(), rate, each, withNanos / ROUNDS / 2e3, withoutNanos / ROUNDS / 2e3);
                shares.add(share);
                out.println(IndexCommand.format(
                        "commits with %,d keys at %,d writes/s, the index asked for %d times/s: %.1f us of CPU a write "
                                + "with the index, %.1f without: %.1f%% for the index",
                        share.keys, rate, each, share.withIndex, share.without, 100 * share.share()));
            }
            return shares;
        }
    }

    /** One store, filled. */
    private static final class Run implements AutoCloseable {
        private final Path directory;
        private final Store store;
        private final MeshGenerator generator;
        private final Semaphore open = new Semaphore(2000);
        private final String name;
        private int written;

        Run(MeshShape shape, boolean index) throws IOException {
            name = index ? "with" : "without";
            directory = Files.createTempDirectory("bench-index");
            store = Store.open(
                    name,
                    directory,
                    StoreOptions.builder().unsafeNoSync(true).meshIndex(index).build(),
                    Store.Observer.NONE);
            generator = new MeshGenerator(shape, 1, true);
            for (int lease = 1; lease <= shape.keys() / KEYS_PER_LEASE + 1; lease++) {
                submit(new Command.LeaseGrant(lease, 86_400));
            }
            generator.fill(this::apply);
            settle();
        }

        private void apply(MeshChange change) {
            ByteString key = ByteString.copyFromUtf8(change.key());
            if (change.value() == null) {
                submit(new Command.DeleteRange(
                        DeleteRangeRequest.newBuilder().setKey(key).build()));
            } else {
                long lease = store.snapshot().leaseCount() == 0
                        ? 0
                        : 1 + written++ / KEYS_PER_LEASE % store.snapshot().leaseCount();
                submit(new Command.Put(PutRequest.newBuilder()
                        .setKey(key)
                        .setValue(ByteString.copyFromUtf8(change.value()))
                        .setLease(lease)
                        .build()));
            }
        }

        private void submit(Command command) {
            open.acquireUninterruptibly();
            store.write(command, 300, (result, error) -> {
                open.release();
                if (error != null) {
                    throw error;
                }
            });
        }

        private void settle() {
            open.acquireUninterruptibly(2000);
            open.release(2000);
        }

        void warmUp() {
            for (int i = 0; i < WARM_UP; i++) {
                apply(generator.churn());
            }
            settle();
        }

        /** Writes for some seconds; gives CPU nanoseconds a write, and those of asking for the index so often. */
        double write(int rate, int seconds, int asks) throws InterruptedException {
            long[] asking = {0};
            Thread asker = new Thread(() -> {
                try {
                    for (int i = 0; i < asks * seconds; i++) {
                        TimeUnit.NANOSECONDS.sleep(TimeUnit.SECONDS.toNanos(1) / asks);
                        store.snapshot().mesh();
                    }
                    asking[0] = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            long before = cpu();
            asker.start();
            long start = System.nanoTime();
            long writes = (long) rate * seconds;
            for (long i = 0; i < writes; i++) {
                long due = start + TimeUnit.SECONDS.toNanos(i) / rate;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                apply(generator.churn());
            }
            settle();
            long after = cpu();
            asker.join();
            return (double) (after - before + asking[0]) / writes;
        }

        private long cpu() {
            ThreadMXBean threads = ManagementFactory.getThreadMXBean();
            // what nobody asks for is merged by the one for housekeeping
            Set<String> counted = Set.of(name + "-apply", name + "-sync", name + "-housekeeping");
            long nanos = 0;
            for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
                if (thread != null && counted.contains(thread.getThreadName())) {
                    nanos += threads.getThreadCpuTime(thread.getThreadId());
                }
            }
            return nanos;
        }

        @Override
        public void close() {
            store.close();
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
