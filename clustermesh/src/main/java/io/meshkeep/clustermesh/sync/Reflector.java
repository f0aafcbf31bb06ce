package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.Listable;
import io.fabric8.kubernetes.client.dsl.Watchable;
import io.meshkeep.clustermesh.kvstore.Backoff;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the objects of one kind in pages, tells of each page before it asks for the next, and then watches; when the watch
 * ends because its version is too old, or cannot be kept up, it lists again and tells of what is new, changed or gone.
 *
 * <p>The client's informers do the same, but keep all objects, hold back what a first list says until its end, and hand
 * every single object over to another thread. Here the only thing kept is which objects there are, in which version: there
 * may be hundreds of thousands.
 */
final class Reflector<T extends HasMetadata> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reflector.class);

    /** Objects of one answer, as with Kubernetes' own clients: what is read at once is a MiB, not hundreds. */
    private static final long PAGE = 500;

    /** A watch is begun anew after this time or up to twice as long, as with Kubernetes' own clients, to spread them. */
    private static final long WATCH_SECONDS = 300;

    private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(10));

    private final String kind;
    private final Listable<? extends KubernetesResourceList<T>> lists;
    private final Watchable<T> watches;
    private final ObjectSync<T> sync;
    private final Thread thread;
    /** By the object's key; guarded by this, as is all telling. */
    private final Map<String, String> versions = new HashMap<>();

    private Watching watching;
    private boolean closed;

    private Reflector(
            String kind,
            Listable<? extends KubernetesResourceList<T>> lists,
            Watchable<T> watches,
            ObjectSync<T> sync) {
        this.kind = kind;
        this.lists = lists;
        this.watches = watches;
        this.sync = sync;
        this.thread = new Thread(this::run, "reflector-" + kind);
        thread.setDaemon(true);
    }

    /**
     * Begins, and returns at once.
     *
     * @param kind for the log
     * @param sync called by one thread at a time
     */
    static <T extends HasMetadata, L extends KubernetesResourceList<T>, K extends Listable<L> & Watchable<T>>
            Reflector<T> start(String kind, K objects, ObjectSync<T> sync) {
        Reflector<T> reflector = new Reflector<>(kind, objects, objects, sync);
        reflector.thread.start();
        return reflector;
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private void run() {
        int failures = 0;
        while (!isClosed()) {
            boolean listed = false;
            try {
                String version = list();
                listed = true;
                failures = 0;
                watch(version);
            } catch (RuntimeException | ExecutionException failure) {
                if (isClosed()) {
                    return;
                }
                failures++;
                log.warn(
                        "{} could not be {}; it is tried again: {}",
                        kind,
                        listed ? "watched" : "listed",
                        failure.getMessage());
                if (!rest(failures)) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static boolean rest(int failures) {
        try {
            Thread.sleep(BACKOFF.millisAfter(failures));
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    /** Gives the version from which to watch. */
    private String list() {
        Optional<Set<String>> present = hasTold() ? Optional.of(new HashSet<>()) : Optional.empty();
        String next = null;
        KubernetesResourceList<T> page;
        do {
            ListOptions options =
                    new ListOptionsBuilder().withLimit(PAGE).withContinue(next).build();
            page = lists.list(options);
            tell(page.getItems(), present);
            next = page.getMetadata().getContinue();
        } while (next != null && !next.isEmpty());
        present.ifPresent(this::tellWhatIsGone);
        synchronized (this) {
            if (!closed) {
                sync.listed();
            }
        }
        return page.getMetadata().getResourceVersion();
    }

    private synchronized boolean hasTold() {
        return !versions.isEmpty();
    }

    private synchronized void tell(List<T> objects, Optional<Set<String>> present) {
        for (T object : objects) {
            String key = tell(object);
            present.ifPresent(keys -> keys.add(key));
        }
    }

    private synchronized void tellWhatIsGone(Set<String> present) {
        List<String> gone = new ArrayList<>(versions.keySet());
        gone.removeAll(present);
        gone.forEach(this::tellGone);
    }

    /** Gives its key. */
    private String tell(T object) {
        ObjectMeta metadata = object.getMetadata();
        String key = key(metadata);
        String version = Objects.requireNonNullElse(metadata.getResourceVersion(), "");
        if (!closed && !version.equals(versions.put(key, version))) {
            try {
                sync.put(key, object);
            } catch (RuntimeException e) {
                log.error("{} {} cannot be understood and is left out", kind, key, e);
            }
        }
        return key;
    }

    private void tellGone(String key) {
        if (!closed && versions.remove(key) != null) {
            sync.delete(key);
        }
    }

    private static String key(ObjectMeta metadata) {
        return metadata.getNamespace() == null
                ? metadata.getName()
                : metadata.getNamespace() + "/" + metadata.getName();
    }

    /** Returns when it is to be listed again. */
    private void watch(String version) throws InterruptedException, ExecutionException {
        Watching next = new Watching();
        synchronized (this) {
            watching = next;
        }
        ListOptions options = new ListOptionsBuilder()
                .withResourceVersion(version)
                .withAllowWatchBookmarks(true)
                .withTimeoutSeconds(WATCH_SECONDS + ThreadLocalRandom.current().nextLong(WATCH_SECONDS))
                .build();
        try (Watch watch = watches.watch(options, next)) {
            next.ended.get();
        } finally {
            synchronized (this) {
                watching = null;
            }
        }
    }

    private final class Watching implements Watcher<T> {
        /** With the failure if it is one. */
        private final CompletableFuture<Void> ended = new CompletableFuture<>();

        @Override
        public void eventReceived(Action action, T object) {
            synchronized (Reflector.this) {
                if (watching != this) {
                    return;
                }
                switch (action) {
                    case ADDED, MODIFIED -> tell(object);
                    case DELETED -> tellGone(key(object.getMetadata()));
                    default -> {
                        // a bookmark, whose version the client itself goes on from
                    }
                }
            }
        }

        @Override
        public void onClose() {
            ended.complete(null);
        }

        @Override
        public void onClose(WatcherException cause) {
            if (cause.isHttpGone()) {
                ended.complete(null);
            } else {
                ended.completeExceptionally(cause);
            }
        }
    }

    /** Tells nothing more. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        thread.interrupt();
    }
}
