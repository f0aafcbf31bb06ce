package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What Cilium takes from a service.
 *
 * @param frontends its cluster addresses, in Go's order of map keys
 * @param ports by name; of two with one name the first
 * @param global whether backends of other clusters are used as well
 * @param shared whether other clusters may use its backends
 */
record ServiceView(
        String namespace,
        String name,
        List<String> frontends,
        Map<String, Backends.Port> ports,
        Map<String, String> labels,
        Map<String, String> selector,
        boolean global,
        boolean shared) {
    private static final String GLOBAL = "service.cilium.io/global";
    private static final String OLD_GLOBAL = "io.cilium/global-service";
    private static final String SHARED = "service.cilium.io/shared";
    private static final String OLD_SHARED = "io.cilium/shared-service";

    /** Null if Cilium ignores services of that kind: those that are a name elsewhere, and those without an address. */
    static ServiceView of(Service service) {
        var spec = service.getSpec();
        if (spec == null || "ExternalName".equals(spec.getType())) {
            return null;
        }
        String clusterIp = Objects.requireNonNullElse(spec.getClusterIP(), "");
        if (clusterIp.isEmpty()) {
            return null;
        }
        List<String> ips = spec.getClusterIPs() == null || spec.getClusterIPs().isEmpty()
                ? List.of(clusterIp)
                : spec.getClusterIPs();
        Map<String, Backends.Port> ports = new TreeMap<>();
        if (spec.getPorts() != null) {
            for (ServicePort port : spec.getPorts()) {
                int number = port.getPort() == null ? 0 : port.getPort() & 0xffff;
                ports.putIfAbsent(
                        Objects.requireNonNullElse(port.getName(), ""),
                        new Backends.Port(Objects.requireNonNullElse(port.getProtocol(), ""), number));
            }
        }
        boolean global = isTrue(service, GLOBAL, OLD_GLOBAL, false);
        return new ServiceView(
                service.getMetadata().getNamespace(),
                service.getMetadata().getName(),
                ips.stream()
                        .map(Ip::canonical)
                        .filter(Objects::nonNull)
                        .distinct()
                        .sorted()
                        .toList(),
                ports,
                orEmpty(service.getMetadata().getLabels()),
                orEmpty(spec.getSelector()),
                global,
                global && isTrue(service, SHARED, OLD_SHARED, true));
    }

    private static boolean isTrue(Service service, String annotation, String old, boolean otherwise) {
        Map<String, String> annotations = orEmpty(service.getMetadata().getAnnotations());
        String value = annotations.getOrDefault(annotation, annotations.get(old));
        return value == null ? otherwise : value.toLowerCase(Locale.ROOT).equals("true");
    }

    private static Map<String, String> orEmpty(Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
