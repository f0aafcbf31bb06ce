package io.meshkeep.clustermesh.workload;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notices what an operator should know about the registrations of one name. Used by one thread. */
final class Registrations {
    private static final Logger log = LoggerFactory.getLogger(Registrations.class);

    private final String name;
    private String ip = "";
    private String ipBefore = "";
    private long staleIdentity;

    Registrations(String name) {
        this.name = name;
    }

    void published(RegisterNode vm, long identity) {
        String now = vm.nodeIp(false).or(() -> vm.nodeIp(true)).orElse("");
        if (!now.equals(ip)) {
            if (now.equals(ipBefore)) {
                log.warn(
                        "two machines register as external workload {}: {} and {}; the last one to do so has the name",
                        name,
                        now,
                        ip);
            } else if (!ip.isEmpty()) {
                log.info("external workload {} moved from {} to {}", name, ip, now);
            }
            ipBefore = ip;
            ip = now;
        }
        if (vm.identity() != identity && vm.identity() != staleIdentity) {
            staleIdentity = vm.identity();
            log.warn(
                    "external workload {} has identity {} now, but its agent still uses {}: restart it (docker restart cilium)",
                    name,
                    identity,
                    vm.identity());
        }
    }
}
