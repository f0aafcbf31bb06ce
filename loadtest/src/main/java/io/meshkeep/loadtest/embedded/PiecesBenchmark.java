package io.meshkeep.loadtest.embedded;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.setcore.ChunkedSortedSet;
import io.meshkeep.store.Command;
import io.meshkeep.store.Store;
import io.meshkeep.store.StoreOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What a request passes through, piece by piece, without disk and network. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PiecesBenchmark {
    private static final int PAGE = 256;

    /** The piece that is measured. */
    public enum Piece {
        PARSE_PUT("parse a put of 200 bytes"),
        PARSE_RANGE("parse a range of one key"),
        RANGE_ONE("answer a range of one key"),
        RANGE_PAGE("answer a page of 256 keys"),
        COUNT("count all keys"),
        FIND("find a key in the set"),
        CHANGE("a new set with one key changed");

        private final String label;

        Piece(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    private interface Work {
        Object run() throws InvalidProtocolBufferException;
    }

    @Param("RANGE_ONE")
    public Piece piece;

    @Param("100000")
    public int keys;

    private Path directory;
    private Store store;
    private Work work;

    /** Makes what the piece needs. */
    @Setup
    public void setUp() throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(1);
        byte[] value = new byte[200];
        random.nextBytes(value);
        byte[] put = PutRequest.newBuilder()
                .setKey(key(0))
                .setValue(ByteString.copyFrom(value))
                .build()
                .toByteArray();
        byte[] range = RangeRequest.newBuilder().setKey(key(0)).build().toByteArray();
        work = switch (piece) {
            case PARSE_PUT -> () -> PutRequest.parseFrom(put);
            case PARSE_RANGE -> () -> RangeRequest.parseFrom(range);
            case FIND, CHANGE -> overSet(random);
            case RANGE_ONE, RANGE_PAGE, COUNT -> overStore(value, random);
        };
    }

    private static ByteString key(int number) {
        return ByteString.copyFromUtf8(String.format("bench/default/pieces/%010d", number));
    }

    private List<ByteString> allKeys() {
        return IntStream.range(0, keys).mapToObj(PiecesBenchmark::key).toList();
    }

    private Work overSet(SplittableRandom random) {
        List<String> elements = allKeys().stream().map(ByteString::toStringUtf8).toList();
        ChunkedSortedSet<String> set =
                ChunkedSortedSet.<String>empty(Comparator.naturalOrder()).insertAll(elements);
        return piece == Piece.FIND
                ? () -> set.contains(elements.get(random.nextInt(keys)))
                : () -> set.insert(elements.get(random.nextInt(keys)) + "+");
    }

    private Work overStore(byte[] value, SplittableRandom random) throws IOException, InterruptedException {
        directory = Files.createTempDirectory("bench-pieces");
        store = Store.open(directory, StoreOptions.builder().unsafeNoSync(true).build());
        CountDownLatch written = new CountDownLatch(keys);
        for (int i = 0; i < keys; i++) {
            while (store.pendingWrites() > 1000) {
                Thread.onSpinWait();
            }
            store.write(
                    new Command.Put(PutRequest.newBuilder()
                            .setKey(key(i))
                            .setValue(ByteString.copyFrom(value))
                            .build()),
                    value.length,
                    (result, error) -> written.countDown());
        }
        written.await();
        // Formatting a key would take longer than reading it.
        List<ByteString> ready = allKeys();
        RangeRequest.Builder all = RangeRequest.newBuilder().setRangeEnd(key(keys));
        return switch (piece) {
            case RANGE_PAGE ->
                () -> store.range(all.setKey(ready.get(random.nextInt(keys - PAGE)))
                        .setLimit(PAGE)
                        .build());
            case COUNT ->
                () -> store.range(all.setKey(ready.get(0)).setCountOnly(true).build());
            default ->
                () -> store.range(RangeRequest.newBuilder()
                        .setKey(ready.get(random.nextInt(keys)))
                        .build());
        };
    }

    /** Deletes what was on disk. */
    @TearDown
    public void tearDown() {
        if (store == null) {
            return;
        }
        store.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One piece of work. */
    @Benchmark
    public Object run() throws InvalidProtocolBufferException {
        return work.run();
    }
}
