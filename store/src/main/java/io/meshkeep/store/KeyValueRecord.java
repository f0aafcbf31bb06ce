package io.meshkeep.store;

import static io.meshkeep.store.Protobuf.bytesFieldSize;
import static io.meshkeep.store.Protobuf.int64FieldSize;
import static io.meshkeep.store.Protobuf.putBytesHeader;
import static io.meshkeep.store.Protobuf.putInt64Field;
import static io.meshkeep.store.Protobuf.skipVarint;
import static io.meshkeep.store.Protobuf.varint;

import java.util.Arrays;

/**
 * A stored key: one {@code byte[]} that is the encoded {@code mvccpb.KeyValue} exactly as it goes to clients and to
 * disk. There is no object around it: at a million keys the object, and a second array for the value, would cost more
 * than the key (docs/architecture.md has the figures).
 *
 * <p>Fields stand in the order of their numbers (key 1, create_revision 2, mod_revision 3, version 4, value 5,
 * lease 6), so the key's bytes are near the front and comparing two records compares memory.
 *
 * <p>A value longer than {@link #MAX_RESIDENT_VALUE} stays on disk: the resident form is then a <em>stub</em>, a zero
 * byte (no field has the tag 0), the value's length in four bytes, and the encoding without the value.
 */
public final class KeyValueRecord {
    /** Longest value, in bytes, that is kept in memory. */
    static final int MAX_RESIDENT_VALUE = 4096;

    private static final int TAG_KEY = 0x0a;
    private static final int TAG_CREATE_REVISION = 0x10;
    private static final int TAG_MOD_REVISION = 0x18;
    private static final int TAG_VERSION = 0x20;
    private static final int TAG_VALUE = 0x2a;
    private static final int TAG_LEASE = 0x30;

    private static final byte STUB = 0;
    private static final int STUB_PREFIX = 5;
    private static final byte[] NO_VALUE = {};

    private KeyValueRecord() {}

    /** Encodes a key-value pair; revisions and version are positive, a lease of 0 means none. */
    static byte[] encode(byte[] key, long createRevision, long modRevision, long version, byte[] value, long lease) {
        return encode(0, key, createRevision, modRevision, version, value, lease);
    }

    private static byte[] encode(
            int prefix, byte[] key, long create, long mod, long version, byte[] value, long lease) {
        int size = bytesFieldSize(key.length)
                + int64FieldSize(create)
                + int64FieldSize(mod)
                + int64FieldSize(version)
                + (value.length == 0 ? 0 : bytesFieldSize(value.length))
                + int64FieldSize(lease);
        byte[] out = new byte[prefix + size];
        int at = putBytesHeader(out, prefix, TAG_KEY, key.length);
        System.arraycopy(key, 0, out, at, key.length);
        at += key.length;
        at = putInt64Field(out, at, TAG_CREATE_REVISION, create);
        at = putInt64Field(out, at, TAG_MOD_REVISION, mod);
        at = putInt64Field(out, at, TAG_VERSION, version);
        if (value.length != 0) {
            at = putBytesHeader(out, at, TAG_VALUE, value.length);
            System.arraycopy(value, 0, out, at, value.length);
            at += value.length;
        }
        putInt64Field(out, at, TAG_LEASE, lease);
        return out;
    }

    /** What is kept in memory of a full record: itself, or a stub when its value is long. */
    static byte[] resident(byte[] full) {
        return resident(full, valueLength(full));
    }

    /** The same for who knows how long the value is. */
    static byte[] resident(byte[] full, int length) {
        if (length <= MAX_RESIDENT_VALUE) {
            return full;
        }
        byte[] stub = encode(
                STUB_PREFIX, key(full), createRevision(full), modRevision(full), version(full), NO_VALUE, lease(full));
        stub[0] = STUB;
        stub[1] = (byte) (length >>> 24);
        stub[2] = (byte) (length >>> 16);
        stub[3] = (byte) (length >>> 8);
        stub[4] = (byte) length;
        return stub;
    }

    static boolean isStub(byte[] record) {
        return record[0] == STUB;
    }

    /** The encoded KeyValue without its value, as {@code keys_only} answers it. */
    static byte[] withoutValue(byte[] record) {
        if (isStub(record)) {
            return Arrays.copyOfRange(record, STUB_PREFIX, record.length);
        }
        int at = afterVersion(record);
        if (at == record.length || record[at] != TAG_VALUE) {
            return record;
        }
        int end = skipVarint(record, at + 1) + (int) varint(record, at + 1);
        byte[] out = Arrays.copyOf(record, record.length - (end - at));
        System.arraycopy(record, end, out, at, record.length - end);
        return out;
    }

    private static int start(byte[] record) {
        return record[0] == STUB ? STUB_PREFIX : 0;
    }

    private static int keyOffset(byte[] record) {
        return skipVarint(record, start(record) + 1);
    }

    private static int keyLength(byte[] record) {
        return (int) varint(record, start(record) + 1);
    }

    public static byte[] key(byte[] record) {
        int offset = keyOffset(record);
        return Arrays.copyOfRange(record, offset, offset + keyLength(record));
    }

    /** Compares the record's key with a key, in unsigned byte order. */
    public static int compareKey(byte[] record, byte[] key) {
        int offset = keyOffset(record);
        return Arrays.compareUnsigned(record, offset, offset + keyLength(record), key, 0, key.length);
    }

    /** Orders records by key, in unsigned byte order. */
    static int compareKeys(byte[] a, byte[] b) {
        int offsetA = keyOffset(a);
        int offsetB = keyOffset(b);
        return Arrays.compareUnsigned(a, offsetA, offsetA + keyLength(a), b, offsetB, offsetB + keyLength(b));
    }

    private static int createAt(byte[] record) {
        return keyOffset(record) + keyLength(record);
    }

    private static int afterVersion(byte[] record) {
        int at = createAt(record);
        at = skipVarint(record, at + 1);
        at = skipVarint(record, at + 1);
        return skipVarint(record, at + 1);
    }

    public static long createRevision(byte[] record) {
        return varint(record, createAt(record) + 1);
    }

    public static long modRevision(byte[] record) {
        return varint(record, skipVarint(record, createAt(record) + 1) + 1);
    }

    public static long version(byte[] record) {
        int at = skipVarint(record, createAt(record) + 1);
        return varint(record, skipVarint(record, at + 1) + 1);
    }

    /** Length of the value in bytes, also of one that is not resident. */
    static int valueLength(byte[] record) {
        if (record[0] == STUB) {
            return (record[1] & 0xff) << 24 | (record[2] & 0xff) << 16 | (record[3] & 0xff) << 8 | record[4] & 0xff;
        }
        int at = afterVersion(record);
        return at < record.length && record[at] == TAG_VALUE ? (int) varint(record, at + 1) : 0;
    }

    /** The value of a full record. */
    static byte[] value(byte[] full) {
        int at = afterVersion(full);
        if (at == full.length || full[at] != TAG_VALUE) {
            return NO_VALUE;
        }
        int offset = skipVarint(full, at + 1);
        return Arrays.copyOfRange(full, offset, offset + (int) varint(full, at + 1));
    }

    /** Compares the value of a full record with another value, in unsigned byte order. */
    static int compareValue(byte[] full, byte[] value) {
        int at = afterVersion(full);
        if (at == full.length || full[at] != TAG_VALUE) {
            return Arrays.compareUnsigned(NO_VALUE, value);
        }
        int offset = skipVarint(full, at + 1);
        return Arrays.compareUnsigned(full, offset, offset + (int) varint(full, at + 1), value, 0, value.length);
    }

    /** The lease that the key is attached to, or 0. */
    public static long lease(byte[] record) {
        return leaseAt(record, afterVersion(record));
    }

    private static long leaseAt(byte[] record, int afterVersion) {
        int at = afterVersion;
        if (at < record.length && record[at] == TAG_VALUE) {
            at = skipVarint(record, at + 1) + (int) varint(record, at + 1);
        }
        return at < record.length && record[at] == TAG_LEASE ? varint(record, at + 1) : 0;
    }

    /** Bytes that the full encoding has on the wire. */
    static int encodedLength(byte[] record) {
        if (!isStub(record)) {
            return record.length;
        }
        return record.length - STUB_PREFIX + bytesFieldSize(valueLength(record));
    }

    /** Bytes of heap that a resident record takes, and its key once more if a lease holds it. */
    static int heapSize(byte[] record) {
        return heapSize(record, keyLength(record), lease(record));
    }

    /** The same for who knows the length of its key, and its lease. */
    static int heapSize(byte[] record, int keyLength, long lease) {
        return heapSize(record.length) + (lease == 0 ? 0 : heapSize(keyLength));
    }

    /** The numbers of a record, read in one go. */
    record Numbers(long createRevision, long modRevision, long version, long lease) {}

    static Numbers numbers(byte[] record) {
        int at = createAt(record) + 1;
        long create = varint(record, at);
        at = skipVarint(record, at) + 1;
        long mod = varint(record, at);
        at = skipVarint(record, at) + 1;
        long version = varint(record, at);
        return new Numbers(create, mod, version, leaseAt(record, skipVarint(record, at)));
    }

    /** An array with its header, and the reference to it. */
    private static int heapSize(int length) {
        return ((length + 16 + 7) & ~7) + 4;
    }
}
