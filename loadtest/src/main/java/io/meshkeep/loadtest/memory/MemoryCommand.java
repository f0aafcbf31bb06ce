package io.meshkeep.loadtest.memory;

import io.meshkeep.loadtest.cli.Arguments;
import io.meshkeep.loadtest.process.ProcessAccounts;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;

/** {@code bench memory}: what each layout of many keys takes, each in a JVM of its own. */
public final class MemoryCommand {
    public static final String HELP = """
            bench memory: keep keys in memory in several layouts and tell what each takes

              --keys N       how many (default 1000000)
              --value N      bytes of a value (default 200)
              --layout NAME  only this one, in this JVM
            """;

    /** A prime: its multiples modulo a smaller number of keys are all keys in a scattered order. */
    private static final long STRIDE = 2_654_435_761L;

    private MemoryCommand() {}

    /** @throws IllegalArgumentException with one line for the user */
    public static void run(String[] line) throws IOException, InterruptedException {
        Arguments arguments = Arguments.parse(line, Set.of("--keys", "--value", "--layout"), Set.of());
        int keys = arguments.count("--keys", 1_000_000);
        int valueBytes = arguments.count("--value", 200);
        if (arguments.has("--layout")) {
            System.out.println(measure(kind(arguments.text("--layout", "")), keys, valueBytes));
            return;
        }
        int content = key(0).length + valueBytes;
        System.out.printf(
                Locale.ROOT,
                "%,d keys of %d bytes with values of %d bytes: content %,d MiB%n%n",
                keys,
                key(0).length,
                valueBytes,
                (long) keys * content >> 20);
        System.out.println(
                "| layout | heap MiB | bytes per key | beyond its content | resident MiB | us of CPU per change |");
        System.out.println("|---|--:|--:|--:|--:|--:|");
        for (Layout.Kind kind : Layout.Kind.values()) {
            System.out.println(inItsOwnJvm(kind, keys, valueBytes));
        }
    }

    private static Layout.Kind kind(String name) {
        try {
            return Layout.Kind.valueOf(name.replace('-', '_').toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("no layout is called " + name, e);
        }
    }

    private static String inItsOwnJvm(Layout.Kind kind, int keys, int valueBytes)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        System.getProperty("java.home") + "/bin/java",
                        // The plain collector compacts fully and keeps no reserves, so that layouts are compared, not
                        // it.
                        "-XX:+UseSerialGC",
                        "-XX:MaxRAMPercentage=50",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.meshkeep.loadtest.Main",
                        "memory",
                        "--layout",
                        kind.name(),
                        "--keys",
                        Integer.toString(keys),
                        "--value",
                        Integer.toString(valueBytes)))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String line = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() != 0) {
            throw new IOException("the JVM for " + kind + " has failed");
        }
        return line;
    }

    private static String measure(Layout.Kind kind, int keys, int valueBytes) {
        long empty = heapInUse();
        Layout layout = kind.make();
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        SplittableRandom random = new SplittableRandom(1);
        long begin = threads.getCurrentThreadCpuTime();
        for (long i = 0; i < keys; i++) {
            byte[] value = new byte[valueBytes];
            random.nextBytes(value);
            layout.put(key(i * STRIDE % keys), value, i + 2);
        }
        double microsPerChange = (threads.getCurrentThreadCpuTime() - begin) / 1e3 / keys;
        long heap = heapInUse() - empty;
        long resident =
                new ProcessAccounts(ProcessHandle.current().pid()).memory().resident();
        if (layout.size() != keys || layout.valueLength(key(keys / 2)) != valueBytes) {
            throw new IllegalStateException(kind + " has lost keys");
        }
        double perKey = (double) heap / keys;
        return String.format(
                Locale.ROOT,
                "| %s | %,d | %.1f | %.1f | %,d | %.1f |",
                kind.description(),
                heap >> 20,
                perKey,
                perKey - key(0).length - valueBytes,
                resident >> 20,
                microsPerChange);
    }

    private static byte[] key(long number) {
        return String.format(Locale.ROOT, "cilium/state/nodes/v1/cluster-%03d/node-%07d", number % 255, number)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static long heapInUse() {
        long least = Long.MAX_VALUE;
        // A second collection frees what the first one only found, such as cleared references.
        for (int i = 0; i < 3; i++) {
            System.gc();
            least = Math.min(
                    least,
                    Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory());
        }
        return least;
    }
}
