package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.meshkeep.proto.AuthenticateRequest;
import io.meshkeep.proto.AuthenticateResponse;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrantResponse;
import io.meshkeep.proto.Member;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.StatusResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Translates between the ids that one server chose and the symbols that stand for them in ops and answers: the
 * cluster's and the member's id, terms, leases whose id the server picked, addresses, and in a status what only that
 * server can know. A value that breaks the rules for such ids (a cluster id that changes, a term that falls) is left
 * as it is and so shows up as a difference. Not thread-safe.
 */
final class Identities {
    /** Stands for the member that answers. */
    static final long SELF = 0x5E1F5E1F5E1F5E1FL;

    /** The first lease whose id a server picked; the next ones follow. */
    static final long FIRST_PICKED_LEASE = 0x7E5E000000000000L;

    private static final long KNOWN = 1;

    private enum Kind {
        CLUSTER,
        MEMBER,
        TERM,
        LEASE
    }

    private static final Map<String, Kind> KINDS = Map.ofEntries(
            Map.entry("etcdserverpb.ResponseHeader.cluster_id", Kind.CLUSTER),
            Map.entry("etcdserverpb.ResponseHeader.member_id", Kind.MEMBER),
            Map.entry("etcdserverpb.ResponseHeader.raft_term", Kind.TERM),
            Map.entry("etcdserverpb.AlarmRequest.memberID", Kind.MEMBER),
            Map.entry("etcdserverpb.AlarmMember.memberID", Kind.MEMBER),
            Map.entry("etcdserverpb.Member.ID", Kind.MEMBER),
            Map.entry("etcdserverpb.MemberRemoveRequest.ID", Kind.MEMBER),
            Map.entry("etcdserverpb.MemberUpdateRequest.ID", Kind.MEMBER),
            Map.entry("etcdserverpb.MemberPromoteRequest.ID", Kind.MEMBER),
            Map.entry("etcdserverpb.MoveLeaderRequest.targetID", Kind.MEMBER),
            Map.entry("mvccpb.KeyValue.lease", Kind.LEASE),
            Map.entry("etcdserverpb.PutRequest.lease", Kind.LEASE),
            Map.entry("etcdserverpb.Compare.lease", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseGrantRequest.ID", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseGrantResponse.ID", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseRevokeRequest.ID", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseKeepAliveRequest.ID", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseKeepAliveResponse.ID", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseTimeToLiveRequest.ID", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseTimeToLiveResponse.ID", Kind.LEASE),
            Map.entry("etcdserverpb.LeaseStatus.ID", Kind.LEASE));

    private final Map<Long, Long> leaseToSymbol = new HashMap<>();
    private final Map<Long, Long> symbolToLease = new HashMap<>();
    private final Map<String, String> symbolToToken = new HashMap<>();
    private long cluster;
    private long member;
    private long term;

    /** The request as this server must get it. */
    Message outward(Message request) {
        return rewrite(request, true);
    }

    /** The response with symbols for this server's ids. */
    Message inward(Message response) {
        Message rewritten = rewrite(response, false);
        if (rewritten instanceof StatusResponse status) {
            return status(status);
        }
        return rewritten;
    }

    /** To be told of each grant before {@link #inward} sees its response. */
    void granted(LeaseGrantRequest request, LeaseGrantResponse response) {
        if (request.getID() == 0) {
            long symbol = FIRST_PICKED_LEASE + leaseToSymbol.size();
            leaseToSymbol.put(response.getID(), symbol);
            symbolToLease.put(symbol, response.getID());
        }
    }

    /** To be told of each login; gives the response with a symbol for the token. */
    AuthenticateResponse authenticated(AuthenticateRequest request, AuthenticateResponse response) {
        String symbol = request.getName() + "/" + symbolToToken.size();
        symbolToToken.put(symbol, response.getToken());
        // etcd's simple tokens are so many letters, and the index at which they were issued
        boolean wellFormed = response.getToken().matches("[a-zA-Z]{16}\\.\\d+");
        return response.toBuilder()
                .setToken(wellFormed ? symbol : "of another form: " + response.getToken())
                .build();
    }

    /** The headers with this server's tokens in place of symbols. */
    Headers outward(Headers headers) {
        return new Headers(headers.headers().stream()
                .map(header -> new Headers.Header(header.name(), outward(header.value())))
                .toList());
    }

    private ByteString outward(ByteString value) {
        if (symbolToToken.isEmpty()) {
            return value;
        }
        String text = value.toStringUtf8();
        String bearer = text.startsWith("Bearer ") ? "Bearer " : "";
        String token = symbolToToken.get(text.substring(bearer.length()));
        return token == null ? value : ByteString.copyFromUtf8(bearer + token);
    }

    long lease(long symbol) {
        return symbolToLease.getOrDefault(symbol, symbol);
    }

    private Message rewrite(Message message, boolean outward) {
        if (message instanceof Member m && !outward) {
            message = withoutAddresses(m);
        }
        Message.Builder builder = null;
        for (Map.Entry<FieldDescriptor, Object> entry : message.getAllFields().entrySet()) {
            FieldDescriptor field = entry.getKey();
            Object value = entry.getValue();
            Object rewritten = value;
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                rewritten = field.isRepeated()
                        ? ((List<?>) value)
                                .stream()
                                        .map(m -> rewrite((Message) m, outward))
                                        .toList()
                        : rewrite((Message) value, outward);
            } else if (KINDS.get(field.getFullName()) != null) {
                Kind kind = KINDS.get(field.getFullName());
                rewritten = outward ? outward(kind, (Long) value) : inward(kind, (Long) value);
            }
            if (!rewritten.equals(value)) {
                builder = builder == null ? message.toBuilder() : builder;
                builder.setField(field, rewritten);
            }
        }
        return builder == null ? message : builder.build();
    }

    private long outward(Kind kind, long value) {
        return switch (kind) {
            case MEMBER -> value == SELF ? member : value;
            case LEASE -> lease(value);
            case CLUSTER, TERM -> value;
        };
    }

    private long inward(Kind kind, long value) {
        if (value == 0) {
            return 0;
        }
        switch (kind) {
            case CLUSTER -> {
                cluster = cluster == 0 ? value : cluster;
                return value == cluster ? KNOWN : value;
            }
            case MEMBER -> {
                member = member == 0 ? value : member;
                return value == member ? SELF : value;
            }
            case TERM -> {
                boolean falls = value < term;
                term = Math.max(term, value);
                return falls ? -value : KNOWN;
            }
            case LEASE -> {
                return leaseToSymbol.getOrDefault(value, value);
            }
        }
        throw new AssertionError(kind);
    }

    private static Member withoutAddresses(Member member) {
        Member.Builder builder = member.toBuilder();
        if (member.getPeerURLsCount() > 0) {
            builder.clearPeerURLs().addPeerURLs("(some)");
        }
        if (member.getClientURLsCount() > 0) {
            builder.clearClientURLs().addClientURLs("(some)");
        }
        return builder.build();
    }

    /**
     * Keeps of a status what two servers must agree on: that its figures are plausible, who leads, and the errors.
     * Version, storage version, quota and downgrade state belong to the release.
     */
    private StatusResponse status(StatusResponse status) {
        StatusResponse.Builder builder = StatusResponse.newBuilder();
        ResponseHeader header = status.getHeader();
        if (status.hasHeader()) {
            builder.setHeader(header);
        }
        builder.setVersion(status.getVersion().matches("3\\.\\d+\\.\\d+.*") ? "3.x.y" : status.getVersion());
        builder.setDbSize(status.getDbSize() > 0 && status.getDbSize() >= status.getDbSizeInUse() ? KNOWN : 0);
        builder.setDbSizeInUse(status.getDbSizeInUse() > 0 ? KNOWN : 0);
        builder.setLeader(status.getLeader() == member ? SELF : status.getLeader());
        builder.setRaftAppliedIndex(status.getRaftAppliedIndex() > 0 ? KNOWN : 0);
        builder.setRaftIndex(status.getRaftIndex() >= status.getRaftAppliedIndex() ? KNOWN : 0);
        builder.setRaftTerm(status.getRaftTerm() == term ? KNOWN : 0);
        builder.setIsLearner(status.getIsLearner());
        for (String error : status.getErrorsList()) {
            // The spacing of Go's protobuf text differs from build to build.
            builder.addErrors(error.replace(Long.toUnsignedString(member), "SELF")
                    .replaceAll("\\s+", " ")
                    .strip());
        }
        return builder.build();
    }
}
