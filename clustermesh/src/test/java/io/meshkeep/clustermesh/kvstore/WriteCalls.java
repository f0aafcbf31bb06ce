package io.meshkeep.clustermesh.kvstore;

import io.grpc.Status;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** A client's calls that write: how many keys each was for, in order; answers can be held back and keys refused. */
final class WriteCalls {
    private final Kvstore inner;
    private final List<Integer> sizes = new ArrayList<>();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private long refusedAlone;
    private volatile CompletableFuture<Void> answers = CompletableFuture.completedFuture(null);

    WriteCalls(Kvstore inner) {
        this.inner = inner;
    }

    /** The client whose calls these are. */
    Kvstore kvstore() {
        return (Kvstore) Proxy.newProxyInstance(
                Kvstore.class.getClassLoader(),
                new Class<?>[] {Kvstore.class},
                (proxy, method, arguments) -> invoke(method, arguments));
    }

    /** From now on answers wait until the future completes. */
    void hold(CompletableFuture<Void> until) {
        answers = until;
    }

    /** A call that writes the key fails, whatever else it writes. */
    void refuse(String key) {
        refused.add(key);
    }

    void allowAll() {
        refused.clear();
    }

    synchronized List<Integer> sizes() {
        return List.copyOf(sizes);
    }

    /** How many calls were refused that wrote no other key. */
    synchronized long refusedAlone() {
        return refusedAlone;
    }

    private Object invoke(Method method, Object[] arguments) throws Throwable {
        try {
            List<String> keys = keys(method, arguments);
            if (keys.isEmpty()) {
                return method.invoke(inner, arguments);
            }
            synchronized (this) {
                sizes.add(keys.size());
            }
            if (keys.stream().anyMatch(refused::contains)) {
                synchronized (this) {
                    refusedAlone += keys.size() == 1 ? 1 : 0;
                }
                return CompletableFuture.failedFuture(Status.PERMISSION_DENIED
                        .withDescription("etcdserver: permission denied")
                        .asRuntimeException());
            }
            CompletableFuture<?> call = (CompletableFuture<?>) method.invoke(inner, arguments);
            return call.thenCombine(answers, (answer, released) -> answer);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static List<String> keys(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "change" ->
                ((List<?>) arguments[0])
                        .stream().map(change -> ((Kvstore.Change) change).key()).toList();
            case "put", "delete" -> List.of((String) arguments[0]);
            default -> List.of();
        };
    }
}
