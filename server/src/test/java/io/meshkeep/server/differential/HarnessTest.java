package io.meshkeep.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.LeaseTimeToLiveResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.PutResponse;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchResponse;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The parts of the differential test that need no server. */
class HarnessTest {
    private static final Comparison COMPARISON = new Comparison(Dialects.ETCD_3_6);

    @Test
    void theSameSeedDrawsTheSameOps() {
        assertThat(draw(7, 500)).isEqualTo(draw(7, 500));
        assertThat(draw(8, 500)).isNotEqualTo(draw(7, 500));
    }

    @Test
    void everyKindOfOpIsDrawn() {
        List<Op> ops = draw(1, 20_000);
        assertThat(ops.stream().map(Op::getClass).distinct())
                .containsExactlyInAnyOrder(
                        Op.Call.class,
                        Op.RawCall.class,
                        Op.KeepAlive.class,
                        Op.WatchCreate.class,
                        Op.WatchCancel.class,
                        Op.WatchProgress.class,
                        Op.WatchUnset.class,
                        Op.WatchHalfClose.class,
                        Op.WatchClose.class,
                        Op.AwaitExpiry.class,
                        Op.Settle.class,
                        Op.Restart.class);
    }

    @Test
    void excludedOpsAreNotDrawn() {
        Dialect withoutCalls = new Dialect(
                "no puts",
                List.of(new Dialect.Exclusion("", (op, view) -> op instanceof Op.Call call && call.rpc() == Rpc.PUT)),
                List.of());
        Generator generator = new Generator(1, 1_000, withoutCalls);
        View view = new View();
        for (Optional<Op> op = generator.next(view); op.isPresent(); op = generator.next(view)) {
            assertThat(op.get() instanceof Op.Call call && call.rpc() == Rpc.PUT)
                    .isFalse();
        }
    }

    @Test
    void aTranscriptIsReadAsItWasWritten() throws IOException {
        List<Step> steps = new ArrayList<>();
        for (Op op : draw(3, 2_000)) {
            steps.add(new Step(op, steps.size(), Answer.NOTHING, steps.size() % 2 == 0));
        }
        Event event = Event.newBuilder()
                .setKv(KeyValue.newBuilder().setKey(Keys.LEAST).setModRevision(9))
                .build();
        WatchResponse cancel =
                WatchResponse.newBuilder().setCanceled(true).setWatchId(-3).build();
        steps.add(new Step(new Op.Settle(), 4, new Answer.Failure(Status.Code.DATA_LOSS, "text"), true));
        steps.add(new Step(
                new Op.Settle(),
                4,
                new Answer.Seen(List.of(new Answer.Track(
                        2,
                        -3,
                        List.of(new Sight.Happened(event), new Sight.Told(cancel), new Sight.Broken("in words"))))),
                false));
        steps.add(new Step(new Op.WatchCancel(1, -3), 4, Answer.Reply.of(cancel), true));
        Transcript transcript = new Transcript("etcd 3.6", -5, steps);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        transcript.write(bytes);
        assertThat(Transcript.read(new ByteArrayInputStream(bytes.toByteArray())))
                .isEqualTo(transcript);
    }

    @Test
    void aDifferenceInAnyFieldIsSeen() {
        Op put = Op.Call.of(Rpc.PUT, PutRequest.getDefaultInstance());
        PutResponse.Builder response = PutResponse.newBuilder();
        response.getHeaderBuilder().setRevision(4);
        Answer four = Answer.Reply.of(response.build());
        response.getHeaderBuilder().setRevision(5);
        Answer five = Answer.Reply.of(response.build());
        assertThat(COMPARISON.difference(put, false, four, four)).isEmpty();
        assertThat(COMPARISON.difference(put, false, four, five)).isPresent();
        assertThat(COMPARISON.difference(put, false, four, Answer.NOTHING)).isPresent();
        assertThat(COMPARISON.difference(put, false, four, new Answer.Failure(Status.Code.INTERNAL, "")))
                .isPresent();
        assertThat(COMPARISON.difference(
                        put,
                        false,
                        new Answer.Failure(Status.Code.NOT_FOUND, "a"),
                        new Answer.Failure(Status.Code.NOT_FOUND, "b")))
                .isPresent();
    }

    @Test
    void theTimeLeftOfALeaseIsJudgedByTheTimeSinceItWasGranted() {
        long second = 1_000_000_000;
        LeaseTimes times = new LeaseTimes();
        times.renewed(5, 10 * second, 11 * second);
        // Asked between 29 and 31: the lease is between 18 and 21 seconds old.
        assertThat(timeToLive(times, 82, 29 * second, 31 * second)).isEqualTo(100);
        assertThat(timeToLive(times, 78, 29 * second, 31 * second)).isEqualTo(100);
        assertThat(timeToLive(times, 83, 29 * second, 31 * second)).isEqualTo(83);
        assertThat(timeToLive(times, 77, 29 * second, 31 * second)).isEqualTo(77);
        assertThat(timeToLive(times, -1, 29 * second, 31 * second)).isEqualTo(-1);
    }

    private static long timeToLive(LeaseTimes times, long told, long sent, long received) {
        LeaseTimeToLiveResponse response = LeaseTimeToLiveResponse.newBuilder()
                .setID(5)
                .setGrantedTTL(100)
                .setTTL(told)
                .build();
        return times.judge(response, sent, received).getTTL();
    }

    @Test
    void equalSortKeysMayComeInAnyOrderIfThereAreMany() {
        Op byVersion = Op.Call.of(
                Rpc.RANGE,
                RangeRequest.newBuilder()
                        .setSortTarget(RangeRequest.SortTarget.VERSION)
                        .build());
        assertThat(COMPARISON.difference(byVersion, false, kvs(13, "a", "b"), kvs(13, "b", "a")))
                .isEmpty();
        assertThat(COMPARISON.difference(byVersion, false, kvs(12, "a", "b"), kvs(12, "b", "a")))
                .isPresent();
        assertThat(COMPARISON.difference(byVersion, false, kvs(13, "a", "b"), kvs(13, "a", "c")))
                .isPresent();
    }

    private static Answer kvs(int count, String... keys) {
        RangeResponse.Builder range = RangeResponse.newBuilder().setCount(count);
        for (String key : keys) {
            range.addKvs(KeyValue.newBuilder().setKey(ByteString.copyFromUtf8(key)));
        }
        return Answer.Reply.of(range.build());
    }

    @Test
    void aMissingAnExtraAndAnotherSightAreSeen() {
        Answer one = seen("a");
        assertThat(COMPARISON.difference(new Op.Settle(), false, one, one)).isEmpty();
        assertThat(COMPARISON.difference(new Op.Settle(), false, one, seen())).isPresent();
        assertThat(COMPARISON.difference(new Op.Settle(), false, one, new Answer.Seen(List.of())))
                .isPresent();
        assertThat(COMPARISON.difference(new Op.Settle(), false, one, seen("a", "a")))
                .isPresent();
        assertThat(COMPARISON.difference(new Op.Settle(), false, one, seen("b")))
                .isPresent();
    }

    private static Answer seen(String... what) {
        List<Sight> sights = new ArrayList<>();
        for (String one : what) {
            sights.add(new Sight.Broken(one));
        }
        return new Answer.Seen(List.of(new Answer.Track(0, 0, sights)));
    }

    @Test
    void shrinkingKeepsOnlyWhatIsNeeded() {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            steps.add(put("k" + i));
        }
        // It goes wrong at k99 if k17 and k42 went before.
        Mismatch shrunk = new Shrinker(
                        candidate -> has(candidate, "k17") && has(candidate, "k42") && has(candidate, "k99")
                                ? Optional.of(new Mismatch(candidate, "wrong"))
                                : Optional.empty(),
                        Duration.ofSeconds(10))
                .shrink(new Mismatch(steps, "wrong"));
        assertThat(shrunk.steps()).hasSize(3);
        assertThat(shrunk.steps())
                .allMatch(s ->
                        ((PutRequest) ((Op.Call) s.op()).request()).getValue().isEmpty());
    }

    private static Step put(String key) {
        PutRequest put = PutRequest.newBuilder()
                .setKey(ByteString.copyFromUtf8(key))
                .setValue(ByteString.copyFromUtf8("v"))
                .build();
        return new Step(Op.Call.of(Rpc.PUT, put), 1, Answer.NOTHING, true);
    }

    private static boolean has(List<Step> steps, String key) {
        return steps.stream()
                .anyMatch(s ->
                        ((PutRequest) ((Op.Call) s.op()).request()).getKey().equals(ByteString.copyFromUtf8(key)));
    }

    @Test
    void shiftingMovesWhatNamesARevision() {
        assertThat(Shifting.shift(compact(9), -3)).isEqualTo(compact(6));
        assertThat(Shifting.shift(compact(2), -3)).isEqualTo(compact(1));
        assertThat(Shifting.shift(compact(0), 3)).isEqualTo(compact(0));
        assertThat(Shifting.shift(compact(Long.MAX_VALUE), 3)).isEqualTo(compact(Long.MAX_VALUE));
        Op watch = new Op.WatchCreate(
                0, List.of(WatchCreateRequest.newBuilder().setStartRevision(5).build()));
        assertThat(Shifting.shift(watch, 2))
                .isEqualTo(new Op.WatchCreate(
                        0,
                        List.of(WatchCreateRequest.newBuilder()
                                .setStartRevision(7)
                                .build())));
    }

    private static Op compact(long revision) {
        return Op.Call.of(
                Rpc.COMPACT,
                CompactionRequest.newBuilder().setRevision(revision).build());
    }

    @Test
    void keysAreOrderedAsUnsignedBytes() {
        ByteString ff = ByteString.copyFrom(new byte[] {(byte) 0xff});
        ByteString a = ByteString.copyFromUtf8("a");
        assertThat(Keys.ORDER.compare(ff, a)).isPositive();
        assertThat(Keys.prefixEnd(a)).isEqualTo(ByteString.copyFromUtf8("b"));
        assertThat(Keys.prefixEnd(a.concat(ff))).isEqualTo(ByteString.copyFromUtf8("b"));
        assertThat(Keys.prefixEnd(ff)).isEqualTo(Keys.FROM_KEY);
        assertThat(Keys.contains(a, Keys.FROM_KEY, ff)).isTrue();
        assertThat(Keys.contains(a, ByteString.EMPTY, a)).isTrue();
        assertThat(Keys.contains(a, a, a)).isFalse();
    }

    private static List<Op> draw(long seed, int count) {
        Generator generator = new Generator(seed, count, Dialects.ETCD_3_6);
        View view = new View();
        List<Op> ops = new ArrayList<>();
        for (Optional<Op> op = generator.next(view); op.isPresent(); op = generator.next(view)) {
            ops.add(op.get());
        }
        return ops;
    }
}
