package io.meshkeep.server.auth;

import java.io.ByteArrayOutputStream;
import java.security.InvalidKeyException;
import java.util.Arrays;

/** As much of ASN.1's DER as it takes to rewrap a key. What is read comes from a file of the operator's. */
final class Der {
    static final int INTEGER = 0x02;
    static final int BIT_STRING = 0x03;
    static final int OCTET_STRING = 0x04;
    static final int SEQUENCE = 0x30;

    private final byte[] bytes;
    private int at;

    Der(byte[] bytes) {
        this.bytes = bytes;
    }

    boolean hasMore() {
        return at < bytes.length;
    }

    /** The tag of the next element. */
    int tag() throws InvalidKeyException {
        if (at >= bytes.length) {
            throw new InvalidKeyException("it ends too early");
        }
        return bytes[at] & 0xff;
    }

    /** Passes the next element, whatever it is, and gives its contents. */
    byte[] next() throws InvalidKeyException {
        int start = contentStart();
        return Arrays.copyOfRange(bytes, start, at);
    }

    /** Passes the next element and gives it whole. */
    byte[] whole() throws InvalidKeyException {
        int start = at;
        contentStart();
        return Arrays.copyOfRange(bytes, start, at);
    }

    /** Passes the next element, which must have this tag, and gives its contents. */
    byte[] next(int tag) throws InvalidKeyException {
        if (tag() != tag) {
            throw new InvalidKeyException("it is not built as such a key is");
        }
        return next();
    }

    private int contentStart() throws InvalidKeyException {
        if (at + 2 > bytes.length) {
            throw new InvalidKeyException("it ends too early");
        }
        int length = bytes[at + 1] & 0xff;
        int start = at + 2;
        if (length > 0x80) {
            int count = length - 0x80;
            if (count > 3 || start + count > bytes.length) {
                throw new InvalidKeyException("a length in it makes no sense");
            }
            length = 0;
            for (int i = 0; i < count; i++) {
                length = length << 8 | bytes[start + i] & 0xff;
            }
            start += count;
        }
        if (length == 0x80 || start + length > bytes.length) {
            throw new InvalidKeyException("a length in it makes no sense");
        }
        at = start + length;
        return start;
    }

    /** An element of these parts. */
    static byte[] element(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
        if (length < 0x80) {
            out.write(length);
        } else {
            int bytes = (Integer.SIZE - Integer.numberOfLeadingZeros(length) + 7) / 8;
            out.write(0x80 + bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                out.write(length >> (8 * i));
            }
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }
}
