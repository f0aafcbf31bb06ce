package io.meshkeep.loadtest.fleet;

import com.google.protobuf.ByteString;
import io.meshkeep.loadtest.client.Wire;

/** Reads what the fleet needs out of encoded answers. */
final class Answers {
    private static final int HEADER = 1;
    private static final int REVISION_IN_HEADER = 3;
    private static final int KVS = 2;
    private static final int MORE = 3;
    private static final int KEY_IN_KV = 1;

    private Answers() {}

    /** An integer field, 0 if it is not there. */
    static long number(byte[] message, int field) {
        for (Wire wire = Wire.of(message); wire.next(); ) {
            if (wire.number() == field) {
                return wire.value();
            }
        }
        return 0;
    }

    /** The revision in the header. */
    static long revision(byte[] message) {
        for (Wire wire = Wire.of(message); wire.next(); ) {
            if (wire.number() == HEADER) {
                for (Wire header = wire.message(); header.next(); ) {
                    if (header.number() == REVISION_IN_HEADER) {
                        return header.value();
                    }
                }
            }
        }
        throw new IllegalStateException("an answer has no revision");
    }

    /**
     * One page of a list.
     *
     * @param keys how many keys it has
     * @param next where the next page starts, null if this is the last
     */
    record Page(int keys, ByteString next) {
        static Page of(byte[] answer) {
            int keys = 0;
            boolean more = false;
            Wire last = null;
            for (Wire wire = Wire.of(answer); wire.next(); ) {
                if (wire.number() == KVS) {
                    keys++;
                    last = wire.message();
                } else if (wire.number() == MORE) {
                    more = wire.value() != 0;
                }
            }
            return new Page(keys, more && last != null ? after(answer, last) : null);
        }

        private static ByteString after(byte[] answer, Wire kv) {
            while (kv.next()) {
                if (kv.number() == KEY_IN_KV) {
                    return ByteString.copyFrom(answer, kv.contentStart(), kv.contentEnd() - kv.contentStart())
                            .concat(ByteString.copyFrom(new byte[1]));
                }
            }
            throw new IllegalStateException("a pair has no key");
        }
    }
}
