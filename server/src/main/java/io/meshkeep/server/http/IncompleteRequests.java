package io.meshkeep.server.http;

import io.meshkeep.server.rpc.ClientConnection;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the server holds of messages that have not come in full, bounded in bytes. When it is too much, whoever began its
 * message first loses its connection: those who send get done and are not among the oldest for long. Thread-safe.
 */
public final class IncompleteRequests {
    private static final Logger log = LoggerFactory.getLogger(IncompleteRequests.class);

    private final long capacity;
    private final LogLimiter lines;
    private final Set<Message> messages = new LinkedHashSet<>();
    private long held;

    /** @param capacity bytes, at most */
    public IncompleteRequests(long capacity, LogLimiter lines) {
        this.capacity = capacity;
        this.lines = lines;
    }

    /** A message that has begun. */
    final class Message {
        private final ClientConnection client;
        private long bytes;

        private Message(ClientConnection client) {
            this.client = client;
        }

        /** So much more of it has come. */
        void grow(int more) {
            List<Message> overdue = new ArrayList<>(0);
            synchronized (IncompleteRequests.this) {
                if (!messages.contains(this)) {
                    return;
                }
                bytes += more;
                held += more;
                Iterator<Message> oldest = messages.iterator();
                while (held > capacity) {
                    Message message = oldest.next();
                    oldest.remove();
                    held -= message.bytes;
                    overdue.add(message);
                }
            }
            for (Message message : overdue) {
                lines.log(leftOut -> log.warn(
                        "closed a client's connection: it has sent {} bytes of a message and not the rest, and others"
                                + " need the memory{}",
                        message.bytes,
                        leftOut));
                message.client.cut();
            }
        }

        /** It has come in full, or will not come any more. */
        void end() {
            synchronized (IncompleteRequests.this) {
                if (messages.remove(this)) {
                    held -= bytes;
                }
            }
        }
    }

    Message begin(ClientConnection client) {
        Message message = new Message(client);
        synchronized (this) {
            messages.add(message);
        }
        return message;
    }

    /** Bytes that are held. */
    synchronized long held() {
        return held;
    }
}
