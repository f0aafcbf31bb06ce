package io.meshkeep.loadtest.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WireTest {
    @Test
    void walksAMessage() {
        byte[] message = WatchResponse.newBuilder()
                .setHeader(ResponseHeader.newBuilder().setRevision(Long.MAX_VALUE))
                .setWatchId(-1)
                .setCreated(true)
                .setCancelReason("none")
                .addEvents(event("a", "first"))
                .addEvents(event("b", ""))
                .build()
                .toByteArray();
        List<String> seen = new ArrayList<>();
        for (Wire field = Wire.of(message); field.next(); ) {
            switch (field.number()) {
                case 1 -> {
                    Wire header = field.message();
                    assertThat(header.next()).isTrue();
                    seen.add("revision " + header.value());
                    assertThat(header.next()).isFalse();
                }
                case 2 -> seen.add("id " + field.value());
                case 3 -> seen.add("created " + field.value());
                case 6 ->
                    seen.add("reason "
                            + new String(message, field.contentStart(), field.contentEnd() - field.contentStart()));
                case 11 -> seen.add("event of " + (field.contentEnd() - field.contentStart()));
                default -> throw new AssertionError("field " + field.number());
            }
        }
        assertThat(seen)
                .containsExactly(
                        "revision " + Long.MAX_VALUE,
                        "id -1",
                        "created 1",
                        "reason none",
                        "event of " + event("a", "first").getSerializedSize(),
                        "event of " + event("b", "").getSerializedSize());
    }

    private static Event event(String key, String value) {
        return Event.newBuilder()
                .setKv(KeyValue.newBuilder()
                        .setKey(ByteString.copyFromUtf8(key))
                        .setValue(ByteString.copyFromUtf8(value)))
                .build();
    }

    /** A field longer than the message, a cut number, a number without end, a group. */
    @ParameterizedTest
    @ValueSource(strings = {"0a05", "08ff", "08ffffffffffffffffffff01", "0b", "0affffffff7f"})
    void refusesWhatIsNoMessage(String hex) {
        byte[] bytes = java.util.HexFormat.of().parseHex(hex);
        assertThatThrownBy(() -> {
                    for (Wire field = Wire.of(bytes); field.next(); ) {
                        field.number();
                    }
                })
                .isInstanceOfAny(IllegalArgumentException.class, IndexOutOfBoundsException.class);
    }
}
