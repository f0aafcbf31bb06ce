package io.meshkeep.server.rpc;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import io.meshkeep.store.WatchMessage;
import java.io.IOException;
import java.io.OutputStream;

/** A response message that knows its size and writes itself once, into the transport's buffer. */
abstract class Encoded {
    private final int size;

    Encoded(int size) {
        this.size = size;
    }

    final int size() {
        return size;
    }

    abstract void writeTo(OutputStream out) throws IOException;

    /** Bytes that are encoded already. */
    static Encoded of(byte[] bytes) {
        return new Encoded(bytes.length) {
            @Override
            void writeTo(OutputStream out) throws IOException {
                out.write(bytes, 0, bytes.length);
            }
        };
    }

    static Encoded of(WatchMessage message) {
        return new Encoded(message.size()) {
            @Override
            void writeTo(OutputStream out) throws IOException {
                message.writeTo(out);
            }
        };
    }

    /** A generated message, for what is not hot. */
    static Encoded of(MessageLite message) {
        return new Encoded(message.getSerializedSize()) {
            @Override
            void writeTo(OutputStream out) throws IOException {
                CodedOutputStream coded = CodedOutputStream.newInstance(out, Math.min(4096, Math.max(16, size())));
                message.writeTo(coded);
                coded.flush();
            }
        };
    }
}
