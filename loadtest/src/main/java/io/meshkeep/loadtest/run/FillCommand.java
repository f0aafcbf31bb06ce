package io.meshkeep.loadtest.run;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.workload.Keys;
import java.util.Locale;
import java.util.Set;

/** {@code bench fill}: puts a number of keys into a server. */
public final class FillCommand {
    public static final String HELP = """
            bench fill: put keys with values of 200 random bytes into a running server, 500 at a time

              --endpoint URL     of the server (default http://127.0.0.1:2379)
              --keys N           how many (default 100000)
              --seed N           of the values (default 1)
            """;

    private static final int CONNECTIONS = 4;

    private FillCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) {
        Arguments arguments = Arguments.parse(line, Set.of("--endpoint", "--keys", "--seed"), Set.of());
        Endpoint endpoint = Endpoint.parse(arguments.text("--endpoint", "http://127.0.0.1:2379"));
        int count = arguments.count("--keys", 100_000);
        try (EtcdClient client = EtcdClient.connect(endpoint, CONNECTIONS)) {
            long begin = System.nanoTime();
            new Keys("fill", arguments.count("--seed", 1)).fill(client, count);
            double seconds = (System.nanoTime() - begin) / 1e9;
            System.out.printf(Locale.ROOT, "%,d keys in %.1f s, %,.0f/s%n", count, seconds, count / seconds);
        }
    }
}
