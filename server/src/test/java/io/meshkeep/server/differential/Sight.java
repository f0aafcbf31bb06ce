package io.meshkeep.server.differential;

import io.meshkeep.proto.Event;
import io.meshkeep.proto.WatchResponse;

/** One thing seen on a watch. */
sealed interface Sight {

    /** An event; which response carried it is not kept. */
    record Happened(Event event) implements Sight {}

    /** A response without events that no request of this client asked for, such as a cancel by compaction. */
    record Told(WatchResponse response) implements Sight {}

    /** A promise of the watch protocol that the server broke, in words. */
    record Broken(String how) implements Sight {}
}
