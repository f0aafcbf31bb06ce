package io.meshkeep.server.rpc;

import io.grpc.ServerServiceDefinition;
import io.meshkeep.proto.ClusterGrpc;
import io.meshkeep.proto.Member;
import io.meshkeep.proto.MemberListRequest;
import io.meshkeep.proto.MemberListResponse;
import io.meshkeep.store.Store;
import java.util.List;
import java.util.function.Supplier;

/** {@code etcdserverpb.Cluster} of a cluster with one member: this server. */
final class ClusterService {
    private final Store store;
    private final Headers headers;
    private final Supplier<Self> self;

    /**
     * What the member list says of this server.
     *
     * @param peerUrls where peers would reach it; none ever does
     * @param clientUrls where clients reach it
     */
    record Self(String name, List<String> peerUrls, List<String> clientUrls) {}

    ClusterService(Store store, Headers headers, Supplier<Self> self) {
        this.store = store;
        this.headers = headers;
        this.self = self;
    }

    ServerServiceDefinition bind(ServiceBinder binder) {
        return binder.service(ClusterGrpc.getServiceDescriptor())
                .unary(ClusterGrpc.getMemberListMethod(), this::memberList)
                .unbuilt("the cluster has one member, which cannot change")
                .build();
    }

    private void memberList(MemberListRequest request, Reply reply) {
        store.requireCredentials(reply.credentials());
        Self me = self.get();
        reply.send(Encoded.of(MemberListResponse.newBuilder()
                // etcd's Cluster responses carry no revision
                .setHeader(headers.at(0))
                .addMembers(Member.newBuilder()
                        .setID(store.memberId())
                        .setName(me.name())
                        .addAllPeerURLs(me.peerUrls())
                        .addAllClientURLs(me.clientUrls()))
                .build()));
    }
}
