package io.meshkeep.loadtest.run;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.client.Endpoint;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.tls.Target;
import io.meshkeep.loadtest.workload.Keys;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** {@code bench fill}: puts a number of keys into a server. */
public final class FillCommand {
    public static final String HELP = """
            bench fill: put keys with values of 200 random bytes into a running server, 500 at a time

            """ + Target.HELP + """
              --keys N           how many (default 100000)
              --seed N           of the values (default 1)
            """;

    private static final int CONNECTIONS = 4;

    private FillCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException {
        Arguments arguments =
                Arguments.parse(line, List.of(Set.of("--keys", "--seed"), Target.VALUES), List.of(Target.SWITCHES));
        Endpoint endpoint = Target.of(arguments);
        int count = arguments.count("--keys", 100_000);
        try (EtcdClient client = EtcdClient.connect(endpoint, CONNECTIONS)) {
            long begin = System.nanoTime();
            new Keys(Keys.FILLED, arguments.count("--seed", 1)).fill(client, count);
            double seconds = (System.nanoTime() - begin) / 1e9;
            System.out.printf(Locale.ROOT, "%,d keys in %.1f s, %,.0f/s%n", count, seconds, count / seconds);
        }
    }
}
