package io.meshkeep.server.cli.mesh;

import io.meshkeep.proto.MeshEndpoint;
import io.meshkeep.proto.MeshEntry;
import io.meshkeep.proto.MeshIdentity;
import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshNode;
import io.meshkeep.proto.MeshNodeAddress;
import io.meshkeep.proto.MeshService;
import java.util.stream.Collectors;

/** One-line descriptions of entries. */
final class Entries {
    private Entries() {}

    static String key(MeshEntry entry) {
        return switch (entry.getEntryCase()) {
            case ENDPOINT -> entry.getEndpoint().getKey();
            case IDENTITY -> entry.getIdentity().getKey();
            case NODE -> entry.getNode().getKey();
            case SERVICE -> entry.getService().getKey();
            case ENTRY_NOT_SET -> "";
        };
    }

    static String line(MeshEntry entry) {
        return Table.printable(
                switch (entry.getEntryCase()) {
                    case ENDPOINT -> line(entry.getEndpoint());
                    case IDENTITY -> line(entry.getIdentity());
                    case NODE -> line(entry.getNode());
                    case SERVICE -> line(entry.getService());
                    case ENTRY_NOT_SET -> "something that this version does not know";
                });
    }

    private static String line(MeshEndpoint endpoint) {
        return "endpoint " + endpoint.getIp() + in(endpoint.getCluster()) + ": identity "
                + ListOutput.unsigned(endpoint.getIdentity())
                + (endpoint.getPod().isEmpty() ? "" : ", pod " + endpoint.getNamespace() + "/" + endpoint.getPod())
                + (endpoint.getHostIp().isEmpty() ? "" : ", on " + endpoint.getHostIp());
    }

    private static String line(MeshIdentity identity) {
        return "identity " + ListOutput.unsigned(identity.getNumber()) + in(identity.getCluster()) + ": "
                + String.join(",", identity.getLabelsList());
    }

    private static String line(MeshNode node) {
        return (node.getRegistration() ? "registration " : "node ") + node.getName() + in(node.getCluster()) + ": "
                + node.getAddressesList().stream().map(MeshNodeAddress::getIp).collect(Collectors.joining(","));
    }

    private static String line(MeshService service) {
        return (service.getExport() ? "export " : "service ") + service.getNamespace() + "/" + service.getName()
                + in(service.getCluster()) + ": " + service.getFrontendsCount() + " frontends, "
                + service.getBackendsCount() + " backends";
    }

    private static String in(String cluster) {
        return cluster.isEmpty() ? "" : " in " + cluster;
    }

    static MeshKind kind(String word) throws CommandException {
        return switch (word) {
            case "endpoints" -> MeshKind.MESH_KIND_ENDPOINT;
            case "identities" -> MeshKind.MESH_KIND_IDENTITY;
            case "nodes" -> MeshKind.MESH_KIND_NODE;
            case "services" -> MeshKind.MESH_KIND_SERVICE;
            default ->
                throw CommandException.misused("\"" + word + "\" is none of endpoints, identities, nodes and services");
        };
    }
}
