package io.meshkeep.clustermesh.vm;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.meshkeep.clustermesh.workload.AddressClaims;
import io.meshkeep.clustermesh.workload.Cidr;
import io.meshkeep.clustermesh.workload.CiliumResources;
import io.meshkeep.clustermesh.workload.ExternalWorkload;
import java.io.PrintStream;
import java.net.HttpURLConnection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code meshkeep vm create}: makes a CiliumExternalWorkload for each name, after looking who is in the way. */
final class CreateCommand {
    private static final Pattern HOST_NAME =
            Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");
    private static final int MAX_NAME = 253;

    private final KubernetesClient kubernetes;
    private final PrintStream err;

    CreateCommand(KubernetesClient kubernetes, PrintStream err) {
        this.kubernetes = kubernetes;
        this.err = err;
    }

    void run(VmArguments arguments) throws CommandException {
        List<String> names = arguments.words();
        checkNames(names);
        Optional<Cidr> ipv4 = range(arguments, "ipv4-alloc-cidr", false);
        Optional<Cidr> ipv6 = range(arguments, "ipv6-alloc-cidr", true);
        Map<String, String> labels = arguments.labels("labels");
        String namespace = arguments.text("namespace", "");
        if (!namespace.isEmpty()) {
            String other = labels.put(CiliumResources.POD_NAMESPACE, namespace);
            if (other != null && !other.equals(namespace)) {
                throw CommandException.misused(
                        "--namespace says " + namespace + " and --labels says " + other + "; give one of them");
            }
        }
        checkNamespace(labels.getOrDefault(CiliumResources.POD_NAMESPACE, "default"));
        if (ipv4.isEmpty() && ipv6.isEmpty()) {
            err.println("meshkeep: note: without --ipv4-alloc-cidr the agent takes a range by itself, which may be"
                    + " another node's");
        }
        checkNobodyInTheWay(
                names, Stream.of(ipv4, ipv6).flatMap(Optional::stream).toList());
        for (String name : names) {
            create(name, labels, ipv4, ipv6);
        }
        err.println("Added " + names.size() + " external workload resources.");
    }

    private static void checkNames(List<String> names) throws CommandException {
        if (names.isEmpty()) {
            throw CommandException.misused("meshkeep vm create needs the host name of a machine");
        }
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (name.length() > MAX_NAME || !HOST_NAME.matcher(name).matches()) {
                throw CommandException.misused("\"" + name
                        + "\" cannot be the name of an external workload: it has to be a host name in lower case");
            }
            if (!seen.add(name)) {
                throw CommandException.misused(name + " is given twice");
            }
        }
    }

    private static Optional<Cidr> range(VmArguments arguments, String flag, boolean v6) throws CommandException {
        String text = arguments.text(flag, "");
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Cidr cidr = Cidr.parse(text);
        if (cidr == null || cidr.isV6() != v6) {
            throw CommandException.misused(
                    "--" + flag + ": \"" + text + "\" is not a range of " + (v6 ? "IPv6" : "IPv4") + " addresses");
        }
        return Optional.of(cidr);
    }

    /** The VM's CiliumEndpoint will live there. */
    private void checkNamespace(String namespace) throws CommandException {
        try {
            if (kubernetes.namespaces().withName(namespace).get() == null) {
                throw CommandException.failed("there is no namespace " + namespace);
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_FORBIDDEN) {
                throw e;
            }
            err.println("meshkeep: note: whether there is a namespace " + namespace + " was not permitted to be seen");
        }
    }

    private void checkNobodyInTheWay(List<String> names, List<Cidr> ranges) throws CommandException {
        if (names.size() > 1 && !ranges.isEmpty()) {
            throw CommandException.misused("each external workload needs a range of its own: " + names.get(0) + " and "
                    + names.get(1) + " cannot both have " + ranges.get(0));
        }
        for (GenericKubernetesResource resource : kubernetes
                .genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS)
                .list()
                .getItems()) {
            ExternalWorkload other = ExternalWorkload.of(resource);
            if (names.contains(other.name())) {
                throw CommandException.failed("there is an external workload " + other.name() + " already");
            }
            for (Cidr taken : Stream.of(other.ipv4AllocCidr(), other.ipv6AllocCidr())
                    .flatMap(Optional::stream)
                    .toList()) {
                refuseOverlap(ranges, taken, "external workload " + other.name());
            }
        }
        for (GenericKubernetesResource node : kubernetes
                .genericKubernetesResources(CiliumResources.NODES)
                .list()
                .getItems()) {
            String name = node.getMetadata().getName();
            if (names.contains(name)) {
                throw CommandException.failed("there is a node " + name + " in the cluster already");
            }
            for (Cidr taken : AddressClaims.ranges(node)) {
                refuseOverlap(ranges, taken, "node " + name);
            }
        }
    }

    private static void refuseOverlap(List<Cidr> ranges, Cidr taken, String owner) throws CommandException {
        for (Cidr range : ranges) {
            if (range.overlaps(taken)) {
                throw CommandException.failed(range + " overlaps " + taken + ", the range of " + owner);
            }
        }
    }

    private void create(String name, Map<String, String> labels, Optional<Cidr> ipv4, Optional<Cidr> ipv6) {
        Map<String, String> spec = new LinkedHashMap<>();
        ipv4.ifPresent(cidr -> spec.put("ipv4-alloc-cidr", cidr.toString()));
        ipv6.ifPresent(cidr -> spec.put("ipv6-alloc-cidr", cidr.toString()));
        GenericKubernetesResource workload = new GenericKubernetesResource();
        workload.setApiVersion("cilium.io/v2");
        workload.setKind(CiliumResources.EXTERNAL_WORKLOADS.getKind());
        workload.setMetadata(
                new ObjectMetaBuilder().withName(name).withLabels(labels).build());
        workload.setAdditionalProperty("spec", spec);
        kubernetes
                .genericKubernetesResources(CiliumResources.EXTERNAL_WORKLOADS)
                .resource(workload)
                .create();
    }
}
