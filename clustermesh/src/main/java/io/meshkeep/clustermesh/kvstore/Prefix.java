package io.meshkeep.clustermesh.kvstore;

import com.google.protobuf.ByteString;

/** The range of all keys that begin alike. */
final class Prefix {
    private static final ByteString ALL = ByteString.copyFrom(new byte[1]);

    private Prefix() {}

    /** The end, exclusive, as etcd's clients compute it: the last byte that can grow is one more. */
    static ByteString end(ByteString prefix) {
        byte[] end = prefix.toByteArray();
        for (int i = end.length - 1; i >= 0; i--) {
            if (end[i] != (byte) 0xff) {
                end[i]++;
                return ByteString.copyFrom(end, 0, i + 1);
            }
        }
        return ALL;
    }

    /** Where the range begins. */
    static ByteString start(String prefix) {
        return prefix.isEmpty() ? ALL : ByteString.copyFromUtf8(prefix);
    }
}
