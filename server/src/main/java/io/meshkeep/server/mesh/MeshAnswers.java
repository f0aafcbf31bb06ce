package io.meshkeep.server.mesh;

import com.google.protobuf.MessageLite;
import io.meshkeep.proto.ExplainRequest;
import io.meshkeep.proto.ExplainResponse;
import io.meshkeep.proto.GetIdentityRequest;
import io.meshkeep.proto.GetIdentityResponse;
import io.meshkeep.proto.ListClustersResponse;
import io.meshkeep.proto.ListEndpointsResponse;
import io.meshkeep.proto.ListIdentitiesResponse;
import io.meshkeep.proto.ListNodesResponse;
import io.meshkeep.proto.ListProblemsResponse;
import io.meshkeep.proto.ListServicesResponse;
import io.meshkeep.proto.MeshDiffRequest;
import io.meshkeep.proto.MeshDiffResponse;
import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshListRequest;
import io.meshkeep.proto.MeshSelector;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.store.EtcdException;
import io.meshkeep.store.Snapshot;
import io.meshkeep.store.Store;
import io.meshkeep.store.mesh.ClusterSummary;
import io.meshkeep.store.mesh.Endpoint;
import io.meshkeep.store.mesh.Identity;
import io.meshkeep.store.mesh.IpPrefix;
import io.meshkeep.store.mesh.MeshChange;
import io.meshkeep.store.mesh.MeshDiff;
import io.meshkeep.store.mesh.MeshEntry;
import io.meshkeep.store.mesh.MeshFilter;
import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.MeshQuery;
import io.meshkeep.store.mesh.Node;
import io.meshkeep.store.mesh.Page;
import io.meshkeep.store.mesh.Problem;
import io.meshkeep.store.mesh.SelectorException;
import io.meshkeep.store.mesh.Visibility;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * The answers to single questions. They may read the disk and take long, so they are not for an event loop. Thread-safe.
 *
 * <p>They throw {@link MeshRefusal} and {@link EtcdException}.
 */
public final class MeshAnswers {
    private static final int DEFAULT_LIMIT = 1000;
    private static final int MAX_LIMIT = 10_000;
    /** Beyond it an answer takes no further entry: clients take messages of 4 MiB unless they are told otherwise. */
    private static final int ENOUGH_BYTES = 1 << 20;

    private static final int MAX_EXPLANATIONS = 1000;

    private static final List<MeshKind> KINDS = List.of(
            MeshKind.MESH_KIND_ENDPOINT,
            MeshKind.MESH_KIND_IDENTITY,
            MeshKind.MESH_KIND_NODE,
            MeshKind.MESH_KIND_SERVICE);

    private final Store store;
    private final LongFunction<ResponseHeader> headers;

    /** @param headers makes the header of an answer for a revision */
    public MeshAnswers(Store store, LongFunction<ResponseHeader> headers) {
        this.store = store;
        this.headers = headers;
    }

    /** The index at a revision; 0 is the newest. */
    private record At(long revision, MeshIndex index) {}

    private At at(long revision) {
        if (revision < 0) {
            throw MeshRefusal.invalid("a revision is not negative");
        }
        Snapshot now = store.snapshot();
        if (!now.hasMesh()) {
            throw MeshRefusal.noIndex();
        }
        At at = revision == 0 ? new At(now.revision(), now.mesh()) : new At(revision, store.mesh(revision));
        if (at.index == null) {
            throw MeshRefusal.noIndex();
        }
        return at;
    }

    private static int limit(int asked) {
        if (asked < 0) {
            throw MeshRefusal.invalid("a limit is not negative");
        }
        return asked == 0 ? DEFAULT_LIMIT : Math.min(asked, MAX_LIMIT);
    }

    // ---- lists

    /** A page of a list being put together. */
    private final class Listing {
        final ContinueToken token;
        final int limit;
        final At at;
        final MeshQuery query;
        final MeshMessages messages;
        String next = "";

        Listing(MeshListRequest request, MeshFilter filter, MeshAccess.Permit permit) {
            token = ContinueToken.parse(request.getContinueToken());
            limit = limit(request.getLimit());
            at = at(token == null ? request.getRevision() : token.revision());
            query = new MeshQuery(at.index, filter, new PermittedKeys(permit));
            messages = new MeshMessages(query.localCluster());
        }

        String after() {
            return token == null ? null : token.keyText();
        }

        ResponseHeader header() {
            return headers.apply(at.revision);
        }

        /** Hands on the messages of a page as far as they fit, and remembers where to go on. */
        <E, M extends MessageLite> void add(
                Page<E> page,
                Function<E, M> message,
                Consumer<M> into,
                Function<E, byte[]> key,
                Function<E, Integer> section) {
            long bytes = 0;
            for (int i = 0; i < page.entries().size(); i++) {
                E entry = page.entries().get(i);
                M made = message.apply(entry);
                bytes += made.getSerializedSize();
                into.accept(made);
                boolean last = i == page.entries().size() - 1;
                if (last ? page.more() : bytes >= ENOUGH_BYTES) {
                    next = new ContinueToken(at.revision, section.apply(entry), key.apply(entry)).text();
                    return;
                }
            }
        }

        <E extends MeshEntry, M extends MessageLite> void add(Page<E> page, Function<E, M> message, Consumer<M> into) {
            add(page, message, into, entry -> entry.key().getBytes(StandardCharsets.UTF_8), entry -> 0);
        }
    }

    /** What makes a page; what it throws is the caller's mistake. */
    private interface Pager<E> {
        Page<E> page() throws SelectorException;
    }

    private static <E> Page<E> page(Pager<E> pager) {
        try {
            return pager.page();
        } catch (SelectorException e) {
            throw MeshRefusal.invalid("the continue token is " + e.getMessage());
        }
    }

    public ListEndpointsResponse listEndpoints(MeshListRequest request, MeshAccess.Permit permit) {
        MeshFilter filter = Selections.filter(request.getSelector(), MeshKind.MESH_KIND_ENDPOINT);
        Listing list = new Listing(request, filter, permit);
        ListEndpointsResponse.Builder answer =
                ListEndpointsResponse.newBuilder().setHeader(list.header());
        list.add(
                page(() -> list.query.endpoints(list.after(), list.limit)),
                list.messages::endpoint,
                answer::addEndpoints);
        return answer.setContinueToken(list.next).build();
    }

    public ListIdentitiesResponse listIdentities(MeshListRequest request, MeshAccess.Permit permit) {
        MeshFilter filter = Selections.filter(request.getSelector(), MeshKind.MESH_KIND_IDENTITY);
        Listing list = new Listing(request, filter, permit);
        ListIdentitiesResponse.Builder answer =
                ListIdentitiesResponse.newBuilder().setHeader(list.header());
        list.add(
                page(() -> list.query.identities(list.after(), list.limit)),
                list.messages::identity,
                answer::addIdentities);
        return answer.setContinueToken(list.next).build();
    }

    public ListNodesResponse listNodes(MeshListRequest request, MeshAccess.Permit permit) {
        MeshFilter filter = Selections.filter(request.getSelector(), MeshKind.MESH_KIND_NODE);
        Listing list = new Listing(request, filter, permit);
        ListNodesResponse.Builder answer = ListNodesResponse.newBuilder().setHeader(list.header());
        list.add(page(() -> list.query.nodes(list.after(), list.limit)), list.messages::node, answer::addNodes);
        return answer.setContinueToken(list.next).build();
    }

    public ListServicesResponse listServices(MeshListRequest request, MeshAccess.Permit permit) {
        MeshFilter filter = Selections.filter(request.getSelector(), MeshKind.MESH_KIND_SERVICE);
        Listing list = new Listing(request, filter, permit);
        ListServicesResponse.Builder answer = ListServicesResponse.newBuilder().setHeader(list.header());
        list.add(
                page(() -> list.query.services(list.after(), list.limit)), list.messages::service, answer::addServices);
        return answer.setContinueToken(list.next).build();
    }

    public ListClustersResponse listClusters(MeshListRequest request, MeshAccess.Permit permit) {
        Selections.requireNothingBut(request.getSelector(), true, "clusters");
        Listing list = new Listing(request, Selections.filter(request.getSelector()), permit);
        ListClustersResponse.Builder answer = ListClustersResponse.newBuilder().setHeader(list.header());
        list.<ClusterSummary, io.meshkeep.proto.MeshCluster>add(
                list.query.clusters(list.after(), list.limit),
                MeshMessages::cluster,
                answer::addClusters,
                cluster -> cluster.scope().cluster().getBytes(StandardCharsets.UTF_8),
                cluster -> 0);
        return answer.setContinueToken(list.next).build();
    }

    public ListProblemsResponse listProblems(MeshListRequest request, MeshAccess.Permit permit) {
        Selections.requireNothingBut(request.getSelector(), false, "problems");
        Listing list = new Listing(request, MeshFilter.EVERYTHING, permit);
        ListProblemsResponse.Builder answer = ListProblemsResponse.newBuilder().setHeader(list.header());
        Problem.Kind section = null;
        if (list.token != null) {
            if (list.token.section() < 0 || list.token.section() >= Problem.Kind.values().length) {
                throw MeshRefusal.invalid("the continue token is not one");
            }
            section = Problem.Kind.values()[list.token.section()];
        }
        Problem.Kind after = section;
        list.<Problem, io.meshkeep.proto.MeshProblem>add(
                page(() -> list.query.problems(after, list.token == null ? null : list.token.key(), list.limit)),
                MeshMessages::problem,
                answer::addProblems,
                Problem::key,
                problem -> problem.kind().ordinal());
        return answer.setContinueToken(list.next).build();
    }

    // ---- single things

    public GetIdentityResponse getIdentity(GetIdentityRequest request, MeshAccess.Permit permit) {
        long number = Integer.toUnsignedLong(request.getNumber());
        if (number == 0) {
            throw MeshRefusal.invalid("0 is not the number of an identity");
        }
        At at = at(request.getRevision());
        MeshFilter filter = Selections.filter(
                MeshSelector.newBuilder().setCluster(request.getCluster()).build());
        MeshQuery query = new MeshQuery(at.index, filter, new PermittedKeys(permit));
        MeshMessages messages = new MeshMessages(query.localCluster());
        GetIdentityResponse.Builder answer = GetIdentityResponse.newBuilder().setHeader(headers.apply(at.revision));
        for (Identity identity : query.identities(number)) {
            answer.addIdentities(GetIdentityResponse.IdentityUse.newBuilder()
                    .setIdentity(messages.identity(identity))
                    .setEndpoints(query.endpointsOf(identity)));
        }
        return answer.build();
    }

    public ExplainResponse explain(ExplainRequest request, MeshAccess.Permit permit) {
        IpPrefix ip = IpPrefix.parse(request.getIp());
        if (ip == null) {
            throw MeshRefusal.invalid("\"" + request.getIp() + "\" is not an IP address");
        }
        At at = at(request.getRevision());
        MeshFilter filter = Selections.filter(
                MeshSelector.newBuilder().setCluster(request.getCluster()).build());
        MeshQuery query = new MeshQuery(at.index, filter, new PermittedKeys(permit));
        MeshMessages messages = new MeshMessages(query.localCluster());
        ExplainResponse.Builder answer = ExplainResponse.newBuilder().setHeader(headers.apply(at.revision));
        List<Endpoint> endpoints = query.at(ip, MAX_EXPLANATIONS + 1);
        for (Endpoint endpoint : endpoints.subList(0, Math.min(MAX_EXPLANATIONS, endpoints.size()))) {
            ExplainResponse.Explanation.Builder explanation =
                    ExplainResponse.Explanation.newBuilder().setEndpoint(messages.endpoint(endpoint));
            Identity identity = query.identityOf(endpoint);
            if (identity != null) {
                explanation.setIdentity(messages.identity(identity));
            }
            Node node = query.nodeOf(endpoint);
            if (node != null) {
                explanation.setNode(messages.node(node));
            }
            query.problemsOf(endpoint).forEach(problem -> explanation.addProblems(MeshMessages.problem(problem)));
            answer.addExplanations(explanation);
        }
        return answer.setMore(endpoints.size() > MAX_EXPLANATIONS).build();
    }

    // ---- differences

    public MeshDiffResponse diff(MeshDiffRequest request, MeshAccess.Permit permit) {
        if (request.getFromRevision() <= 0) {
            throw MeshRefusal.invalid("the revision before is missing");
        }
        ContinueToken token = ContinueToken.parse(request.getContinueToken());
        int limit = limit(request.getLimit());
        MeshFilter filter = Selections.filter(request.getSelector());
        At from = at(request.getFromRevision());
        At to = at(token == null ? request.getToRevision() : token.revision());
        Visibility visibility = new PermittedKeys(permit);
        MeshQuery before = new MeshQuery(from.index, filter, visibility);
        MeshQuery after = new MeshQuery(to.index, filter, visibility);
        MeshDiff diff = new MeshDiff(before, after);
        MeshMessages old = new MeshMessages(before.localCluster());
        MeshMessages now = new MeshMessages(after.localCluster());
        MeshDiffResponse.Builder answer = MeshDiffResponse.newBuilder()
                .setHeader(headers.apply(to.revision))
                .setFromRevision(from.revision);
        MeshDiff.Place place = token == null ? null : token.place();
        int first = token == null ? 0 : token.section() / MeshDiff.Place.PARTS;
        long bytes = 0;
        ContinueToken last = null;
        for (int section = first; section < KINDS.size(); section++) {
            MeshKind kind = KINDS.get(section);
            if (!request.getKindsList().isEmpty() && !request.getKindsList().contains(kind)
                    || !Selections.isFor(request.getSelector(), kind)) {
                continue;
            }
            MeshDiff.Changes<? extends MeshEntry> changes = changes(diff, kind, section == first ? place : null);
            while (changes.advance()) {
                if (last != null && (answer.getChangesCount() == limit || bytes >= ENOUGH_BYTES)) {
                    return answer.setContinueToken(last.text()).build();
                }
                MeshDiffResponse.Change change = message(changes.change(), old, now);
                bytes += change.getSerializedSize();
                answer.addChanges(change);
                last = ContinueToken.of(to.revision, section, changes.place());
            }
        }
        return answer.build();
    }

    private static MeshDiffResponse.Change message(
            MeshChange<? extends MeshEntry> change, MeshMessages old, MeshMessages now) {
        MeshDiffResponse.Change.Builder message =
                MeshDiffResponse.Change.newBuilder().setKey(change.key());
        if (change.before() != null) {
            message.setBefore(old.entry(change.before()));
        }
        if (change.after() != null) {
            message.setAfter(now.entry(change.after()));
        }
        return message.build();
    }

    /**
     * The changes of one kind of entries.
     *
     * @param after where to go on, or null to begin
     */
    static MeshDiff.Changes<? extends MeshEntry> changes(MeshDiff diff, MeshKind kind, MeshDiff.Place after) {
        try {
            return switch (kind) {
                case MESH_KIND_IDENTITY -> diff.identities(after);
                case MESH_KIND_NODE -> diff.nodes(after);
                case MESH_KIND_SERVICE -> diff.services(after);
                default -> diff.endpoints(after);
            };
        } catch (SelectorException e) {
            throw MeshRefusal.invalid("the continue token is " + e.getMessage());
        }
    }
}
