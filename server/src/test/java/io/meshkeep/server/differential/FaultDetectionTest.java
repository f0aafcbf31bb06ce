package io.meshkeep.server.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import io.meshkeep.proto.DeleteRangeResponse;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.WatchResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The differential test notices a server that is wrong in some small way, and finds nothing where nothing is wrong. */
class FaultDetectionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final int OPS = 400;
    private static final int SEEDS = 5;

    private enum Mistake {
        COUNT_AFTER_LIMIT {
            @Override
            byte[] make(String method, byte[] response) throws InvalidProtocolBufferException {
                if (!method.equals("etcdserverpb.KV/Range")) {
                    return response;
                }
                RangeResponse range = RangeResponse.parseFrom(response);
                return range.getMore()
                        ? range.toBuilder()
                                .setCount(range.getKvsCount())
                                .build()
                                .toByteArray()
                        : response;
            }
        },
        DELETED_ONE_MORE_THAN_SHOWN {
            @Override
            byte[] make(String method, byte[] response) throws InvalidProtocolBufferException {
                if (!method.equals("etcdserverpb.KV/DeleteRange")) {
                    return response;
                }
                DeleteRangeResponse delete = DeleteRangeResponse.parseFrom(response);
                return delete.getPrevKvsCount() > 1
                        ? delete.toBuilder()
                                .removePrevKvs(delete.getPrevKvsCount() - 1)
                                .build()
                                .toByteArray()
                        : response;
            }
        },
        NO_PREVIOUS_VALUE_OF_DELETED_KEYS {
            @Override
            byte[] make(String method, byte[] response) throws InvalidProtocolBufferException {
                if (!method.equals("etcdserverpb.Watch/Watch")) {
                    return response;
                }
                WatchResponse.Builder watch = WatchResponse.parseFrom(response).toBuilder();
                watch.getEventsBuilderList().stream()
                        .filter(e -> e.getType() == Event.EventType.DELETE)
                        .forEach(Event.Builder::clearPrevKv);
                return watch.build().toByteArray();
            }
        },
        EVENTS_OF_SOME_REVISIONS_LOST {
            @Override
            byte[] make(String method, byte[] response) throws InvalidProtocolBufferException {
                if (!method.equals("etcdserverpb.Watch/Watch")) {
                    return response;
                }
                WatchResponse watch = WatchResponse.parseFrom(response);
                return watch.getEventsCount() > 0 && watch.getEvents(0).getKv().getModRevision() % 10 == 7
                        ? LOST
                        : response;
            }
        },
        CREATED_AFTER_THE_REVISION_IT_SAYS {
            @Override
            byte[] make(String method, byte[] response) throws InvalidProtocolBufferException {
                if (!method.equals("etcdserverpb.Watch/Watch")) {
                    return response;
                }
                WatchResponse.Builder watch = WatchResponse.parseFrom(response).toBuilder();
                if (watch.getCreated()) {
                    watch.getHeaderBuilder().setRevision(watch.getHeader().getRevision() - 1);
                }
                return watch.build().toByteArray();
            }
        },
        KEEP_ALIVE_OF_A_MISSING_LEASE_SUCCEEDS {
            @Override
            byte[] make(String method, byte[] response) throws InvalidProtocolBufferException {
                if (!method.equals("etcdserverpb.Lease/LeaseKeepAlive")) {
                    return response;
                }
                LeaseKeepAliveResponse alive = LeaseKeepAliveResponse.parseFrom(response);
                return alive.getTTL() == 0 ? alive.toBuilder().setTTL(1).build().toByteArray() : response;
            }
        };

        private static final byte[] LOST = new byte[0];

        abstract byte[] make(String method, byte[] response) throws InvalidProtocolBufferException;

        FaultyProxy.Fault fault() {
            return (method, response) -> {
                try {
                    byte[] made = make(method, response);
                    return made == LOST ? Optional.empty() : Optional.of(made);
                } catch (InvalidProtocolBufferException e) {
                    throw new IllegalStateException(e);
                }
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void noticesTheMistake(Mistake mistake) {
        Path etcd = etcd();
        Dialect dialect = Dialects.of(etcd);
        Duel duel = new Duel(dialect, List.of(), PATIENCE);
        Optional<Mismatch> mismatch = Optional.empty();
        for (long seed = 1; seed <= SEEDS && mismatch.isEmpty(); seed++) {
            try (SystemUnderTest referee = Referee.start(etcd);
                    SystemUnderTest faulty = new FaultyProxy(Referee.start(etcd), mistake.fault())) {
                mismatch = duel.run(new Generator(seed, OPS, dialect), referee, faulty);
            }
        }
        assertThat(mismatch).isPresent();
    }

    @Test
    void shrinksWhatItFindsToAFewOps() {
        Path etcd = etcd();
        Dialect dialect = Dialects.of(etcd);
        SystemUnderTest.Starter faulty = () -> new FaultyProxy(Referee.start(etcd), Mistake.COUNT_AFTER_LIMIT.fault());
        Optional<Mismatch> found;
        try (SystemUnderTest referee = Referee.start(etcd);
                SystemUnderTest candidate = faulty.start()) {
            found = new Duel(dialect, List.of(), PATIENCE).run(new Generator(1, OPS, dialect), referee, candidate);
        }
        assertThat(found).isPresent();
        try (Spares referees = new Spares(() -> Referee.start(etcd), 2);
                Spares candidates = new Spares(faulty, 2)) {
            Rematch rematch = new Rematch(referees, candidates, dialect, List.of());
            Mismatch shrunk = new Shrinker(rematch::run, Duration.ofSeconds(60)).shrink(found.get());
            assertThat(shrunk.length()).isLessThan(found.get().length()).isLessThan(20);
        }
    }

    @Test
    void findsNothingThroughAnHonestProxy() {
        Path etcd = etcd();
        Dialect dialect = Dialects.of(etcd);
        try (SystemUnderTest referee = Referee.start(etcd);
                SystemUnderTest honest =
                        new FaultyProxy(Referee.start(etcd), (method, response) -> Optional.of(response))) {
            assertThat(new Duel(dialect, List.of(), Duration.ofSeconds(10))
                            .run(new Generator(1, OPS, dialect), referee, honest))
                    .isEmpty();
        }
    }

    private static Path etcd() {
        return Settings.referee()
                .orElseThrow(() -> Settings.noReferee("the tests of what the differential test notices"));
    }
}
