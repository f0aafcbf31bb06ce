package io.meshkeep.clustermesh.pod;

import io.meshkeep.server.cli.Main;
import java.util.stream.Stream;

/** {@code /usr/bin/etcd}: nothing but flags, or none at all, and it serves. */
public final class Etcd {
    private Etcd() {}

    /** @param arguments etcd's flags */
    public static void main(String[] arguments) {
        Main.main(Stream.concat(Stream.of("serve"), Stream.of(arguments)).toArray(String[]::new));
    }
}
