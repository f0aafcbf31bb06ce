package io.meshkeep.server.mesh;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.MeshCluster;
import io.meshkeep.proto.MeshEndpoint;
import io.meshkeep.proto.MeshEntry;
import io.meshkeep.proto.MeshIdentity;
import io.meshkeep.proto.MeshNode;
import io.meshkeep.proto.MeshNodeAddress;
import io.meshkeep.proto.MeshProblem;
import io.meshkeep.proto.MeshService;
import io.meshkeep.store.mesh.ClusterSummary;
import io.meshkeep.store.mesh.Endpoint;
import io.meshkeep.store.mesh.Identity;
import io.meshkeep.store.mesh.Label;
import io.meshkeep.store.mesh.MeshIndex;
import io.meshkeep.store.mesh.Node;
import io.meshkeep.store.mesh.Problem;
import io.meshkeep.store.mesh.Service;

/** Entries as messages. The name of the own cluster is not in all of them, so it is given. */
record MeshMessages(String localCluster) {
    MeshIdentity identity(Identity identity) {
        MeshIdentity.Builder message = MeshIdentity.newBuilder()
                .setKey(Identity.isReserved(identity.number()) && identity.revision() == 0 ? "" : identity.key())
                .setCluster(MeshIndex.clusterOf(identity, localCluster))
                .setCached(identity.scope().cached())
                .setNumber((int) identity.number())
                .setRevision(identity.revision());
        for (Label label : identity.labels()) {
            message.addLabels(label.source() + ":" + label.key() + "=" + label.value());
        }
        return message.build();
    }

    MeshEndpoint endpoint(Endpoint endpoint) {
        return MeshEndpoint.newBuilder()
                .setKey(endpoint.key())
                .setCluster(MeshIndex.clusterOf(endpoint, localCluster))
                .setCached(endpoint.scope().cached())
                .setIp(endpoint.ip().toString())
                .setIdentity((int) endpoint.identity())
                .setHostIp(endpoint.hostIp())
                .setNamespace(endpoint.namespace())
                .setPod(endpoint.pod())
                .setEncryptionKey(endpoint.encryptionKey())
                .setRevision(endpoint.revision())
                .build();
    }

    MeshNode node(Node node) {
        MeshNode.Builder message = MeshNode.newBuilder()
                .setKey(node.key())
                .setCluster(node.cluster())
                .setCached(node.scope().cached())
                .setName(node.name())
                .setIpv4Cidr(node.ipv4Cidr())
                .setIpv6Cidr(node.ipv6Cidr())
                .setClusterId((int) node.clusterId())
                .setIdentity((int) node.identity())
                .setSource(node.source())
                .setRegistration(node.registration())
                .setRevision(node.revision());
        for (Node.Address address : node.addresses()) {
            message.addAddresses(
                    MeshNodeAddress.newBuilder().setType(address.type()).setIp(address.ip()));
        }
        return message.build();
    }

    MeshService service(Service service) {
        return MeshService.newBuilder()
                .setKey(service.key())
                .setCluster(service.cluster())
                .setCached(service.scope().cached())
                .setNamespace(service.namespace())
                .setName(service.name())
                .setExport(service.export())
                .setShared(service.shared())
                .setIncludeExternal(service.includeExternal())
                .addAllFrontends(service.frontends())
                .addAllBackends(service.backends())
                .setType(service.type())
                .setRevision(service.revision())
                .build();
    }

    MeshEntry entry(io.meshkeep.store.mesh.MeshEntry entry) {
        MeshEntry.Builder message = MeshEntry.newBuilder();
        if (entry instanceof Endpoint endpoint) {
            message.setEndpoint(endpoint(endpoint));
        } else if (entry instanceof Identity identity) {
            message.setIdentity(identity(identity));
        } else if (entry instanceof Node node) {
            message.setNode(node(node));
        } else {
            message.setService(service((Service) entry));
        }
        return message.build();
    }

    static MeshCluster cluster(ClusterSummary cluster) {
        return MeshCluster.newBuilder()
                .setName(cluster.name())
                .setCached(cluster.scope().cached())
                .setIdentities(cluster.identities())
                .setEndpoints(cluster.endpoints())
                .setNodes(cluster.nodes())
                .setServices(cluster.services())
                .setServiceExports(cluster.serviceExports())
                .build();
    }

    static MeshProblem problem(Problem problem) {
        return MeshProblem.newBuilder()
                .setKind(
                        switch (problem.kind()) {
                            case MALFORMED -> MeshProblem.Kind.MALFORMED;
                            case MISMATCH -> MeshProblem.Kind.MISMATCH;
                            case UNKNOWN_IDENTITY -> MeshProblem.Kind.UNKNOWN_IDENTITY;
                        })
                .setKey(ByteString.copyFrom(problem.key()))
                .setReason(problem.reason())
                .setRevision(problem.revision())
                .build();
    }
}
