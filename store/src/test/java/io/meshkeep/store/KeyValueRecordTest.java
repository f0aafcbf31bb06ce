package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.meshkeep.proto.KeyValue;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hand-written encoding against the generated {@code mvccpb.KeyValue}. */
class KeyValueRecordTest {
    private static final int ROUNDS = 5_000;

    private final SplittableRandom random = new SplittableRandom(20240601);

    @Test
    void encodesWhatTheGeneratedClassEncodes() {
        for (int i = 0; i < ROUNDS; i++) {
            KeyValue kv = keyValue();
            assertThat(encode(kv)).isEqualTo(kv.toByteArray());
        }
    }

    @Test
    void readsBackEveryField() {
        for (int i = 0; i < ROUNDS; i++) {
            KeyValue kv = keyValue();
            byte[] record = encode(kv);
            assertThat(KeyValueRecord.isStub(record)).isFalse();
            assertFields(record, kv);
            assertThat(KeyValueRecord.value(record)).isEqualTo(kv.getValue().toByteArray());
            assertThat(KeyValueRecord.encodedLength(record)).isEqualTo(kv.getSerializedSize());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096})
    void keepsAValueOfUpTo4096BytesInMemory(int length) {
        byte[] full = encode(keyValue(length));
        assertThat(KeyValueRecord.resident(full)).isSameAs(full);
    }

    @ParameterizedTest
    @ValueSource(ints = {4097, 16383, 16384, 1 << 20})
    void leavesALongerValueOnDisk(int length) throws InvalidProtocolBufferException {
        KeyValue kv = keyValue(length);
        byte[] stub = KeyValueRecord.resident(encode(kv));
        assertThat(KeyValueRecord.isStub(stub)).isTrue();
        assertThat(stub.length).isLessThan(200);
        assertFields(stub, kv);
        assertThat(KeyValueRecord.encodedLength(stub)).isEqualTo(kv.getSerializedSize());
        assertThat(KeyValue.parseFrom(KeyValueRecord.withoutValue(stub)))
                .isEqualTo(kv.toBuilder().clearValue().build());
    }

    @Test
    void dropsTheValueAndNothingElse() throws InvalidProtocolBufferException {
        for (int i = 0; i < ROUNDS; i++) {
            KeyValue kv = keyValue();
            byte[] stripped = KeyValueRecord.withoutValue(KeyValueRecord.resident(encode(kv)));
            assertThat(KeyValue.parseFrom(stripped))
                    .isEqualTo(kv.toBuilder().clearValue().build());
        }
    }

    @Test
    void ordersRecordsByUnsignedKey() {
        for (int i = 0; i < ROUNDS; i++) {
            byte[] keyA = RandomBytes.key(random, 4);
            byte[] keyB = RandomBytes.key(random, 4);
            byte[] a = someRecord(keyA);
            byte[] b = someRecord(keyB);
            int expected = Integer.signum(Arrays.compareUnsigned(keyA, keyB));
            assertThat(Integer.signum(KeyValueRecord.compareKeys(a, b))).isEqualTo(expected);
            assertThat(Integer.signum(KeyValueRecord.compareKey(a, keyB))).isEqualTo(expected);
        }
    }

    @Test
    void comparesValuesAsUnsignedBytes() {
        for (int i = 0; i < ROUNDS; i++) {
            byte[] a = random.nextInt(4) == 0 ? new byte[0] : RandomBytes.key(random, 4);
            byte[] b = random.nextInt(4) == 0 ? new byte[0] : RandomBytes.key(random, 4);
            byte[] record = KeyValueRecord.encode(new byte[] {1}, 2, 3, 4, a, random.nextInt(2));
            assertThat(Integer.signum(KeyValueRecord.compareValue(record, b)))
                    .isEqualTo(Integer.signum(Arrays.compareUnsigned(a, b)));
        }
    }

    private static void assertFields(byte[] record, KeyValue kv) {
        assertThat(KeyValueRecord.key(record)).isEqualTo(kv.getKey().toByteArray());
        assertThat(KeyValueRecord.createRevision(record)).isEqualTo(kv.getCreateRevision());
        assertThat(KeyValueRecord.modRevision(record)).isEqualTo(kv.getModRevision());
        assertThat(KeyValueRecord.version(record)).isEqualTo(kv.getVersion());
        assertThat(KeyValueRecord.lease(record)).isEqualTo(kv.getLease());
        assertThat(KeyValueRecord.valueLength(record)).isEqualTo(kv.getValue().size());
        assertThat(KeyValueRecord.numbers(record))
                .isEqualTo(new KeyValueRecord.Numbers(
                        kv.getCreateRevision(), kv.getModRevision(), kv.getVersion(), kv.getLease()));
    }

    private byte[] someRecord(byte[] key) {
        byte[] full = encode(keyValue(random.nextInt(4) == 0 ? 5000 : random.nextInt(5)).toBuilder()
                .setKey(ByteString.copyFrom(key))
                .build());
        return KeyValueRecord.resident(full);
    }

    private KeyValue keyValue() {
        return keyValue(random.nextInt(8) == 0 ? random.nextInt(20_000) : random.nextInt(300));
    }

    private KeyValue keyValue(int valueLength) {
        return KeyValue.newBuilder()
                .setKey(ByteString.copyFrom(RandomBytes.key(random, random.nextInt(10) == 0 ? 150 : 4)))
                .setCreateRevision(RandomBytes.positive(random))
                .setModRevision(RandomBytes.positive(random))
                .setVersion(RandomBytes.positive(random))
                .setValue(ByteString.copyFrom(RandomBytes.value(random, valueLength)))
                // a client may choose a negative lease id
                .setLease(random.nextBoolean() ? 0 : random.nextLong())
                .build();
    }

    private static byte[] encode(KeyValue kv) {
        return KeyValueRecord.encode(
                kv.getKey().toByteArray(),
                kv.getCreateRevision(),
                kv.getModRevision(),
                kv.getVersion(),
                kv.getValue().toByteArray(),
                kv.getLease());
    }
}
