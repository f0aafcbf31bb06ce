package io.meshkeep.server.cli;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The {@code ETCD_*} environment variables. */
final class Environment {
    private static final String PREFIX = "ETCD_";

    /** Read by etcd itself and not a flag. */
    private static final String UNSUPPORTED_ARCH = "ETCD_UNSUPPORTED_ARCH";

    private Environment() {}

    /**
     * Adds what the environment sets to what the command line set. The command line wins, with a warning (etcd itself
     * refuses to start then). An empty variable counts as absent, and an unknown one only gives a warning: Kubernetes
     * makes such variables up for a service named etcd.
     *
     * @throws UsageException if a value is bad
     */
    static void addTo(Settings settings, Map<String, String> environment) throws UsageException {
        Set<String> known = new HashSet<>();
        known.add(UNSUPPORTED_ARCH);
        for (Map.Entry<String, Flag> entry : ServeFlags.byNameOrAlias().entrySet()) {
            String variable = Flag.environmentVariable(entry.getKey());
            known.add(variable);
            String value = environment.getOrDefault(variable, "");
            if (value.isEmpty()) {
                continue;
            }
            Setting earlier = settings.get(entry.getValue().name());
            if (earlier == null) {
                settings.put(Setting.of(entry.getValue(), value, variable));
            } else {
                settings.warn(variable + " is ignored, since " + earlier.origin() + " is given");
            }
        }
        for (String variable : new TreeSet<>(environment.keySet())) {
            if (variable.startsWith(PREFIX) && !known.contains(variable)) {
                settings.warn(variable + " is not a variable of this server");
            }
        }
    }
}
