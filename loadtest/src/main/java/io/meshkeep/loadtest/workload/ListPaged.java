package io.meshkeep.loadtest.workload;

import com.google.protobuf.ByteString;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.meshkeep.loadtest.client.EtcdClient;
import io.meshkeep.loadtest.client.Rpcs;
import io.meshkeep.loadtest.client.Wire;
import io.meshkeep.loadtest.load.Load;
import io.meshkeep.loadtest.load.OpenLoop;
import io.meshkeep.loadtest.load.Recorder;
import io.meshkeep.loadtest.load.Together;
import io.meshkeep.proto.RangeRequest;
import java.util.concurrent.CompletableFuture;

/** Reads a prefix page by page, all at the revision of the first page, as Cilium's clients do when they start. */
final class ListPaged implements Load {
    private static final int CALLERS = 4;
    private static final int KEYS = 10_000;
    private static final int PAGE = 256;
    private static final long WRITES_PER_SECOND = 1000;
    private static final int MOST_WRITES_IN_FLIGHT = 100;

    private final EtcdClient client;
    private final Keys keys;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private Recorder recorder;
    private int active;
    private boolean stopping;

    private ListPaged(EtcdClient client, Keys keys) {
        this.client = client;
        this.keys = keys;
    }

    static Load prepare(EtcdClient client, long seed, long rate) {
        if (rate != 0) {
            throw new IllegalArgumentException("list-paged has no rate: a page follows the one before it");
        }
        Keys keys = new Keys("paged", seed);
        keys.fill(client, KEYS);
        return new Together(
                new ListPaged(client, keys),
                new OpenLoop<>(client, new Put(keys, seed), WRITES_PER_SECOND, MOST_WRITES_IN_FLIGHT));
    }

    @Override
    public void start(Recorder to) {
        recorder = to;
        active = CALLERS;
        for (int i = 0; i < CALLERS; i++) {
            new Reader(i % client.connections()).firstPage();
        }
    }

    @Override
    public CompletableFuture<Void> stop() {
        stopping = true;
        return ended;
    }

    private final class Reader extends ClientCall.Listener<byte[]> {
        private static final int HEADER = 1;
        private static final int KVS = 2;
        private static final int MORE = 3;
        private static final int REVISION_IN_HEADER = 3;
        private static final int KEY_IN_KV = 1;

        private final int connection;
        private long revision;
        private int seen;
        private long begin;
        private byte[] answer;

        Reader(int connection) {
            this.connection = connection;
        }

        void firstPage() {
            revision = 0;
            seen = 0;
            page(keys.prefix());
        }

        private void page(ByteString from) {
            if (stopping) {
                active--;
                if (active == 0) {
                    ended.complete(null);
                }
                return;
            }
            byte[] request = RangeRequest.newBuilder()
                    .setKey(from)
                    .setRangeEnd(keys.prefixEnd())
                    .setLimit(PAGE)
                    .setRevision(revision)
                    .setSerializable(true)
                    .build()
                    .toByteArray();
            begin = System.nanoTime();
            client.call(connection, Rpcs.RANGE, request, this);
        }

        @Override
        public void onMessage(byte[] message) {
            answer = message;
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            long end = System.nanoTime();
            try {
                if (!status.isOk()) {
                    throw status.asRuntimeException();
                }
                recorder.record(begin, end);
                take(answer);
            } catch (RuntimeException e) {
                stopping = true;
                recorder.fail(e);
            }
        }

        private void take(byte[] page) {
            Wire last = null;
            boolean more = false;
            for (Wire field = Wire.of(page); field.next(); ) {
                switch (field.number()) {
                    case HEADER -> {
                        if (revision == 0) {
                            revision = revisionOf(field.message());
                        }
                    }
                    case KVS -> {
                        seen++;
                        last = field.message();
                    }
                    case MORE -> more = field.value() != 0;
                    default -> {}
                }
            }
            if (more && last != null) {
                page(keyOf(page, last).concat(ByteString.copyFrom(new byte[1])));
            } else if (seen == KEYS) {
                firstPage();
            } else {
                throw new IllegalStateException("the pages have " + seen + " keys instead of " + KEYS);
            }
        }

        private long revisionOf(Wire header) {
            while (header.next()) {
                if (header.number() == REVISION_IN_HEADER) {
                    return header.value();
                }
            }
            throw new IllegalStateException("an answer has no revision");
        }

        private ByteString keyOf(byte[] page, Wire kv) {
            while (kv.next()) {
                if (kv.number() == KEY_IN_KV) {
                    return ByteString.copyFrom(page, kv.contentStart(), kv.contentEnd() - kv.contentStart());
                }
            }
            throw new IllegalStateException("a pair has no key");
        }
    }
}
