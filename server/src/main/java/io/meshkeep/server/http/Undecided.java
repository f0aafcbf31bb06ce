package io.meshkeep.server.http;

import io.netty.channel.Channel;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The connections of a port that have not said yet which protocol they speak, bounded: when there are too many, the one
 * that has kept silent longest is closed. So a flood of them does not keep out those who have something to say.
 * Thread-safe.
 */
final class Undecided {
    private final int limit;
    private final Set<Channel> channels = new LinkedHashSet<>();

    Undecided(int limit) {
        this.limit = limit;
    }

    void add(Channel channel) {
        Channel oldest = null;
        synchronized (this) {
            channels.add(channel);
            if (channels.size() > limit) {
                Iterator<Channel> all = channels.iterator();
                oldest = all.next();
                all.remove();
            }
        }
        if (oldest != null) {
            oldest.close();
        }
    }

    synchronized void remove(Channel channel) {
        channels.remove(channel);
    }
}
