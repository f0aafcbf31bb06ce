package io.meshkeep.server.rpc;

import static io.meshkeep.store.Protobuf.bytesFieldSize;
import static io.meshkeep.store.Protobuf.int64FieldSize;
import static io.meshkeep.store.Protobuf.putInt64Field;

import io.meshkeep.store.Protobuf;
import io.meshkeep.store.Result;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Encodes the results of the KV service from the store's bytes, each byte copied once. */
final class KvResponses {
    private static final byte[] EMPTY_HEADER = {0x0a, 0};

    private KvResponses() {}

    static Encoded range(byte[] header, Result.Range result) {
        byte[] tail = new byte[(result.more() ? 2 : 0) + int64FieldSize(result.count())];
        putInt64Field(tail, putInt64Field(tail, 0, 0x18, result.more() ? 1 : 0), 0x20, result.count());
        return new WithRecords(header, 0x12, result.records(), result.recordBytes(), tail);
    }

    static Encoded put(byte[] header, Result.Put result) {
        if (result.previous() == null) {
            return Encoded.of(header);
        }
        return new WithRecords(header, 0x12, List.of(result.previous()));
    }

    static Encoded deleteRange(byte[] header, Result.DeleteRange result) {
        byte[] head = Arrays.copyOf(header, header.length + int64FieldSize(result.deleted()));
        putInt64Field(head, header.length, 0x10, result.deleted());
        return new WithRecords(head, 0x1a, result.previous());
    }

    static Encoded txn(byte[] header, Result.Txn result) {
        byte[] head = Arrays.copyOf(header, header.length + (result.succeeded() ? 2 : 0));
        putInt64Field(head, header.length, 0x10, result.succeeded() ? 1 : 0);
        List<Part> parts = new ArrayList<>(result.responses().size());
        int size = head.length;
        for (Result response : result.responses()) {
            Part part = part(response);
            parts.add(part);
            size += bytesFieldSize(part.size());
        }
        return new Txn(size, head, parts);
    }

    private static Part part(Result result) {
        if (result instanceof Result.Range range) {
            return new Part(0x0a, range(Headers.innerField(range.revision()), range));
        } else if (result instanceof Result.Put put) {
            return new Part(0x12, put(Headers.innerField(put.revision()), put));
        } else if (result instanceof Result.DeleteRange delete) {
            return new Part(0x1a, deleteRange(Headers.innerField(delete.revision()), delete));
        } else {
            // etcd sends the header of a nested transaction, but leaves it empty
            return new Part(0x22, txn(EMPTY_HEADER, (Result.Txn) result));
        }
    }

    /** A ResponseOp: the response as the field that its kind has in the oneof. */
    private record Part(int tag, Encoded response) {
        int size() {
            return bytesFieldSize(response.size());
        }
    }

    private static void writeBytesHeader(OutputStream out, int tag, int length) throws IOException {
        out.write(tag);
        Protobuf.writeVarint(out, length);
    }

    private static final class Txn extends Encoded {
        private final byte[] head;
        private final List<Part> parts;

        Txn(int size, byte[] head, List<Part> parts) {
            super(size);
            this.head = head;
            this.parts = parts;
        }

        @Override
        void writeTo(OutputStream out) throws IOException {
            out.write(head, 0, head.length);
            for (Part part : parts) {
                writeBytesHeader(out, 0x1a, part.size());
                writeBytesHeader(out, part.tag, part.response.size());
                part.response.writeTo(out);
            }
        }
    }

    /** Some bytes, records as a repeated field, some bytes. */
    private static final class WithRecords extends Encoded {
        private final byte[] head;
        private final int tag;
        private final List<byte[]> records;
        private final byte[] tail;

        WithRecords(byte[] head, int tag, List<byte[]> records, long recordBytes, byte[] tail) {
            super(Math.toIntExact(head.length + recordBytes + tail.length));
            this.head = head;
            this.tag = tag;
            this.records = records;
            this.tail = tail;
        }

        WithRecords(byte[] head, int tag, List<byte[]> records) {
            this(head, tag, records, size(records), new byte[0]);
        }

        private static long size(List<byte[]> records) {
            long size = 0;
            for (byte[] record : records) {
                size += bytesFieldSize(record.length);
            }
            return size;
        }

        @Override
        void writeTo(OutputStream out) throws IOException {
            out.write(head, 0, head.length);
            byte[] recordHeader = new byte[6];
            for (byte[] record : records) {
                int length = Protobuf.putBytesHeader(recordHeader, 0, tag, record.length);
                out.write(recordHeader, 0, length);
                out.write(record, 0, record.length);
            }
            out.write(tail, 0, tail.length);
        }
    }
}
