package io.meshkeep.server.mesh;

import io.meshkeep.store.mesh.MeshKind;
import io.meshkeep.store.mesh.Scope;
import io.meshkeep.store.mesh.Visibility;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** What a permit lets its holder see. It is asked once for each kind and cluster, and then, if need be, for each key. */
final class PermittedKeys implements Visibility {
    private record Area(MeshKind kind, Scope scope) {}

    private final MeshAccess.Permit permit;
    private final Map<Area, Boolean> areas = new ConcurrentHashMap<>();
    private final boolean everything;

    PermittedKeys(MeshAccess.Permit permit) {
        this.permit = permit;
        this.everything = mayRead("cilium/cache/") && mayRead("cilium/state/");
    }

    private boolean mayRead(String prefix) {
        byte[] start = prefix.getBytes(StandardCharsets.UTF_8);
        byte[] end = start.clone();
        // prefixes end with a slash, after which there is another character
        end[end.length - 1]++;
        return permit.mayRead(start, end);
    }

    @Override
    public boolean seesAll(MeshKind kind, Scope scope) {
        return everything
                || areas.computeIfAbsent(
                        new Area(kind, scope), area -> mayRead(area.kind().prefix(area.scope())));
    }

    @Override
    public boolean seesKey(byte[] key) {
        return everything || permit.mayRead(key, Arrays.copyOf(key, key.length + 1));
    }
}
