package io.meshkeep.server.mesh;

import io.meshkeep.proto.MeshKind;
import io.meshkeep.proto.MeshSelector;
import io.meshkeep.store.mesh.MeshFilter;
import io.meshkeep.store.mesh.SelectorException;
import java.util.Set;

/** Reads selectors, and knows which conditions a kind of entries has. */
final class Selections {
    private enum Condition {
        LABELS,
        CIDR,
        NAMESPACE,
        NODE,
        CLUSTER,
        IDENTITY
    }

    private Selections() {}

    static MeshFilter filter(MeshSelector selector) {
        try {
            return MeshFilter.parse(
                    selector.getLabels(),
                    selector.getCidr(),
                    selector.getNamespace(),
                    selector.getNode(),
                    selector.getCluster(),
                    Integer.toUnsignedLong(selector.getIdentity()));
        } catch (SelectorException e) {
            throw MeshRefusal.invalid(e.getMessage());
        }
    }

    /** The filter of a selector for one kind of entries; a condition that they do not have is refused. */
    static MeshFilter filter(MeshSelector selector, MeshKind kind) {
        Condition foreign = foreign(selector, conditions(kind));
        if (foreign != null) {
            throw MeshRefusal.invalid(
                    plural(kind) + " cannot be selected by " + foreign.name().toLowerCase(java.util.Locale.ROOT));
        }
        return filter(selector);
    }

    /** Whether entries of this kind have all that the selector has conditions on. */
    static boolean isFor(MeshSelector selector, MeshKind kind) {
        return foreign(selector, conditions(kind)) == null;
    }

    static void requireNothingBut(MeshSelector selector, boolean cluster, String what) {
        Condition foreign = foreign(selector, cluster ? Set.of(Condition.CLUSTER) : Set.of());
        if (foreign != null) {
            throw MeshRefusal.invalid(
                    what + " cannot be selected by " + foreign.name().toLowerCase(java.util.Locale.ROOT));
        }
    }

    private static Set<Condition> conditions(MeshKind kind) {
        return switch (kind) {
            case MESH_KIND_IDENTITY ->
                Set.of(Condition.LABELS, Condition.NAMESPACE, Condition.CLUSTER, Condition.IDENTITY);
            case MESH_KIND_NODE -> Set.of(Condition.CIDR, Condition.NODE, Condition.CLUSTER, Condition.IDENTITY);
            case MESH_KIND_SERVICE -> Set.of(Condition.NAMESPACE, Condition.CLUSTER);
            default -> Set.of(Condition.values());
        };
    }

    private static String plural(MeshKind kind) {
        return switch (kind) {
            case MESH_KIND_IDENTITY -> "identities";
            case MESH_KIND_NODE -> "nodes";
            case MESH_KIND_SERVICE -> "services";
            default -> "endpoints";
        };
    }

    private static Condition foreign(MeshSelector selector, Set<Condition> known) {
        for (Condition condition : Condition.values()) {
            boolean set = switch (condition) {
                case LABELS -> !selector.getLabels().isBlank();
                case CIDR -> !selector.getCidr().isEmpty();
                case NAMESPACE -> !selector.getNamespace().isEmpty();
                case NODE -> !selector.getNode().isEmpty();
                case CLUSTER -> !selector.getCluster().isEmpty();
                case IDENTITY -> selector.getIdentity() != 0;
            };
            if (set && !known.contains(condition)) {
                return condition;
            }
        }
        return null;
    }
}
