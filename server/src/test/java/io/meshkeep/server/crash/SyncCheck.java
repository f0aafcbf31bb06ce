package io.meshkeep.server.crash;

import io.meshkeep.server.crash.StraceLog.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Finds out from a server's system calls whether what it acknowledged had been synced before. */
final class SyncCheck {
    private static final Pattern LOG_FILE = Pattern.compile(".*/store/\\d+\\.log");
    private static final Set<String> READS = Set.of("read", "readv", "recvfrom", "recvmsg");
    private static final Set<String> WRITES = Set.of("write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg");
    private static final Set<String> SYNCS = Set.of("fdatasync", "fsync");

    /** The calls to be traced. */
    static final String TRACED =
            "read,readv,recvfrom,recvmsg,write,writev,pwrite64,pwritev,sendto,sendmsg,fdatasync,fsync";

    /** A put and how to tell it: what only its request and its record carry, and what only its answer does. */
    record Put(String request, String answer) {}

    /** @param unsynced puts that were acknowledged without a sync, each with what was seen of it */
    record Verdict(List<String> unsynced) {}

    private SyncCheck() {}

    /**
     * Looks for each put: its request read from a socket, then the last write of its record to the log, then a sync of
     * that log, then its answer written to the socket.
     *
     * @throws AssertionError if a request, record or answer cannot be found: then the log shows nothing
     */
    static Verdict check(StraceLog log, List<Put> puts) {
        List<String> unsynced = new ArrayList<>();
        for (Put put : puts) {
            Call request = first(
                    log,
                    "its request",
                    put,
                    call -> READS.contains(call.name()) && call.isOnSocket() && call.carries(put.request()));
            Call record = last(
                    log,
                    "its record in the log",
                    put,
                    call -> WRITES.contains(call.name())
                            && LOG_FILE.matcher(call.file()).matches()
                            && call.entered() > request.left()
                            && call.carries(put.request()));
            Call answer = first(
                    log,
                    "its answer",
                    put,
                    call -> WRITES.contains(call.name()) && call.isOnSocket() && call.carries(put.answer()));
            Optional<Call> sync = log.calls().stream()
                    .filter(call -> SYNCS.contains(call.name())
                            && call.result().equals("0")
                            && call.file().equals(record.file())
                            && call.entered() > record.left()
                            && call.left() < answer.entered())
                    .findFirst();
            if (sync.isEmpty()) {
                unsynced.add(
                        "the put of " + put.request() + ", written by " + describe(record) + ", was acknowledged by "
                                + describe(answer) + " with no sync of " + record.file() + " in between");
            }
        }
        return new Verdict(unsynced);
    }

    private static Call first(StraceLog log, String what, Put put, Predicate<Call> predicate) {
        return all(log, what, put, predicate).get(0);
    }

    private static Call last(StraceLog log, String what, Put put, Predicate<Call> predicate) {
        List<Call> all = all(log, what, put, predicate);
        return all.get(all.size() - 1);
    }

    private static List<Call> all(StraceLog log, String what, Put put, Predicate<Call> predicate) {
        List<Call> all = log.calls().stream().filter(predicate).toList();
        if (all.isEmpty()) {
            throw new AssertionError("the trace does not show " + what + " for " + put);
        }
        return all;
    }

    private static String describe(Call call) {
        return call.name() + " on " + call.file() + " (lines " + call.entered() + " to " + call.left() + ")";
    }
}
