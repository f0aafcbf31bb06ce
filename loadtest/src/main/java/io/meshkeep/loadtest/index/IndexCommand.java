package io.meshkeep.loadtest.index;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.mesh.MeshShape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** {@code bench index}: the cost of the mesh index. */
public final class IndexCommand {
    public static final String HELP = """
            bench index: what the index of the mesh costs, in this process

              --quick         smaller sizes and shorter runs, to see that it works
              --seconds N     how long each run of writes takes (default 20)
              --rate N        writes per second (default 1000)
              --json FILE     write the figures to a file too
              --only NAME     commit, or queries

            Prints the share of a commit's CPU time that goes into the index, with 300,000 keys in the
            shape of Cilium's nightly test, when nobody asks for it and when somebody does; and for 10,000 to 1,000,000 endpoints how long it takes to
            select 1,000 of them, to take in a change, and how much memory an endpoint takes.
            """;

    /** Nobody asks; somebody does ten times a second; a follower of everything does all the time, nearly. */
    private static final int[] ASKS = {0, 10, 200};

    private IndexCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments =
                Arguments.parse(line, Set.of("--seconds", "--rate", "--json", "--only"), Set.of("--quick"));
        boolean quick = arguments.has("--quick");
        int seconds = arguments.count("--seconds", quick ? 3 : 20);
        int rate = arguments.count("--rate", 1000);
        String only = arguments.text("--only", "");
        List<String> json = new ArrayList<>();
        if (only.isEmpty() || only.equals("commit")) {
            MeshShape shape = quick ? new MeshShape(25, 100, 100, 1000, 0) : MeshShape.NIGHTLY;
            CommitShare.measure(shape, seconds, rate, ASKS, System.out).forEach(share -> json.add(share.json()));
        }
        if (only.isEmpty() || only.equals("queries")) {
            System.out.println();
            System.out.println(QueryCost.TITLE);
            for (int endpoints : quick ? new int[] {10_000, 100_000} : new int[] {10_000, 100_000, 1_000_000}) {
                QueryCost cost = QueryCost.measure(endpoints, quick);
                System.out.println(cost.row());
                json.add(cost.json());
            }
        }
        if (json.isEmpty()) {
            throw new IllegalArgumentException("--only takes commit or queries");
        }
        if (arguments.has("--json")) {
            Files.writeString(
                    Path.of(arguments.text("--json", "")),
                    "[\n  " + String.join(",\n  ", json) + "\n]\n",
                    StandardCharsets.UTF_8);
        }
    }

    static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
