package io.meshkeep.store;

import io.meshkeep.proto.AlarmType;
import io.meshkeep.store.StateMachine.Write;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.CRC32C;

/** The single values that the {@code meta} family holds, and their encodings. */
final class StoredMeta {
    /** Version of the on-disk format, four bytes. Raised when an older program could misread the data. */
    static final byte[] FORMAT = name("format");
    /** Cluster id, member id: two non-zero longs, drawn when the data set is made. */
    static final byte[] IDENTITY = name("identity");
    /** Raft term: how often the data was opened, plus one; etcd's single node counts the same way. */
    static final byte[] TERM = name("term");
    /** The state that each commit leaves: see {@link #state}. */
    static final byte[] STATE = name("state");
    /** The revision up to which superseded records are gone from disk. */
    static final byte[] COMPACTION_DONE = name("compaction-done");
    /** Revision that a fresh store began at, when it was not 1. */
    static final byte[] INITIAL_REVISION = name("initial-revision");

    static final byte[] ALARMS = name("alarms");

    private StoredMeta() {}

    /** @param compacted last compacted revision, -1 if none */
    record State(long appliedIndex, long revision, long compacted) {}

    static Write state(Snapshot snapshot) {
        return new Write(
                Storage.Family.META,
                STATE,
                checked(ByteBuffer.allocate(3 * Long.BYTES + Integer.BYTES)
                        .putLong(snapshot.appliedIndex())
                        .putLong(snapshot.revision())
                        .putLong(snapshot.compactedRevision())));
    }

    private static byte[] checked(ByteBuffer buffer) {
        buffer.putInt(checksum(buffer.array(), buffer.position()));
        return buffer.array();
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    static State decodeState(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        State state = new State(buffer.getLong(), buffer.getLong(), buffer.getLong());
        if (buffer.getInt() != checksum(bytes, 3 * Long.BYTES)) {
            throw new StoreException("the store's state record is damaged (its checksum does not match)");
        }
        return state;
    }

    static Write alarms(Set<Alarm> alarms) {
        ByteBuffer buffer = ByteBuffer.allocate(alarms.size() * (Long.BYTES + Integer.BYTES));
        for (Alarm alarm : alarms) {
            buffer.putLong(alarm.memberId()).putInt(alarm.type().getNumber());
        }
        return new Write(Storage.Family.META, ALARMS, buffer.array());
    }

    static Set<Alarm> decodeAlarms(byte[] bytes) {
        Set<Alarm> alarms = new HashSet<>();
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            alarms.add(new Alarm(buffer.getLong(), AlarmType.forNumber(buffer.getInt())));
        }
        return alarms;
    }

    static byte[] longs(long... numbers) {
        ByteBuffer buffer = ByteBuffer.allocate(numbers.length * Long.BYTES);
        for (long number : numbers) {
            buffer.putLong(number);
        }
        return buffer.array();
    }

    private static byte[] name(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }
}
