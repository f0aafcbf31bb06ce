package io.meshkeep.loadtest.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.meshkeep.proto.ListEndpointsResponse;
import io.meshkeep.proto.MeshEntry;
import io.meshkeep.proto.MeshGrpc;
import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshListRequest;
import io.meshkeep.proto.MeshSelector;
import io.meshkeep.proto.MeshWatchRequest;
import io.meshkeep.proto.MeshWatchResponse;
import java.util.Iterator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** A client of Mesh.Watch that applies what it is sent and goes on from where it was. For one thread. */
final class MeshFollower {
    private final MeshGrpc.MeshBlockingStub stub;
    private final MeshKind kind;
    private final MeshSelector selector;

    /** What the client holds at its revision. */
    Map<String, MeshEntry> entries = Map.of();

    long revision;
    private long epoch;
    int responses;
    int resets;

    MeshFollower(MeshServer server, MeshKind kind, MeshSelector selector) {
        this.stub = MeshGrpc.newBlockingStub(server.channel);
        this.kind = kind;
        this.selector = selector;
    }

    /** A held state to go back to, as a client does that was restarted from a copy. */
    Runnable bookmark() {
        Map<String, MeshEntry> entriesNow = entries;
        long revisionNow = revision;
        return () -> {
            entries = entriesNow;
            revision = revisionNow;
        };
    }

    /** Follows until the time is over or the revision is reached; the status with which the stream ended, if it did. */
    Status follow(long micros, long untilRevision) {
        MeshWatchRequest request = MeshWatchRequest.newBuilder()
                .setKind(kind)
                .setSelector(selector)
                .setStartRevision(revision)
                .setAccessEpoch(epoch)
                .build();
        Map<String, MeshEntry> next = null;
        try (Context.CancellableContext context = Context.current().withCancellation()) {
            Context before = context.attach();
            try {
                Iterator<MeshWatchResponse> answers =
                        stub.withDeadlineAfter(micros, TimeUnit.MICROSECONDS).watch(request);
                while (answers.hasNext()) {
                    MeshWatchResponse response = answers.next();
                    next = apply(response, next);
                    if (response.getComplete() && revision >= untilRevision) {
                        return Status.OK;
                    }
                }
                return Status.OK;
            } catch (StatusRuntimeException e) {
                return e.getStatus();
            } finally {
                context.detach(before);
            }
        }
    }

    /** Takes in a response; gives what was gathered towards a revision that is not reached yet. */
    private Map<String, MeshEntry> apply(MeshWatchResponse response, Map<String, MeshEntry> gathered) {
        responses++;
        Map<String, MeshEntry> next = gathered;
        if (response.getReset()) {
            assertThat(response.getResetReason().isEmpty()).isEqualTo(revision == 0);
            resets++;
            next = new TreeMap<>();
        } else if (next == null) {
            next = new TreeMap<>(entries);
        }
        for (MeshEntry entry : response.getUpsertsList()) {
            assertThat(next.put(key(entry), entry)).as("sent again").isNotEqualTo(entry);
        }
        for (String key : response.getRemovedList()) {
            assertThat(next.remove(key)).as("removed what was not there").isNotNull();
        }
        if (!response.getComplete()) {
            return next;
        }
        boolean changed = response.getUpsertsCount() + response.getRemovedCount() > 0;
        assertThat(response.getHeader().getRevision())
                .isGreaterThanOrEqualTo(changed && !response.getReset() ? revision + 1 : 1);
        entries = next;
        revision = response.getHeader().getRevision();
        epoch = response.getAccessEpoch();
        return null;
    }

    static String key(MeshEntry entry) {
        return switch (entry.getEntryCase()) {
            case ENDPOINT -> entry.getEndpoint().getKey();
            case IDENTITY -> entry.getIdentity().getKey();
            case NODE -> entry.getNode().getKey();
            case SERVICE -> entry.getService().getKey();
            default -> throw new AssertionError(entry);
        };
    }

    /** What a list gives at a revision. */
    Map<String, MeshEntry> list(long at) {
        Map<String, MeshEntry> all = new TreeMap<>();
        String token = "";
        do {
            MeshListRequest request = MeshListRequest.newBuilder()
                    .setSelector(selector)
                    .setRevision(at)
                    .setLimit(333)
                    .setContinueToken(token)
                    .build();
            switch (kind) {
                case MESH_KIND_IDENTITY -> {
                    var page = stub.listIdentities(request);
                    page.getIdentitiesList()
                            .forEach(e -> all.put(
                                    e.getKey(),
                                    MeshEntry.newBuilder().setIdentity(e).build()));
                    token = page.getContinueToken();
                }
                case MESH_KIND_NODE -> {
                    var page = stub.listNodes(request);
                    page.getNodesList()
                            .forEach(e -> all.put(
                                    e.getKey(),
                                    MeshEntry.newBuilder().setNode(e).build()));
                    token = page.getContinueToken();
                }
                case MESH_KIND_SERVICE -> {
                    var page = stub.listServices(request);
                    page.getServicesList()
                            .forEach(e -> all.put(
                                    e.getKey(),
                                    MeshEntry.newBuilder().setService(e).build()));
                    token = page.getContinueToken();
                }
                default -> {
                    ListEndpointsResponse page = stub.listEndpoints(request);
                    assertThat(page.getHeader().getRevision()).isEqualTo(at);
                    page.getEndpointsList()
                            .forEach(e -> all.put(
                                    e.getKey(),
                                    MeshEntry.newBuilder().setEndpoint(e).build()));
                    token = page.getContinueToken();
                }
            }
        } while (!token.isEmpty());
        return all;
    }
}
