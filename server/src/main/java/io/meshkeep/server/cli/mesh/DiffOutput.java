package io.meshkeep.server.cli.mesh;

import io.meshkeep.proto.MeshDiffRequest;
import io.meshkeep.proto.MeshDiffResponse;
import java.io.PrintStream;
import java.util.List;

/** Prints what changed between two revisions. */
final class DiffOutput {
    private final MeshClient client;
    private final MeshArguments arguments;
    private final PrintStream out;

    DiffOutput(MeshClient client, MeshArguments arguments, PrintStream out) {
        this.client = client;
        this.arguments = arguments;
        this.out = out;
    }

    void run(List<String> words) throws CommandException {
        if (words.isEmpty()) {
            throw CommandException.misused("diff needs the revision to begin from");
        }
        boolean hasTo = words.size() > 1
                && !words.get(1).isEmpty()
                && Character.isDigit(words.get(1).charAt(0));
        MeshDiffRequest.Builder request = MeshDiffRequest.newBuilder()
                .setFromRevision(MeshArguments.number("FROM", words.get(0), Long.MAX_VALUE))
                .setSelector(arguments.selector());
        if (hasTo) {
            request.setToRevision(MeshArguments.number("TO", words.get(1), Long.MAX_VALUE));
        }
        for (String word : words.subList(hasTo ? 2 : 1, words.size())) {
            request.addKinds(Entries.kind(word));
        }
        long left = arguments.text("limit", "").isEmpty() ? Long.MAX_VALUE : arguments.number("limit", Long.MAX_VALUE);
        JsonOutput json = arguments.json() ? new JsonOutput(out) : null;
        long changes = 0;
        MeshDiffResponse page;
        do {
            request.setLimit((int) Math.max(1, Math.min(1000, left)));
            page = client.call(stub -> stub.diff(request.build()));
            for (MeshDiffResponse.Change change : page.getChangesList()) {
                if (left == 0) {
                    break;
                }
                left--;
                changes++;
                if (json != null) {
                    json.message(change);
                    json.endLine();
                } else {
                    print(change);
                }
            }
            request.setContinueToken(page.getContinueToken());
        } while (!page.getContinueToken().isEmpty() && left > 0);
        if (json == null) {
            out.println();
            out.println(changes + (changes == 1 ? " change" : " changes") + " from revision " + page.getFromRevision()
                    + " to " + page.getHeader().getRevision()
                    + (page.getContinueToken().isEmpty() ? "" : ", and there are more"));
        }
    }

    private void print(MeshDiffResponse.Change change) {
        if (!change.hasBefore()) {
            out.println("+ " + Entries.line(change.getAfter()));
        } else if (!change.hasAfter()) {
            out.println("- " + Entries.line(change.getBefore()));
        } else {
            String before = Entries.line(change.getBefore());
            String after = Entries.line(change.getAfter());
            out.println(before.equals(after) ? "~ " + after : "~ " + after + " (before: " + before + ")");
        }
    }
}
