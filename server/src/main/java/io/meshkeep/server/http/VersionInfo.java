package io.meshkeep.server.http;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The versions that clients are told; some switch features on them.
 *
 * @param server the server's version, such as {@code 3.5.33}
 * @param cluster the cluster's version, such as {@code 3.5.0}
 * @param storage the storage's version, which etcd has stated since 3.6
 */
public record VersionInfo(String server, String cluster, Optional<String> storage) {
    private static final Pattern VERSION =
            Pattern.compile("(\\d{1,5})\\.(\\d{1,5})\\.\\d{1,5}(?:[-+][0-9A-Za-z.+-]*)?");
    private static final int FIRST_MINOR_WITH_STORAGE = 6;

    /**
     * What a server of the given version states.
     *
     * @throws IllegalArgumentException if it is not a semantic version
     */
    public static VersionInfo of(String server) {
        Matcher m = VERSION.matcher(server);
        if (!m.matches()) {
            throw new IllegalArgumentException("not a version of three numbers: " + server);
        }
        int major = Integer.parseInt(m.group(1));
        int minor = Integer.parseInt(m.group(2));
        String cluster = major + "." + minor + ".0";
        boolean storage = major > 3 || (major == 3 && minor >= FIRST_MINOR_WITH_STORAGE);
        return new VersionInfo(server, cluster, storage ? Optional.of(cluster) : Optional.empty());
    }

    /** etcd's answer to {@code GET /version}. */
    String toJson() {
        return "{\"etcdserver\":\"" + server + "\",\"etcdcluster\":\"" + cluster + "\""
                + storage.map(s -> ",\"storage\":\"" + s + "\"").orElse("") + "}";
    }
}
