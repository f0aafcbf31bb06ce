package io.meshkeep.loadtest.fleet;

import com.google.protobuf.ByteString;

/** All keys that begin so. */
record KeyPrefix(ByteString start, ByteString end) {
    static KeyPrefix of(String prefix) {
        byte[] end = ByteString.copyFromUtf8(prefix).toByteArray();
        // the prefixes here end in a letter or a slash, which is not the highest byte
        end[end.length - 1]++;
        return new KeyPrefix(ByteString.copyFromUtf8(prefix), ByteString.copyFrom(end));
    }
}
