package io.meshkeep.certs;

import java.util.Arrays;

/**
 * As much DER (X.690) as it takes to look into keys and names: elements of definite length, with tags of one byte. The
 * bytes may come from anybody; what is not of this form gives a {@link MalformedException}.
 *
 * <p>A Der stands before the next of several elements, and moves on as they are read. Not thread-safe.
 */
final class Der {
    static final int INTEGER = 0x02;
    static final int OCTET_STRING = 0x04;
    static final int NULL = 0x05;
    static final int OBJECT_IDENTIFIER = 0x06;
    static final int SEQUENCE = 0x30;
    static final int SET = 0x31;
    /** An element with the context's own tag 0, around others. */
    static final int CONTEXT_0 = 0xa0;

    private static final int MORE_TAG_BYTES = 0x1f;
    private static final int LONG_LENGTH = 0x80;
    private static final int MAX_LENGTH_BYTES = 3;

    private final byte[] bytes;
    private final int end;
    private int position;

    /** Stands before the first element of some bytes, which are not copied. */
    Der(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private Der(byte[] bytes, int begin, int end) {
        this.bytes = bytes;
        this.position = begin;
        this.end = end;
    }

    boolean hasNext() {
        return position < end;
    }

    /** The tag of the next element. */
    int nextTag() throws MalformedException {
        if (!hasNext()) {
            throw new MalformedException("ends early");
        }
        int tag = bytes[position] & 0xff;
        if ((tag & MORE_TAG_BYTES) == MORE_TAG_BYTES) {
            throw new MalformedException("has a tag of several bytes");
        }
        return tag;
    }

    /** What is in the next element, as elements; moves on behind it. */
    Der enter(int tag) throws MalformedException {
        int begin = contentOf(tag);
        return new Der(bytes, begin, position);
    }

    /** The content of the next element; moves on behind it. */
    byte[] read(int tag) throws MalformedException {
        int begin = contentOf(tag);
        return Arrays.copyOfRange(bytes, begin, position);
    }

    /** The next element as a whole, whatever it is; moves on behind it. */
    byte[] readWhole() throws MalformedException {
        int begin = position;
        contentOf(nextTag());
        return Arrays.copyOfRange(bytes, begin, position);
    }

    void requireEnd() throws MalformedException {
        if (hasNext()) {
            throw new MalformedException("goes on after its end");
        }
    }

    /** Moves behind the next element, and gives the place where its content begins. */
    private int contentOf(int tag) throws MalformedException {
        if (nextTag() != tag) {
            throw new MalformedException("has another element where one with tag " + tag + " is due");
        }
        position++;
        int length = length();
        if (length > end - position) {
            throw new MalformedException("ends early");
        }
        int begin = position;
        position += length;
        return begin;
    }

    private int length() throws MalformedException {
        int first = nextByte();
        if (first < LONG_LENGTH) {
            return first;
        }
        int count = first - LONG_LENGTH;
        if (count == 0 || count > MAX_LENGTH_BYTES) {
            throw new MalformedException("has an element without a length, or a huge one");
        }
        int length = 0;
        for (int i = 0; i < count; i++) {
            length = length << 8 | nextByte();
        }
        if (length < LONG_LENGTH || length >>> 8 * (count - 1) == 0) {
            throw new MalformedException("has a length that is longer than it need be");
        }
        return length;
    }

    private int nextByte() throws MalformedException {
        if (!hasNext()) {
            throw new MalformedException("ends early");
        }
        return bytes[position++] & 0xff;
    }

    /** An element around what is given, one after the other; its length must be below 16 MiB. */
    static byte[] element(int tag, byte[]... contents) {
        int length = 0;
        for (byte[] content : contents) {
            length += content.length;
        }
        int count = length < LONG_LENGTH ? 0 : (39 - Integer.numberOfLeadingZeros(length)) / 8;
        if (count > MAX_LENGTH_BYTES) {
            throw new IllegalArgumentException("too long for an element: " + length + " bytes");
        }
        byte[] element = new byte[2 + count + length];
        element[0] = (byte) tag;
        element[1] = (byte) (count == 0 ? length : LONG_LENGTH + count);
        for (int i = 0; i < count; i++) {
            element[2 + i] = (byte) (length >> 8 * (count - 1 - i));
        }
        int position = 2 + count;
        for (byte[] content : contents) {
            System.arraycopy(content, 0, element, position, content.length);
            position += content.length;
        }
        return element;
    }
}
