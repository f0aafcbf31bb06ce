package io.meshkeep.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.CompactionRequest;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandTest {
    static List<Command> oneOfEachKind() {
        return List.of(
                new Command.Put(Requests.put("k", "v", 7)),
                new Command.DeleteRange(Requests.delete("a", "b", true)),
                new Command.Txn(Requests.txn()
                        .addCompare(Requests.version("k", 3))
                        .addSuccess(Requests.op(Requests.put("k", "w", 0)))
                        .addFailure(Requests.op(Requests.delete("k", "", false)))
                        .build()),
                new Command.Compact(CompactionRequest.newBuilder()
                        .setRevision(9)
                        .setPhysical(true)
                        .build()),
                new Command.LeaseGrant(-5, 9_000_000_000L),
                new Command.LeaseRevoke(Long.MIN_VALUE),
                new Command.RaiseAlarm(new Alarm(3, AlarmType.NOSPACE)),
                new Command.DisarmAlarm(new Alarm(-3, AlarmType.CORRUPT)),
                new Command.LeaseExpire(-7, Long.MAX_VALUE));
    }

    @ParameterizedTest
    @MethodSource("oneOfEachKind")
    void comesBackFromItsBytes(Command command) throws InvalidProtocolBufferException {
        assertThat(Command.decode(command.encode())).isEqualTo(command);
    }

    @Test
    void randomCommandsComeBackFromTheirBytes() throws InvalidProtocolBufferException {
        RandomCommands commands = new RandomCommands(new SplittableRandom(3));
        for (int i = 0; i < 2_000; i++) {
            Command command = commands.next(i);
            assertThat(Command.decode(command.encode())).isEqualTo(command);
        }
    }

    @ParameterizedTest
    @ValueSource(bytes = {0, 9, 10, -1, 127})
    void anUnknownKindIsRefused(byte kind) {
        assertThatThrownBy(() -> Command.decode(new byte[] {kind})).isInstanceOf(InvalidProtocolBufferException.class);
    }

    @Test
    void noBytesAreRefused() {
        assertThatThrownBy(() -> Command.decode(new byte[0])).isInstanceOf(InvalidProtocolBufferException.class);
    }

    @Test
    void aBrokenBodyIsRefused() {
        assertThatThrownBy(() -> Command.decode(new byte[] {1, (byte) 0x0a, 5, 1}))
                .isInstanceOf(InvalidProtocolBufferException.class);
    }
}
