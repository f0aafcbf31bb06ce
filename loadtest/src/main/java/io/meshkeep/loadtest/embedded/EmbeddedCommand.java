package io.meshkeep.loadtest.embedded;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.cli.Progress;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.load.Measurement;
import io.meshkeep.loadtest.load.Meter;
import io.meshkeep.loadtest.process.Ring;
import io.meshkeep.loadtest.process.ServerProcess;
import io.meshkeep.loadtest.report.Figure;
import io.meshkeep.loadtest.report.Html;
import io.meshkeep.loadtest.report.Machine;
import io.meshkeep.loadtest.report.MarkdownTable;
import io.meshkeep.loadtest.report.Numbers;
import io.meshkeep.loadtest.report.SideBySide;
import io.meshkeep.loadtest.sets.Measurer;
import io.meshkeep.loadtest.workload.Workload;
import io.meshkeep.loadtest.workload.Workloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.HdrHistogram.Histogram;

/** {@code bench embedded}: engine and wire told apart. */
public final class EmbeddedCommand {
    public static final String HELP = """
            bench embedded: the store in this process, without the network, beside what the disk allows and what is left
            of it over the wire

              --quick            short windows, and no pieces
              --seconds N        measured for each figure (default 5, or 1 with --quick)
              --no-wire          without a server
              --no-pieces        without the pieces (JMH)
              --json FILE        write the figures there too
              --report FILE      a page with the tables
            """ + Ring.HELP + """

            disk    a record appended to a growing file and fdatasync, for one put; batches of 100 and 1,000 puts to
                    RocksDB, each synced, for many
            store   io.meshkeep.store in this process: as many on their way as there are callers over the wire; reads are
                    made by one thread
            server  the same load on ./meshkeep serve over loopback, as in bench run
            """;

    private static final Set<String> VALUES = Set.of("--seconds", "--json", "--report");
    private static final Set<String> SWITCHES = Set.of("--quick", "--no-wire", "--no-pieces");
    private static final int PIECE_KEYS = 100_000;

    private static final List<String> OVER_THE_WIRE =
            List.of("put-1", "put-100", "put-1000", "txn-create-lease", "range-one", "list-10000", "watch-fanout-1000");

    private EmbeddedCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments = Arguments.parse(line, List.of(VALUES, Ring.VALUES), List.of(SWITCHES));
        boolean quick = arguments.has("--quick");
        Duration window = Duration.ofSeconds(arguments.count("--seconds", quick ? 1 : 5));
        Progress progress = new Progress();
        Ring ring = Ring.of(arguments, false, progress);
        SideBySide figures = new SideBySide();
        progress.moment("disk");
        figures.add("disk", disk(ring.directory(), window));
        progress.moment("store");
        figures.add("store", store(ring.directory().resolve("store"), window, window));
        if (!arguments.has("--no-wire")) {
            figures.add("server", server(ring, window, progress));
        }
        System.out.print(figures.table());
        List<List<String>> pieces = List.of();
        if (!quick && !arguments.has("--no-pieces")) {
            pieces = pieces(new Measurer(true, 3, 5, 300), PIECE_KEYS, progress);
            System.out.print("\n" + MarkdownTable.of(PIECES, pieces, 1));
        }
        if (arguments.has("--json")) {
            Files.writeString(Path.of(arguments.text("--json", "")), figures.json());
        }
        if (arguments.has("--report")) {
            Html page = new Html("Meshkeep: bench embedded")
                    .facts(Machine.facts(ring.directory()))
                    .heading("Disk, store and server")
                    .table(figures.head(), figures.lines(), 2);
            if (!pieces.isEmpty()) {
                page.heading("Pieces").table(PIECES, pieces, 1);
            }
            page.write(Path.of(arguments.text("--report", "")));
        }
    }

    private static final List<String> PIECES = List.of("piece", "us");

    static List<Figure> disk(Path directory, Duration window) throws IOException {
        List<Figure> figures = new ArrayList<>();
        Histogram append = Disk.append(directory, window);
        figures.add(micros("put-1 p50", append.getValueAtPercentile(50)));
        figures.add(micros("put-1 p99", append.getValueAtPercentile(99)));
        for (int batch : new int[] {100, 1000}) {
            figures.add(Figure.more(
                    "put-" + batch, "1/s", batch * perSecond(Disk.rocksDb(directory, batch, window), window)));
        }
        return figures;
    }

    private static double perSecond(Histogram latencies, Duration window) {
        return latencies.getTotalCount() * 1e9 / window.toNanos();
    }

    private static Figure micros(String name, double nanos) {
        return Figure.less(name, "us", nanos / 1e3);
    }

    static List<Figure> store(Path directory, Duration warmUp, Duration window) throws InterruptedException {
        List<Figure> figures = new ArrayList<>();
        try (StoreRun store = new StoreRun(directory, warmUp, window)) {
            store.fill();
            StoreRun.Rate many = store.puts(100);
            StoreRun.Rate most = store.puts(1000);
            // Last of the puts, so that the code is compiled; shown first.
            StoreRun.Rate one = store.puts(1);
            figures.add(micros("put-1 p50", one.latency().getValueAtPercentile(50)));
            figures.add(micros("put-1 p99", one.latency().getValueAtPercentile(99)));
            figures.add(Figure.more("put-100", "1/s", many.perSecond()));
            figures.add(Figure.more("put-1000", "1/s", most.perSecond()));
            figures.add(Figure.more("txn-create-lease", "1/s", store.creates().perSecond()));
            figures.add(Figure.more("range-one", "1/s", store.ranges().perSecond()));
            figures.add(Figure.more("list-10000", "1/s", store.lists().perSecond()));
            figures.add(Figure.more(
                    "watch-fanout-1000", "1/s", store.events(1000, 100).perSecond()));
        }
        return figures;
    }

    private static List<Figure> server(Ring ring, Duration window, Progress progress)
            throws IOException, InterruptedException {
        List<Figure> figures = new ArrayList<>();
        try (ServerProcess server =
                ServerProcess.start(ring.ours(), ring.directory().resolve("server"))) {
            measure(server, Workloads.named("put-100"), window, progress);
            for (String name : OVER_THE_WIRE) {
                Measurement measured = measure(server, Workloads.named(name), window, progress);
                if (name.equals("put-1")) {
                    figures.add(Figure.less("put-1 p50", "us", measured.latencyMicros(50)));
                    figures.add(Figure.less("put-1 p99", "us", measured.latencyMicros(99)));
                } else {
                    figures.add(Figure.more(name, "1/s", measured.perSecond()));
                }
            }
        }
        return figures;
    }

    private static Measurement measure(ServerProcess server, Workload workload, Duration window, Progress progress)
            throws InterruptedException {
        progress.moment("server: %s", workload.name());
        try (EtcdClient client = EtcdClient.connect(server.endpoint(), workload.connections())) {
            return new Meter(window, window, perSecond -> {})
                    .measure(client, workload.setUp().prepare(client, 1, 0), server.accounts());
        }
    }

    static List<List<String>> pieces(Measurer measurer, int keys, Progress progress) {
        List<List<String>> lines = new ArrayList<>();
        for (PiecesBenchmark.Piece piece : PiecesBenchmark.Piece.values()) {
            progress.moment("pieces: %s", piece.label());
            double nanos = measurer.nanos(
                    PiecesBenchmark.class, Map.of("piece", piece.name(), "keys", Integer.toString(keys)));
            lines.add(List.of(piece.label(), Numbers.figure(nanos / 1e3)));
        }
        return lines;
    }
}
