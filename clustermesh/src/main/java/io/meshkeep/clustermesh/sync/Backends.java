package io.meshkeep.clustermesh.sync;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The backends in endpoint slices, as Cilium reads them: those that are ready, with all ports of their slice.
 *
 * @param byIp in no order
 */
record Backends(Map<String, Backend> byIp) {
    /** @param hostname null if it has none */
    record Backend(String hostname, Map<String, Port> ports) {}

    record Port(String protocol, int number) {}

    static Backends of(EndpointSlice slice) {
        Map<String, Backend> byIp = new HashMap<>();
        if (!"IPv4".equals(slice.getAddressType()) && !"IPv6".equals(slice.getAddressType())) {
            return new Backends(byIp);
        }
        Map<String, Port> ports = ports(slice);
        // Kubernetes writes null for no endpoints
        for (Endpoint endpoint : orEmpty(slice.getEndpoints())) {
            Boolean ready = endpoint.getConditions() == null
                    ? null
                    : endpoint.getConditions().getReady();
            if (ready != null && !ready) {
                continue;
            }
            for (String address : orEmpty(endpoint.getAddresses())) {
                String ip = Ip.exact(address);
                if (ip != null) {
                    byIp.putIfAbsent(ip, new Backend(endpoint.getHostname(), ports));
                }
            }
        }
        return new Backends(byIp);
    }

    private static Map<String, Port> ports(EndpointSlice slice) {
        Map<String, Port> ports = new TreeMap<>();
        for (EndpointPort port : orEmpty(slice.getPorts())) {
            String protocol = port.getProtocol() == null ? "TCP" : port.getProtocol();
            if (port.getPort() != null
                    && (protocol.equals("TCP") || protocol.equals("UDP") || protocol.equals("SCTP"))) {
                ports.put(port.getName() == null ? "" : port.getName(), new Port(protocol, port.getPort() & 0xffff));
            }
        }
        return ports;
    }

    private static <T> List<T> orEmpty(List<T> list) {
        return list == null ? List.of() : list;
    }

    /** The backends of several slices: an address that is in more than one has the ports of all. */
    static Map<String, Backend> merged(Collection<Backends> slices) {
        Map<String, Backend> merged = new HashMap<>();
        for (Backends slice : slices) {
            slice.byIp.forEach((ip, backend) -> merged.merge(ip, backend, Backends::both));
        }
        return merged;
    }

    private static Backend both(Backend first, Backend second) {
        Map<String, Port> ports = new TreeMap<>(first.ports);
        ports.putAll(second.ports);
        return new Backend(first.hostname, ports);
    }
}
