package io.meshkeep.store;

import java.io.IOException;
import java.io.OutputStream;

/**
 * An encoded {@code etcdserverpb.WatchResponse}: a few bytes of its own and a body that other watchers of the same range
 * share. Protobuf allows fields in any order, so the parts are simply put one behind the other.
 */
public final class WatchMessage {
    private final byte[] head;
    private final byte[] body;

    WatchMessage(byte[] head, byte[] body) {
        this.head = head;
        this.body = body;
    }

    /** Bytes of the encoded message. */
    public int size() {
        return head.length + body.length;
    }

    public void writeTo(OutputStream out) throws IOException {
        out.write(head, 0, head.length);
        out.write(body, 0, body.length);
    }
}
