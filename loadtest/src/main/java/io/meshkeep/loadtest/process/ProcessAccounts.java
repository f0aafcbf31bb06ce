package io.meshkeep.loadtest.process;

import io.meshkeep.loadtest.load.CpuClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the kernel says that a process has used, from {@code /proc}. */
public final class ProcessAccounts implements CpuClock {
    /** {@code sysconf(_SC_CLK_TCK)}, which is 100 on every Linux that runs a JVM. */
    private static final long NANOS_PER_TICK = 10_000_000;

    /** Fields of {@code /proc/pid/stat} after the name of the command: the state is the first. */
    private static final int USER_TICKS = 11;

    private static final int SYSTEM_TICKS = 12;

    private final Path proc;

    public ProcessAccounts(long pid) {
        proc = Path.of("/proc", Long.toString(pid));
    }

    @Override
    public long nanos() {
        return cpuTicks(read("stat")) * NANOS_PER_TICK;
    }

    static long cpuTicks(String stat) {
        // The command is in parentheses and may hold anything, also spaces and parentheses.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]);
    }

    /** Processor time of the threads that are alive, in nanoseconds, added up by their names. */
    public Map<String, Long> nanosByThreadName() {
        Map<String, Long> nanos = new TreeMap<>();
        try (Stream<Path> tasks = Files.list(proc.resolve("task"))) {
            for (Path task : tasks.toList()) {
                String stat = Files.readString(task.resolve("stat"));
                String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
                nanos.merge(name, cpuTicks(stat) * NANOS_PER_TICK, Long::sum);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return nanos;
    }

    /** Memory that is in RAM now. */
    public Memory memory() {
        String status = read("status");
        return new Memory(
                kibibytes(status, "VmRSS") << 10, kibibytes(status, "RssAnon") << 10, kibibytes(status, "VmHWM") << 10);
    }

    static long kibibytes(String status, String name) {
        for (String line : status.split("\n")) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(
                        line.substring(name.length() + 1).replace("kB", "").strip());
            }
        }
        throw new IllegalStateException("/proc/pid/status has no " + name);
    }

    private String read(String file) {
        try {
            return Files.readString(proc.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Memory of a process.
     *
     * @param resident all of it in bytes, pages of mapped files among it
     * @param anonymous what is not a page of a file, so that the kernel cannot take it back
     * @param peak the most that was resident so far
     */
    public record Memory(long resident, long anonymous, long peak) {}
}
