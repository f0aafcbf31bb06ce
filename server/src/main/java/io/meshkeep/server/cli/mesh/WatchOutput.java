package io.meshkeep.server.cli.mesh;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.MeshEntry;
import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshWatchRequest;
import io.meshkeep.proto.MeshWatchResponse;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Prints a selection and its changes. A connection that is lost is made again, at the next endpoint if there are several,
 * and the watch goes on from where it was; whoever looks on is told. A step of which only a part has come is not
 * printed.
 */
final class WatchOutput {
    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final MeshClient client;
    private final MeshArguments arguments;
    private final PrintStream out;
    private final PrintStream err;
    /** What is there, by key, to tell a change from an arrival and to name what went. */
    private Map<String, String> known = new HashMap<>();

    private long revision;
    private long epoch;
    private long clusterId;

    WatchOutput(MeshClient client, MeshArguments arguments, PrintStream out, PrintStream err) {
        this.client = client;
        this.arguments = arguments;
        this.out = out;
        this.err = err;
    }

    void run(List<String> words) throws CommandException {
        if (words.size() > 1) {
            throw CommandException.misused("watch follows one kind");
        }
        MeshKind kind = words.isEmpty() ? MeshKind.MESH_KIND_ENDPOINT : Entries.kind(words.get(0));
        goOnAfter(arguments.text("revision", "0"));
        MeshWatchRequest.Builder request =
                MeshWatchRequest.newBuilder().setKind(kind).setSelector(arguments.selector());
        boolean reached = false;
        boolean lost = false;
        while (true) {
            try {
                Step step = new Step();
                Iterator<MeshWatchResponse> responses = client.stream()
                        .watch(request.setStartRevision(revision)
                                .setAccessEpoch(epoch)
                                .setClusterId(clusterId)
                                .build());
                while (responses.hasNext()) {
                    reached = true;
                    if (lost) {
                        err.println("meshkeep: connected again");
                        lost = false;
                    }
                    step = take(responses.next(), step);
                }
                return;
            } catch (StatusRuntimeException e) {
                Status.Code code = e.getStatus().getCode();
                if (!reached || code != Status.Code.UNAVAILABLE && code != Status.Code.ABORTED) {
                    throw MeshClient.failure(e);
                }
                if (!lost && code == Status.Code.UNAVAILABLE) {
                    err.println("meshkeep: the server is gone, trying again: "
                            + Table.printable(MeshClient.reason(e.getStatus())));
                    lost = true;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
                client.next();
            }
        }
    }

    /**
     * Reads where to go on: a revision, or a position that was printed, which also tells whether the store and the
     * permissions are still the same.
     */
    private void goOnAfter(String position) throws CommandException {
        String[] parts = position.split("\\.", -1);
        if (parts.length != 1 && parts.length != 3) {
            throw CommandException.misused("--revision: \"" + position + "\" is neither a revision nor a position");
        }
        revision = MeshArguments.number("--revision", parts[0], Long.MAX_VALUE);
        if (parts.length == 3) {
            epoch = MeshArguments.number("--revision", parts[1], Long.MAX_VALUE);
            try {
                clusterId = Long.parseUnsignedLong(parts[2], 16);
            } catch (NumberFormatException e) {
                throw CommandException.misused("--revision: \"" + position + "\" is no position that was printed");
            }
        }
    }

    private String position() {
        return revision + "." + epoch + "." + Long.toHexString(clusterId);
    }

    /** What has come towards a revision. */
    private static final class Step {
        boolean reset;
        String reason = "";
        final Map<String, MeshEntry> upserts = new java.util.LinkedHashMap<>();
        final java.util.List<String> removed = new java.util.ArrayList<>();
    }

    private Step take(MeshWatchResponse response, Step step) {
        if (response.getReset()) {
            step.reset = true;
            step.reason = response.getResetReason();
        }
        response.getUpsertsList().forEach(entry -> step.upserts.put(Entries.key(entry), entry));
        step.removed.addAll(response.getRemovedList());
        if (!response.getComplete()) {
            return step;
        }
        revision = response.getHeader().getRevision();
        epoch = response.getAccessEpoch();
        clusterId = response.getHeader().getClusterId();
        try {
            if (arguments.json()) {
                printJson(step);
            } else {
                print(step);
            }
        } catch (CommandException e) {
            throw new IllegalStateException("checked at the beginning", e);
        }
        return new Step();
    }

    private void printJson(Step step) {
        JsonOutput json = new JsonOutput(out);
        json.write(to -> {
            to.writeStartObject();
            to.writeNumberField("revision", revision);
            to.writeStringField("position", position());
            to.writeBooleanField("reset", step.reset);
            to.writeStringField("resetReason", step.reason);
            to.writeArrayFieldStart("upserts");
            for (MeshEntry entry : step.upserts.values()) {
                JsonOutput.object(to, entry);
            }
            to.writeEndArray();
            to.writeArrayFieldStart("removed");
            for (String key : step.removed) {
                to.writeString(key);
            }
            to.writeEndArray();
            to.writeEndObject();
        });
        json.endLine();
    }

    private void print(Step step) {
        if (step.reset) {
            known = new HashMap<>();
            out.println("# revision " + revision + ": " + step.upserts.size() + " in all"
                    + (step.reason.isEmpty() ? "" : ", from the beginning because " + step.reason));
        } else if (!step.upserts.isEmpty() || !step.removed.isEmpty()) {
            out.println("# revision " + revision);
        }
        step.removed.forEach(key -> {
            String line = known.remove(key);
            out.println("- " + (line == null ? Table.printable(key) : line));
        });
        step.upserts.forEach((key, entry) -> {
            String line = Entries.line(entry);
            out.println((known.put(key, line) == null ? "+ " : "~ ") + line);
        });
        out.flush();
    }
}
