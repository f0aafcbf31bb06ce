package io.meshkeep.server.direct;

import io.grpc.Metadata;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.netty.util.AsciiString;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The methods whose calls are handled directly. Immutable. */
public final class DirectMethods {
    /** None: every call is gRPC's. */
    public static final DirectMethods NONE = new DirectMethods(Map.of(), List.of());

    private final Map<AsciiString, ServerMethodDefinition<?, ?>> byPath;
    private final List<Entry> metadata;

    /** A header that handlers look at, and the key under which it stands in the metadata. */
    record Entry(AsciiString header, Metadata.Key<byte[]> key) {}

    private DirectMethods(Map<AsciiString, ServerMethodDefinition<?, ?>> byPath, List<Entry> metadata) {
        this.byPath = byPath;
        this.metadata = metadata;
    }

    /**
     * @param services where the methods are bound
     * @param names full names of methods, such as {@code etcdserverpb.KV/Put}
     * @param metadata the names of all that their handlers look at in a call's metadata; ASCII values only
     */
    public static DirectMethods of(
            Collection<ServerServiceDefinition> services, Set<String> names, Collection<String> metadata) {
        Map<AsciiString, ServerMethodDefinition<?, ?>> byPath = new HashMap<>();
        for (ServerServiceDefinition service : services) {
            for (ServerMethodDefinition<?, ?> method : service.getMethods()) {
                String name = method.getMethodDescriptor().getFullMethodName();
                if (names.contains(name)) {
                    byPath.put(AsciiString.cached("/" + name), method);
                }
            }
        }
        if (byPath.size() != names.size()) {
            throw new IllegalArgumentException("not all of these methods are bound: " + names);
        }
        return new DirectMethods(
                byPath,
                metadata.stream()
                        .map(name -> new Entry(AsciiString.cached(name), MetadataBytes.key(name)))
                        .toList());
    }

    /** The method with a path, or null if its calls are gRPC's. */
    ServerMethodDefinition<?, ?> find(CharSequence path) {
        return path instanceof AsciiString ascii ? byPath.get(ascii) : null;
    }

    List<Entry> metadata() {
        return metadata;
    }

    boolean isEmpty() {
        return byPath.isEmpty();
    }
}
