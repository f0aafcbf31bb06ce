package io.meshkeep.store;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.TxnRequest;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A change to the store, complete in itself: applying the same commands in the same order to the same state gives the
 * same state on every machine, so whatever depends on time or chance (an expiry, a lease id, an alarm) is decided
 * before and stands in the command. {@link #encode()} is the form that a replicated log would carry.
 */
public sealed interface Command {

    record Put(PutRequest request) implements Command {}

    record DeleteRange(DeleteRangeRequest request) implements Command {}

    record Txn(TxnRequest request) implements Command {}

    record Compact(CompactionRequest request) implements Command {}

    /** Grants a lease; id and TTL (seconds) are final: chosen, and raised to the minimum. */
    record LeaseGrant(long id, long ttl) implements Command {}

    record LeaseRevoke(long id) implements Command {}

    /**
     * Ends a lease whose time is up, if it is still the one that was granted then: the client may have revoked it
     * meanwhile and granted another under the same id.
     *
     * @param granted the {@linkplain LeaseEntry#granted() grant} that has run out
     */
    record LeaseExpire(long id, long granted) implements Command {}

    record RaiseAlarm(Alarm alarm) implements Command {}

    record DisarmAlarm(Alarm alarm) implements Command {}

    record Auth(AuthChange change) implements Command {}

    /**
     * A command on a caller's behalf, who must be permitted what it does. A bare command is the server's own doing.
     *
     * @param command a bare one
     */
    record As(Caller caller, Command command) implements Command {}

    /** The command itself, whoever asked for it. */
    default Command bare() {
        return this instanceof As as ? as.command : this;
    }

    /** The command as bytes: one byte for its kind, then the request that it carries. */
    default byte[] encode() {
        if (this instanceof Put c) {
            return tagged(1, c.request);
        } else if (this instanceof DeleteRange c) {
            return tagged(2, c.request);
        } else if (this instanceof Txn c) {
            return tagged(3, c.request);
        } else if (this instanceof Compact c) {
            return tagged(4, c.request);
        } else if (this instanceof LeaseGrant c) {
            return tagged(
                    5, LeaseGrantRequest.newBuilder().setID(c.id).setTTL(c.ttl).build());
        } else if (this instanceof LeaseRevoke c) {
            return tagged(6, LeaseRevokeRequest.newBuilder().setID(c.id).build());
        } else if (this instanceof RaiseAlarm c) {
            return tagged(7, alarm(c.alarm));
        } else if (this instanceof DisarmAlarm c) {
            return tagged(8, alarm(c.alarm));
        } else if (this instanceof Auth c) {
            return tagged(10, AuthChangeCodec.encode(c.change));
        } else if (this instanceof As c) {
            return tagged(11, AuthChangeCodec.encode(c.caller, c.command));
        } else {
            LeaseExpire c = (LeaseExpire) this;
            return ByteBuffer.allocate(1 + 2 * Long.BYTES)
                    .put((byte) 9)
                    .putLong(c.id)
                    .putLong(c.granted)
                    .array();
        }
    }

    /** The command that {@link #encode()} gave these bytes for. */
    static Command decode(byte[] bytes) throws InvalidProtocolBufferException {
        if (bytes.length == 0) {
            throw new InvalidProtocolBufferException("a command has at least the byte of its kind");
        }
        byte[] body = Arrays.copyOfRange(bytes, 1, bytes.length);
        switch (bytes[0]) {
            case 1:
                return new Put(PutRequest.parseFrom(body));
            case 2:
                return new DeleteRange(DeleteRangeRequest.parseFrom(body));
            case 3:
                return new Txn(TxnRequest.parseFrom(body));
            case 4:
                return new Compact(CompactionRequest.parseFrom(body));
            case 5:
                LeaseGrantRequest grant = LeaseGrantRequest.parseFrom(body);
                return new LeaseGrant(grant.getID(), grant.getTTL());
            case 6:
                return new LeaseRevoke(LeaseRevokeRequest.parseFrom(body).getID());
            case 7:
                return new RaiseAlarm(alarm(body));
            case 8:
                return new DisarmAlarm(alarm(body));
            case 9:
                if (body.length != 2 * Long.BYTES) {
                    throw new InvalidProtocolBufferException("an expiry of a lease has two numbers");
                }
                ByteBuffer numbers = ByteBuffer.wrap(body);
                return new LeaseExpire(numbers.getLong(), numbers.getLong());
            case 10:
                return new Auth(AuthChangeCodec.decodeChange(body));
            case 11:
                return AuthChangeCodec.decodeAs(body);
            default:
                throw new InvalidProtocolBufferException("unknown kind of command: " + bytes[0]);
        }
    }

    private static AlarmRequest alarm(Alarm alarm) {
        return AlarmRequest.newBuilder()
                .setMemberID(alarm.memberId())
                .setAlarm(alarm.type())
                .build();
    }

    private static Alarm alarm(byte[] body) throws InvalidProtocolBufferException {
        AlarmRequest request = AlarmRequest.parseFrom(body);
        return new Alarm(request.getMemberID(), request.getAlarm());
    }

    private static byte[] tagged(int kind, MessageLite request) {
        return tagged(kind, request.toByteArray());
    }

    private static byte[] tagged(int kind, byte[] body) {
        byte[] out = new byte[body.length + 1];
        out[0] = (byte) kind;
        System.arraycopy(body, 0, out, 1, body.length);
        return out;
    }
}
