package io.meshkeep.clustermesh.workload;

import com.google.protobuf.ByteString;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.meshkeep.clustermesh.kvstore.Kvstore;
import io.meshkeep.clustermesh.sync.Cluster;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Lets VMs into the cluster, in two steps. A VM writes its name below {@link RegisterNode#PREFIX} and is answered there
 * with its identity, labels and ranges, if there is a CiliumExternalWorkload of that name; then it writes its addresses,
 * and is published as CiliumNode and CiliumEndpoint.
 *
 * <p>Works on what is, not on what happened: whatever changes for a VM, in the store or in Kubernetes, all that is known
 * about it is looked at again, by one thread. Nothing that goes wrong ends it; it is logged and tried again.
 *
 * <p>Several may run at once, each with the store of its own pod. A VM is registered with one of them.
 */
public final class ExternalWorkloads implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ExternalWorkloads.class);

    /** The name of what is done for no VM in particular; no host is called so. */
    private static final String RELEASE = "unused identities";

    private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration UNTIL_SYNCED = Duration.ofMillis(100);

    /**
     * How long things take.
     *
     * @param leaseTtl of the lease of our answers
     * @param goneAfter how long after its key is deleted a VM counts as gone
     * @param absentAfter how long a VM may take to register with a store that has just started, before it counts as gone
     * @param releaseAfter how long an identity without users is kept
     * @param resync how often a VM is looked at although nothing has changed
     */
    public record Times(
            Duration leaseTtl, Duration goneAfter, Duration absentAfter, Duration releaseAfter, Duration resync) {
        /** As long as Cilium's: VMs renew their leases, of 15 minutes, every 5. */
        public static final Times DEFAULT = new Times(
                Duration.ofMinutes(15),
                Duration.ofSeconds(30),
                Duration.ofMinutes(15),
                Duration.ofMinutes(1),
                Duration.ofMinutes(5));
    }

    private final KubernetesClient kubernetes;
    private final Kvstore store;
    private final Cluster cluster;
    private final Times times;
    private final Identities identities;
    private final Publication publication;
    private final RetryQueue queue;

    private final Map<String, Kvstore.Pair> registered = new ConcurrentHashMap<>();
    private final Map<String, Long> deletedAt = new ConcurrentHashMap<>();
    private final Map<String, String> refusals = new ConcurrentHashMap<>();
    private volatile long listedAt;
    private volatile boolean listed;

    private SharedIndexInformer<GenericKubernetesResource> workloads;
    private SharedIndexInformer<GenericKubernetesResource> nodes;
    private SharedIndexInformer<GenericKubernetesResource> identityInformer;
    private Kvstore.Follow follow;

    // Of the queue's thread alone.
    private final Map<String, GenericKubernetesResource> published = new HashMap<>();
    private final Map<String, Registrations> registrations = new HashMap<>();
    private final Set<String> saidGone = new HashSet<>();
    private Kvstore.Lease lease;

    private ExternalWorkloads(KubernetesClient kubernetes, Kvstore store, Cluster cluster, Times times) {
        this.kubernetes = kubernetes;
        this.store = store;
        this.cluster = cluster;
        this.times = times;
        identities = new Identities(kubernetes, cluster, ThreadLocalRandom.current());
        publication = new Publication(kubernetes);
        queue = new RetryQueue("external-workloads", this::reconcile);
    }

    /**
     * Starts, and returns at once: what is not there yet, the store or the API server or the kinds, is waited for.
     *
     * @param store where VMs register; stays open when this is closed
     */
    public static ExternalWorkloads start(KubernetesClient kubernetes, Kvstore store, Cluster cluster, Times times) {
        ExternalWorkloads started = new ExternalWorkloads(kubernetes, store, cluster, times);
        started.run();
        return started;
    }

    private void run() {
        workloads = informer(
                resources(kubernetes, CiliumResources.EXTERNAL_WORKLOADS), "CiliumExternalWorkload", true, name -> {
                    queue.add(name);
                    queue.add(RELEASE, times.releaseAfter());
                    refusals.keySet().forEach(queue::add);
                });
        nodes = informer(resources(kubernetes, CiliumResources.NODES), "CiliumNode", true, name -> {
            if (registered.containsKey(name)) {
                queue.add(name);
            }
            refusals.keySet().forEach(queue::add);
        });
        identityInformer = informer(
                resources(kubernetes, CiliumResources.IDENTITIES).withLabel(CiliumResources.POD_NAME),
                "CiliumIdentity",
                false,
                number -> registered.keySet().forEach(queue::add));
        follow = store.follow(RegisterNode.PREFIX, new Register());
        queue.add(RELEASE, times.absentAfter());
    }

    private static MixedOperation<
                    GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>>
            resources(KubernetesClient kubernetes, ResourceDefinitionContext kind) {
        return kubernetes.genericKubernetesResources(kind);
    }

    /**
     * Follows a kind; the handler is told the names of what is changed or deleted.
     *
     * @param added whether it is told of what is new as well
     */
    private static SharedIndexInformer<GenericKubernetesResource> informer(
            Informable<GenericKubernetesResource> of, String kind, boolean added, Consumer<String> changed) {
        SharedIndexInformer<GenericKubernetesResource> informer = of.runnableInformer(0);
        informer.addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(GenericKubernetesResource resource) {
                if (added) {
                    changed.accept(resource.getMetadata().getName());
                }
            }

            @Override
            public void onUpdate(GenericKubernetesResource before, GenericKubernetesResource now) {
                if (!String.valueOf(before.getMetadata().getResourceVersion())
                        .equals(now.getMetadata().getResourceVersion())) {
                    changed.accept(now.getMetadata().getName());
                }
            }

            @Override
            public void onDelete(GenericKubernetesResource deleted, boolean stateUnknown) {
                changed.accept(deleted.getMetadata().getName());
            }
        });
        informer.exceptionHandler((started, failure) -> {
            log.warn("cannot follow {}, trying again: {}", kind, failure.getMessage());
            return true;
        });
        informer.start();
        return informer;
    }

    /** What the store tells about registrations. */
    private final class Register implements Kvstore.Follower {
        @Override
        public void put(Kvstore.Pair pair) {
            String name = name(pair.key());
            registered.put(name, pair);
            deletedAt.remove(name);
            queue.add(name);
            // It may carry another identity now, and have been the last with the one before.
            queue.add(RELEASE, times.releaseAfter());
        }

        @Override
        public void deleted(String key) {
            String name = name(key);
            if (registered.remove(name) != null) {
                deletedAt.put(name, System.nanoTime());
            }
            queue.add(name);
            queue.add(RELEASE, times.releaseAfter());
        }

        @Override
        public void listed(long revision) {
            if (!listed) {
                listedAt = System.nanoTime();
                listed = true;
                workloads
                        .getStore()
                        .list()
                        .forEach(workload -> queue.add(workload.getMetadata().getName()));
            }
        }

        @Override
        public void failed(Throwable cause) {
            log.warn("cannot follow registrations, trying again: {}", cause.getMessage());
        }

        private String name(String key) {
            return key.substring(RegisterNode.PREFIX.length());
        }
    }

    /** The VMs that are kept out, and why. */
    public Map<String, String> refusals() {
        return Map.copyOf(refusals);
    }

    private void reconcile(String name) throws Exception {
        if (!listed || !workloads.hasSynced() || !nodes.hasSynced()) {
            queue.add(name, UNTIL_SYNCED);
            return;
        }
        if (name.equals(RELEASE)) {
            release();
            return;
        }
        GenericKubernetesResource workload = workloads.getStore().getByKey(name);
        Kvstore.Pair pair = registered.get(name);
        if (pair == null) {
            forget(name);
            if (workload != null) {
                absent(ExternalWorkload.of(workload));
            }
            return;
        }
        saidGone.remove(name);
        try {
            if (workload == null) {
                published.remove(name);
                throw new RefusedException("there is no CiliumExternalWorkload of that name");
            }
            admit(workload, pair, read(name, pair));
            if (refusals.remove(name) != null) {
                log.info("external workload {} may join now", name);
            }
        } catch (RefusedException refused) {
            if (!refused.getMessage().equals(refusals.put(name, refused.getMessage()))) {
                log.warn("external workload {} cannot join: {}", name, refused.getMessage());
            }
        }
        queue.add(name, times.resync());
    }

    private static RegisterNode read(String name, Kvstore.Pair pair) throws RefusedException {
        RegisterNode vm;
        try {
            vm = RegisterNodeJson.read(pair.value());
        } catch (RegisterNodeJson.MalformedException e) {
            throw new RefusedException("its registration cannot be read: " + e.getMessage(), e);
        }
        if (!vm.name().equals(name)) {
            throw new RefusedException("its registration names another");
        }
        return vm;
    }

    private void admit(GenericKubernetesResource workload, Kvstore.Pair pair, RegisterNode vm) throws Exception {
        ExternalWorkload of = ExternalWorkload.of(workload);
        RegisterNode under = vm.under(of, cluster);
        if (vm.isComplete()) {
            refuseSharedAddress(under);
            long identity = identities.allocate(under.labels(), preferredIdentity(vm, under));
            publication.publish(workload, under, identity);
            published.put(vm.name(), claim(under));
            registrations.computeIfAbsent(vm.name(), Registrations::new).published(under, identity);
        } else {
            answer(pair, under.answered(identities.allocate(under.labels(), preferredIdentity(vm, under))));
        }
    }

    /** The number that a VM with these labels has had, so that it keeps it although its identity was deleted. */
    private long preferredIdentity(RegisterNode vm, RegisterNode under) {
        if (under.labels().equals(vm.labels())) {
            return vm.identity();
        }
        GenericKubernetesResource node = nodes.getStore().getByKey(vm.name());
        if (node != null
                && Publication.isOfWorkload(node)
                && under.labels().equals(RegisterNode.orEmpty(node.getMetadata().getLabels()))) {
            return CiliumResources.part(node, "spec").path("nodeidentity").asLong(0);
        }
        return 0;
    }

    /** Tells the VM its identity, unless it has written again meanwhile; that is looked at when it comes. */
    private void answer(Kvstore.Pair asked, RegisterNode node) throws Exception {
        ByteString value = RegisterNodeJson.write(node);
        if (!asked.value().equals(value) && await(store.replace(asked, value, lease()))) {
            log.info("external workload {} was given identity {}", node.name(), node.identity());
        }
    }

    private long lease() throws Exception {
        if (lease == null || lease.lost().isDone()) {
            lease = await(store.grant(times.leaseTtl()));
        }
        return lease.id();
    }

    private void refuseSharedAddress(RegisterNode vm) throws RefusedException {
        // What was published a moment ago may not have come back yet.
        Map<String, GenericKubernetesResource> others = new HashMap<>(published);
        nodes.getStore().list().forEach(node -> others.put(node.getMetadata().getName(), node));
        while (true) {
            Optional<AddressClaims.Conflict> conflict = AddressClaims.find(vm.name(), vm.addresses(), others.values());
            if (conflict.isEmpty()) {
                return;
            }
            GenericKubernetesResource owner = conflict.get().owner();
            String name = owner.getMetadata().getName();
            if (!isGone(owner)) {
                throw new RefusedException(conflict.get().describe());
            }
            log.info(
                    "external workload {} takes over address {} of {}, which is gone",
                    vm.name(),
                    conflict.get().ip(),
                    name);
            publication.withdraw(owner);
            others.remove(name);
        }
    }

    /** Whether a node is that of a VM which nobody has heard of for the time of its lease. */
    private boolean isGone(GenericKubernetesResource node) {
        String name = node.getMetadata().getName();
        GenericKubernetesResource workload = workloads.getStore().getByKey(name);
        return Publication.isOfWorkload(node)
                && !registered.containsKey(name)
                && (workload == null || ExternalWorkload.of(workload).statusIp().isEmpty());
    }

    private static GenericKubernetesResource claim(RegisterNode vm) {
        GenericKubernetesResource node = new GenericKubernetesResource();
        node.setKind("CiliumNode");
        node.setMetadata(new io.fabric8.kubernetes.api.model.ObjectMetaBuilder()
                .withName(vm.name())
                .addNewOwnerReference()
                .withKind(CiliumResources.EXTERNAL_WORKLOADS.getKind())
                .withName(vm.name())
                .endOwnerReference()
                .build());
        node.setAdditionalProperty(
                "spec",
                Map.of(
                        "addresses",
                        vm.addresses().stream()
                                .map(address -> Map.of("ip", address.ip()))
                                .toList()));
        return node;
    }

    private void forget(String name) {
        published.remove(name);
        refusals.remove(name);
        registrations.remove(name);
    }

    /**
     * A VM has no key. It is told once that it is gone: if another pod, where it is registered, says otherwise, that one
     * is right. What is published of it stays until its workload is deleted, so that a cut connection to the control
     * plane does not cut its traffic too.
     */
    private void absent(ExternalWorkload workload) {
        String name = workload.name();
        if (workload.statusIp().isEmpty() || saidGone.contains(name)) {
            return;
        }
        Long deleted = deletedAt.get(name);
        long since = deleted == null ? listedAt : deleted;
        Duration patience = deleted == null ? times.absentAfter() : times.goneAfter();
        Duration left = patience.minusNanos(System.nanoTime() - since);
        if (!left.isNegative() && !left.isZero()) {
            queue.add(name, left);
            return;
        }
        publication.setGone(name);
        saidGone.add(name);
        deletedAt.remove(name);
    }

    /** Deletes the identities that we made and that no VM and no endpoint has any more. */
    private void release() {
        Set<JsonNode> wanted = new HashSet<>();
        Set<Long> carried = new HashSet<>();
        for (GenericKubernetesResource resource : workloads.getStore().list()) {
            ExternalWorkload workload = ExternalWorkload.of(resource);
            SortedMap<String, String> labels = workload.identityLabels(cluster);
            wanted.add(CiliumResources.json(Identities.securityLabels(labels)));
            carried.add(carriedBy(workload.name()));
        }
        boolean later = false;
        for (GenericKubernetesResource identity : identities.made()) {
            long number = Identities.number(identity).getAsLong();
            JsonNode labels = CiliumResources.part(identity, "security-labels");
            if (wanted.contains(labels) || carried.contains(number)) {
                continue;
            }
            String namespace =
                    labels.path("k8s:" + CiliumResources.POD_NAMESPACE).asString("default");
            if (hasEndpoint(namespace, number)) {
                later = true;
            } else {
                identities.release(identity);
            }
        }
        if (later) {
            queue.add(RELEASE, times.resync());
        }
    }

    /** The identity that a VM marks its packets with: it takes another only when its agent starts again. */
    private long carriedBy(String name) {
        Kvstore.Pair pair = registered.get(name);
        if (pair == null) {
            return 0;
        }
        try {
            return RegisterNodeJson.read(pair.value()).identity();
        } catch (RegisterNodeJson.MalformedException e) {
            return 0;
        }
    }

    private boolean hasEndpoint(String namespace, long identity) {
        return resources(kubernetes, CiliumResources.ENDPOINTS).inNamespace(namespace).list().getItems().stream()
                .anyMatch(endpoint -> CiliumResources.part(endpoint, "status")
                                .path("identity")
                                .path("id")
                                .asLong(0)
                        == identity);
    }

    private static <T> T await(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(CALL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        } catch (TimeoutException e) {
            throw new TimeoutException("the store did not answer within " + CALL_TIMEOUT.toSeconds() + " s");
        }
    }

    /** Stops; what is published stays. */
    @Override
    public void close() {
        follow.close();
        workloads.stop();
        nodes.stop();
        identityInformer.stop();
        queue.close();
        if (lease != null) {
            lease.close();
        }
    }
}
