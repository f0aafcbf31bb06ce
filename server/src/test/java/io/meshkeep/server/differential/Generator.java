package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.DowngradeRequest;
import io.meshkeep.proto.HashKVRequest;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseLeasesRequest;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.MemberAddRequest;
import io.meshkeep.proto.MemberListRequest;
import io.meshkeep.proto.MemberPromoteRequest;
import io.meshkeep.proto.MemberRemoveRequest;
import io.meshkeep.proto.MemberUpdateRequest;
import io.meshkeep.proto.MoveLeaderRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Draws a sequence of ops from a seed. The same seed draws the same ops as long as the referee gives the same answers.
 * Ops that the {@link Dialect} excludes are drawn again.
 */
final class Generator implements OpSource {
    private static final int STREAMS = 3;
    private static final int MAX_WATCHES_PER_STREAM = 6;
    private static final int MAX_LEASES = 12;

    /** Seconds. Far enough apart that the order in which leases run out does not hang on timing. */
    private static final List<Long> TTLS = List.of(300L, 3_000L, 100_000L, 5_000_000L, 9_000_000_000L);

    private static final int MIB = 1 << 20;

    private final SplittableRandom random;
    private final Dialect dialect;
    private final Deque<Op> planned = new ArrayDeque<>();
    private int left;
    private RequestGenerator requests;
    private View view;

    Generator(long seed, int ops, Dialect dialect) {
        random = new SplittableRandom(seed);
        left = ops;
        this.dialect = dialect;
    }

    @Override
    public Optional<Op> next(View current) {
        view = current;
        if (requests == null) {
            requests = new RequestGenerator(random, view);
        }
        while (left > 0) {
            Op op = planned.isEmpty() ? draw() : planned.poll();
            if (!dialect.excludes(op, view)) {
                left--;
                return Optional.of(op);
            }
        }
        return Optional.empty();
    }

    private Op draw() {
        int kind = random.nextInt(1000);
        if (kind < 210) {
            return call(Rpc.PUT, requests.put());
        }
        if (kind < 380) {
            return withHeaders(Op.Call.of(Rpc.RANGE, requests.range()));
        }
        if (kind < 450) {
            return call(Rpc.DELETE_RANGE, requests.delete());
        }
        if (kind < 650) {
            return withHeaders(Op.Call.of(Rpc.TXN, requests.txn()));
        }
        if (kind < 685) {
            return call(
                    Rpc.COMPACT,
                    CompactionRequest.newBuilder()
                            .setRevision(requests.revision())
                            .setPhysical(requests.chance(30))
                            .build());
        }
        if (kind < 795) {
            return lease();
        }
        if (kind < 945) {
            return watch();
        }
        if (kind < 960) {
            return status();
        }
        return rare();
    }

    private Op lease() {
        int kind = requests.below(100);
        if (kind < 25 && view.leases.size() < MAX_LEASES) {
            long ttl = requests.chance(8) ? requests.oneOf(9_000_000_001L, Long.MAX_VALUE) : requests.oneOf(TTLS);
            return call(Rpc.LEASE_GRANT, grant(newLeaseId(), ttl));
        }
        if (kind < 40) {
            return call(
                    Rpc.LEASE_REVOKE,
                    LeaseRevokeRequest.newBuilder().setID(requests.lease()).build());
        }
        if (kind < 60) {
            return new Op.KeepAlive(requests.lease());
        }
        if (kind < 80) {
            return call(
                    Rpc.LEASE_TIME_TO_LIVE,
                    LeaseTimeToLiveRequest.newBuilder()
                            .setID(requests.chance(3) ? 0 : requests.lease())
                            .setKeys(requests.chance(70))
                            .build());
        }
        if (kind < 95) {
            return call(Rpc.LEASE_LEASES, LeaseLeasesRequest.getDefaultInstance());
        }
        return shortLease();
    }

    private long newLeaseId() {
        return switch (requests.below(10)) {
            case 0, 1, 2 -> 0;
            case 3 -> -1L - requests.below(5);
            case 4 -> requests.lease();
            case 5 -> requests.oneOf(Long.MIN_VALUE, Long.MAX_VALUE, 1L << 32);
            default -> 1 + requests.below(20);
        };
    }

    /** A lease with a TTL below the least; it is used at once and then revoked or left to run out. */
    private Op shortLease() {
        long id = 1_000 + requests.below(1_000);
        for (int i = 1 + requests.below(3); i > 0; i--) {
            planned.add(call(
                    Rpc.PUT,
                    PutRequest.newBuilder()
                            .setKey(requests.key())
                            .setValue(ByteString.copyFromUtf8("short"))
                            .setLease(id)
                            .build()));
        }
        if (requests.chance(50)) {
            planned.add(new Op.KeepAlive(id));
        }
        planned.add(call(
                Rpc.LEASE_TIME_TO_LIVE,
                LeaseTimeToLiveRequest.newBuilder().setID(id).setKeys(true).build()));
        planned.add(
                requests.chance(25)
                        ? new Op.AwaitExpiry(id)
                        : call(
                                Rpc.LEASE_REVOKE,
                                LeaseRevokeRequest.newBuilder().setID(id).build()));
        return call(Rpc.LEASE_GRANT, grant(id, requests.oneOf(1L, 0L, -1L, Long.MIN_VALUE)));
    }

    private static LeaseGrantRequest grant(long id, long ttl) {
        return LeaseGrantRequest.newBuilder().setID(id).setTTL(ttl).build();
    }

    private Op watch() {
        int stream = requests.below(STREAMS);
        int open = view.watches.watches(stream).size();
        int kind = requests.below(100);
        if (kind < 45 && open < MAX_WATCHES_PER_STREAM && !view.watches.isHalfClosed(stream)) {
            List<WatchCreateRequest> creates = new ArrayList<>();
            for (int i = requests.chance(20) ? 1 + requests.below(3) : 1; i > 0; i--) {
                creates.add(requests.watch());
            }
            return new Op.WatchCreate(stream, creates);
        }
        if (kind < 72) {
            return new Op.WatchCancel(
                    stream,
                    open == 0 || requests.chance(15)
                            ? requests.oneOf(0L, 1L, 5L, -1L, 77L)
                            : requests.oneOf(view.watches.watches(stream)).id);
        }
        if (kind < 86) {
            return new Op.WatchProgress(stream);
        }
        if (kind < 92) {
            return new Op.Settle();
        }
        if (kind < 94) {
            return new Op.WatchUnset(stream);
        }
        if (kind < 96) {
            return new Op.WatchHalfClose(stream);
        }
        return new Op.WatchClose(stream);
    }

    private Op status() {
        return switch (requests.below(5)) {
            case 4 -> alarm(AlarmRequest.AlarmAction.ACTIVATE, AlarmType.NONE, requests.oneOf(0L, Identities.SELF));
            case 0 -> withHeaders(Op.Call.of(Rpc.STATUS, StatusRequest.getDefaultInstance()));
            case 1 ->
                withHeaders(Op.Call.of(
                        Rpc.MEMBER_LIST,
                        MemberListRequest.newBuilder()
                                .setLinearizable(requests.chance(50))
                                .build()));
            case 2 ->
                call(
                        Rpc.ALARM,
                        AlarmRequest.newBuilder()
                                .setAlarmValue(requests.oneOf(0, 0, 1, 2, 9))
                                .setMemberID(requests.oneOf(0L, Identities.SELF, 5L))
                                .build());
            default ->
                call(
                        Rpc.ALARM,
                        AlarmRequest.newBuilder()
                                .setAction(AlarmRequest.AlarmAction.DEACTIVATE)
                                .setAlarmValue(requests.oneOf(0, 1, 2, 9))
                                .setMemberID(requests.oneOf(0L, Identities.SELF, 5L))
                                .build());
        };
    }

    private Op rare() {
        int kind = requests.below(100);
        if (kind < 22) {
            return oversize();
        }
        if (kind < 30) {
            return bigValues();
        }
        if (kind < 45) {
            return noSpace();
        }
        if (kind < 50) {
            return corrupt();
        }
        if (kind < 62) {
            return raw();
        }
        if (kind < 66) {
            return manyKeys();
        }
        if (kind < 97) {
            return cluster();
        }
        return new Op.Restart();
    }

    private Op oversize() {
        // The limit of a write is on its form in etcd's log, which is a little longer than the request: keep off it.
        boolean tooLargeToReceive = requests.chance(40);
        int size = tooLargeToReceive ? 2 * MIB + requests.below(MIB) : MIB * 3 / 2 + MIB / 50 + requests.below(MIB / 4);
        ByteString much = ByteString.copyFrom(new byte[size]);
        RequestOp.Builder op = RequestOp.newBuilder();
        return switch (requests.below(6)) {
            case 0 -> call(Rpc.PUT, PutRequest.newBuilder().setKey(much).build());
            case 1 -> call(Rpc.RANGE, RangeRequest.newBuilder().setKey(much).build());
            case 2 ->
                call(
                        Rpc.DELETE_RANGE,
                        DeleteRangeRequest.newBuilder().setKey(much).build());
            case 3 ->
                call(
                        Rpc.TXN,
                        TxnRequest.newBuilder()
                                .addFailure(op.setRequestPut(PutRequest.newBuilder()
                                        .setKey(requests.key())
                                        .setValue(much)))
                                .build());
            case 4 ->
                new Op.WatchCreate(
                        requests.below(STREAMS),
                        List.of(WatchCreateRequest.newBuilder().setKey(much).build()));
            default ->
                call(
                        Rpc.PUT,
                        PutRequest.newBuilder()
                                .setKey(requests.key())
                                .setValue(much)
                                .build());
        };
    }

    /** Several large values, and watches over them from before they were written, with fragments and without. */
    private Op bigValues() {
        long from = view.revision + 1;
        ByteString end = ByteString.copyFromUtf8("big0");
        for (int i = 0; i < 4; i++) {
            planned.add(call(
                    Rpc.PUT,
                    PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("big/" + i % 3))
                            .setValue(ByteString.copyFrom(new byte[MIB * 2 / 3 + requests.below(MIB / 3)]))
                            .build()));
        }
        List<WatchCreateRequest> watches = new ArrayList<>();
        for (boolean fragment : List.of(true, false)) {
            watches.add(WatchCreateRequest.newBuilder()
                    .setKey(ByteString.copyFromUtf8("big/"))
                    .setRangeEnd(end)
                    .setStartRevision(from)
                    .setFragment(fragment)
                    .setPrevKv(requests.chance(50))
                    .build());
        }
        int stream = requests.below(STREAMS);
        planned.add(new Op.WatchCreate(stream, watches));
        planned.add(new Op.Settle());
        planned.add(call(
                Rpc.RANGE,
                RangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("big/"))
                        .setRangeEnd(end)
                        .build()));
        planned.add(call(
                Rpc.DELETE_RANGE,
                DeleteRangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("big/"))
                        .setRangeEnd(end)
                        .setPrevKv(true)
                        .build()));
        planned.add(new Op.WatchClose(stream));
        return new Op.Settle();
    }

    /** More keys than the alphabet has, then deleted by one request. */
    private Op manyKeys() {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        int count = 20 + requests.below(100);
        for (int i = 0; i < count; i++) {
            txn.addSuccess(RequestOp.newBuilder()
                    .setRequestPut(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("m" + i))
                            .setValue(ByteString.copyFromUtf8("v" + requests.below(5)))));
        }
        ByteString end = ByteString.copyFromUtf8("n");
        for (int i = 0; i < 6; i++) {
            planned.add(call(
                    Rpc.RANGE,
                    requests.range().toBuilder()
                            .setKey(ByteString.copyFromUtf8("m"))
                            .setRangeEnd(end)
                            .build()));
        }
        planned.add(call(
                Rpc.DELETE_RANGE,
                DeleteRangeRequest.newBuilder()
                        .setKey(ByteString.copyFromUtf8("m"))
                        .setRangeEnd(end)
                        .setPrevKv(requests.chance(50))
                        .build()));
        return call(Rpc.TXN, txn.build());
    }

    private Op noSpace() {
        return alarmed(AlarmType.NOSPACE, 14);
    }

    private Op corrupt() {
        return alarmed(AlarmType.CORRUPT, 10);
    }

    /** A while with an alarm raised, in which everything goes on. */
    private Op alarmed(AlarmType alarm, int ops) {
        long member = requests.oneOf(Identities.SELF, Identities.SELF, 0L);
        Op activate = alarm(AlarmRequest.AlarmAction.ACTIVATE, alarm, member);
        Op deactivate = alarm(AlarmRequest.AlarmAction.DEACTIVATE, alarm, member);
        List<Op> during = new ArrayList<>();
        for (int i = 0; i < ops; i++) {
            during.add(
                    switch (requests.below(8)) {
                        case 0 -> call(Rpc.PUT, requests.put());
                        case 1 -> call(Rpc.RANGE, requests.range());
                        case 2 -> call(Rpc.DELETE_RANGE, requests.delete());
                        case 3, 4 -> call(Rpc.TXN, requests.txn());
                        case 5 -> call(Rpc.LEASE_GRANT, grant(newLeaseId(), requests.oneOf(TTLS)));
                        case 6 ->
                            call(
                                    Rpc.LEASE_REVOKE,
                                    LeaseRevokeRequest.newBuilder()
                                            .setID(requests.lease())
                                            .build());
                        default ->
                            call(
                                    Rpc.COMPACT,
                                    CompactionRequest.newBuilder()
                                            .setRevision(requests.revision())
                                            .build());
                    });
        }
        during.add(requests.below(during.size()), call(Rpc.STATUS, StatusRequest.getDefaultInstance()));
        during.add(
                requests.below(during.size()),
                alarm(AlarmRequest.AlarmAction.GET, requests.oneOf(AlarmType.NONE, alarm), 0));
        if (requests.chance(30)) {
            during.add(requests.below(during.size()), activate);
        }
        planned.addAll(during);
        planned.add(deactivate);
        return activate;
    }

    private static Op alarm(AlarmRequest.AlarmAction action, AlarmType alarm, long member) {
        return call(
                Rpc.ALARM,
                AlarmRequest.newBuilder()
                        .setAction(action)
                        .setAlarm(alarm)
                        .setMemberID(member)
                        .build());
    }

    private Op raw() {
        return switch (requests.below(6)) {
            case 0 -> raw("etcdserverpb.KV/Nope");
            case 1 -> raw("etcdserverpb.Nope/Range");
            case 2 -> raw("nope.Nope/Nope", 'x');
            // A length that runs over the end; a field number of zero.
            case 3 -> raw("etcdserverpb.KV/Range", 0x0a, 0x7f, 1);
            case 4 -> raw("etcdserverpb.KV/Put", 0, 0);
            default ->
                new Op.RawCall(
                        requests.oneOf("etcdserverpb.KV/Put", "etcdserverpb.Lease/LeaseLeases"),
                        ByteString.EMPTY,
                        Headers.of(
                                "client-api-version", ByteString.copyFrom(new byte[] {'3', (byte) 0xff, (byte) 0xfe})));
        };
    }

    private static Op raw(String method, int... body) {
        byte[] bytes = new byte[body.length];
        for (int i = 0; i < body.length; i++) {
            bytes[i] = (byte) body[i];
        }
        return new Op.RawCall(method, ByteString.copyFrom(bytes), Headers.NONE);
    }

    private Op cluster() {
        return switch (requests.below(10)) {
            case 0 ->
                call(
                        Rpc.MEMBER_ADD,
                        MemberAddRequest.newBuilder()
                                .addAllPeerURLs(requests.oneOf(
                                        List.of(), List.of("nonsense"), List.of("http://127.0.0.1"), List.of(":::")))
                                .setIsLearner(requests.chance(50))
                                .build());
            case 1 ->
                call(
                        Rpc.MEMBER_REMOVE,
                        MemberRemoveRequest.newBuilder().setID(5).build());
            case 2 ->
                call(
                        Rpc.MEMBER_UPDATE,
                        MemberUpdateRequest.newBuilder()
                                .setID(5)
                                .addPeerURLs("http://127.0.0.1:1")
                                .build());
            case 3 ->
                call(
                        Rpc.MEMBER_PROMOTE,
                        MemberPromoteRequest.newBuilder()
                                .setID(requests.oneOf(5L, Identities.SELF))
                                .build());
            case 4, 5 ->
                call(
                        Rpc.MOVE_LEADER,
                        MoveLeaderRequest.newBuilder()
                                .setTargetID(requests.oneOf(0L, 5L, Identities.SELF))
                                .build());
            case 6, 7 ->
                call(
                        Rpc.DOWNGRADE,
                        DowngradeRequest.newBuilder()
                                .setAction(DowngradeRequest.DowngradeAction.VALIDATE)
                                .setVersion(requests.oneOf("", "junk", "3", "1.0", "9.9.9"))
                                .build());
            case 8 ->
                call(
                        Rpc.HASH_KV,
                        HashKVRequest.newBuilder().setRevision(hashRevision()).build());
            default ->
                call(
                        Rpc.MEMBER_REMOVE,
                        MemberRemoveRequest.newBuilder().setID(Identities.SELF).build());
        };
    }

    /**
     * Never one that was or might have been compacted, 0 included: etcd 3.6 remembers hashes of its last compactions,
     * once they are through, and answers from that memory.
     */
    private long hashRevision() {
        return requests.chance(30)
                ? view.revision + 1
                : random.nextLong(Math.min(view.revision, Math.max(0, view.compactedRevision) + 1), view.revision + 1);
    }

    private static Op call(Rpc rpc, Message request) {
        return Op.Call.of(rpc, request);
    }

    private Op withHeaders(Op.Call call) {
        if (!requests.chance(4)) {
            return call;
        }
        Headers headers = switch (requests.below(4)) {
            case 0 -> Headers.of("hasleader", "true");
            case 1 -> Headers.of("hasleader", "maybe");
            case 2 -> Headers.of("client-api-version", "3.5");
            default -> Headers.of("token", "nonsense");
        };
        return new Op.Call(call.rpc(), call.request(), headers);
    }
}
