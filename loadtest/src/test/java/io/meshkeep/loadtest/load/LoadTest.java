package io.meshkeep.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RangeResponse;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoadTest {
    private static final Meter METER = new Meter(Duration.ZERO, Duration.ofSeconds(1), perSecond -> {});

    @Test
    void callersWaitForTheirAnswers() throws Exception {
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger calls = new AtomicInteger();
        StreamObserver<?>[] held = new StreamObserver<?>[1];
        // Each answer waits for the next call, so two callers are always seen together.
        try (KvServer server = new KvServer((request, answers) -> {
                    calls.incrementAndGet();
                    most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
                    if (held[0] != null) {
                        inFlight.decrementAndGet();
                        answer(held[0]);
                    }
                    held[0] = answers;
                });
                EtcdClient client = EtcdClient.connect(server.endpoint(), 1)) {
            ClosedLoop<byte[]> load = new ClosedLoop<>(client, new Ranges(), 2);
            Recorder recorder = new Recorder(failure -> {});
            client.loop().execute(() -> load.start(recorder));
            while (calls.get() < 1000) {
                LockSupport.parkNanos(100_000);
            }
            assertThat(most).hasValue(2);
        }
    }

    @Test
    void aRunHasExactlySoManyCalls() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (KvServer server = new KvServer((request, answers) -> {
                    calls.incrementAndGet();
                    answer(answers);
                });
                EtcdClient client = EtcdClient.connect(server.endpoint(), 3)) {
            ClosedLoop.run(client, new Ranges(), 10, 1234);
            assertThat(calls).hasValue(1234);
        }
    }

    /** All calls that were due while the server stood still are charged with the wait, though few were on their way. */
    @Test
    void aStallIsChargedToEveryCallThatWasDue() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (KvServer server = new KvServer((request, answers) -> {
                    if (calls.incrementAndGet() == 100) {
                        LockSupport.parkNanos(Duration.ofMillis(500).toNanos());
                    }
                    answer(answers);
                });
                EtcdClient client = EtcdClient.connect(server.endpoint(), 1)) {
            OpenLoop<byte[]> load = new OpenLoop<>(client, new Ranges(), 1000, 10);
            Recorder recorder = new Recorder(failure -> {});
            client.loop().execute(() -> load.start(recorder));
            while (client.loop().submit(recorder::operations).get() < 1000) {
                LockSupport.parkNanos(1_000_000);
            }
            Histogram latency = client.loop().submit(recorder::takeLatency).get();
            long late = latency.getCountBetweenValues(Duration.ofMillis(100).toNanos(), Recorder.HIGHEST_NANOS);
            // At 1,000 a second, 400 calls were due in the first 400 of the 500 ms.
            assertThat(late).isGreaterThanOrEqualTo(390);
        }
    }

    @Test
    void comesByTheClock() throws Exception {
        try (KvServer server = new KvServer((request, answers) -> answer(answers));
                EtcdClient client = EtcdClient.connect(server.endpoint(), 1)) {
            Meter meter = new Meter(Duration.ofSeconds(1), Duration.ofSeconds(2), perSecond -> {});
            Measurement measured = meter.measure(client, new OpenLoop<>(client, new Ranges(), 500, 10), CpuClock.NONE);
            // Without the clock it would be many thousands; a slow machine may be late with some of them.
            assertThat(measured.perSecond()).isBetween(250.0, 1000.0);
        }
    }

    @Test
    void anErrorEndsTheRunWithItsText() throws Exception {
        try (KvServer server = new KvServer((request, answers) -> answers.onError(
                        Status.RESOURCE_EXHAUSTED.withDescription("no room").asRuntimeException()));
                EtcdClient client = EtcdClient.connect(server.endpoint(), 1)) {
            assertThatThrownBy(() -> METER.measure(client, new ClosedLoop<>(client, new Ranges(), 5), CpuClock.NONE))
                    .isInstanceOf(LoadException.class)
                    .hasMessageContaining("no room");
            assertThatThrownBy(() -> METER.measure(client, new OpenLoop<>(client, new Ranges(), 100, 5), CpuClock.NONE))
                    .isInstanceOf(LoadException.class)
                    .hasMessageContaining("no room");
            assertThatThrownBy(() -> ClosedLoop.run(client, new Ranges(), 2, 10))
                    .hasMessageContaining("no room");
        }
    }

    @Test
    void aWrongAnswerEndsTheRun() throws Exception {
        try (KvServer server = new KvServer((request, answers) -> answer(answers));
                EtcdClient client = EtcdClient.connect(server.endpoint(), 1)) {
            Ranges wrong = new Ranges() {
                @Override
                public void check(byte[] answer) {
                    throw new IllegalStateException("not what was asked for");
                }
            };
            assertThatThrownBy(() -> METER.measure(client, new ClosedLoop<>(client, wrong, 5), CpuClock.NONE))
                    .isInstanceOf(LoadException.class)
                    .hasMessageContaining("not what was asked for");
        }
    }

    @Test
    void aServerThatNeverAnswersIsNoResult() throws Exception {
        try (KvServer server = new KvServer((request, answers) -> {});
                EtcdClient client = EtcdClient.connect(server.endpoint(), 1)) {
            Meter meter = new Meter(Duration.ZERO, Duration.ofMillis(100), Duration.ofMillis(100), perSecond -> {});
            assertThatThrownBy(() -> meter.measure(client, new ClosedLoop<>(client, new Ranges(), 1), CpuClock.NONE))
                    .isInstanceOf(LoadException.class)
                    .hasMessageContaining("not answered");
        }
    }

    @Test
    void onlyTheWindowCounts() throws Exception {
        long[] cpu = new long[1];
        try (KvServer server = new KvServer((request, answers) -> answer(answers));
                EtcdClient client = EtcdClient.connect(server.endpoint(), 1)) {
            Meter meter = new Meter(Duration.ofMillis(300), Duration.ofMillis(300), perSecond -> {});
            Measurement measured =
                    meter.measure(client, new ClosedLoop<>(client, new Ranges(), 1), () -> cpu[0] += 1_000_000);
            assertThat(measured.latency().getTotalCount()).isEqualTo(measured.operations());
            assertThat(measured.cpuNanos()).isEqualTo(1_000_000);
            assertThat(measured.nanos()).isGreaterThanOrEqualTo(300_000_000);
        }
    }

    @SuppressWarnings("unchecked")
    private static void answer(StreamObserver<?> answers) {
        StreamObserver<RangeResponse> ranges = (StreamObserver<RangeResponse>) answers;
        ranges.onNext(RangeResponse.getDefaultInstance());
        ranges.onCompleted();
    }

    private static class Ranges implements Operation<byte[]> {
        @Override
        public MethodDescriptor<byte[], byte[]> method() {
            return Rpcs.RANGE;
        }

        @Override
        public byte[] request() {
            return RangeRequest.getDefaultInstance().toByteArray();
        }

        @Override
        public void check(byte[] answer) {}
    }
}
