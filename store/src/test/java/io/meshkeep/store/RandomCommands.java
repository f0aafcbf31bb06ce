package io.meshkeep.store;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import java.util.SplittableRandom;

/**
 * Random commands as they pass the {@link RequestChecks}: few keys, so that they meet again; values short and too long
 * to stay in memory; leases and revisions that exist and that do not.
 */
final class RandomCommands {
    private static final int LEASES = 6;

    private final SplittableRandom random;
    private boolean alarm;

    RandomCommands(SplittableRandom random) {
        this.random = random;
    }

    /** @param revision about the newest revision: the commands name revisions around it */
    Command next(long revision) {
        if (alarm && random.nextInt(4) == 0) {
            alarm = false;
            return new Command.DisarmAlarm(new Alarm(1, AlarmType.NOSPACE));
        }
        int kind = random.nextInt(200);
        if (kind < 80) {
            return new Command.Put(put());
        } else if (kind < 110) {
            return new Command.DeleteRange(delete());
        } else if (kind < 170) {
            return new Command.Txn(txn(revision));
        } else if (kind < 180) {
            return new Command.LeaseGrant(lease(), 3600 + random.nextInt(100));
        } else if (kind < 188) {
            return new Command.LeaseRevoke(lease());
        } else if (kind < 195) {
            return new Command.Compact(Requests.compaction(revision - random.nextInt(30) + random.nextInt(4)));
        } else if (kind < 198) {
            return new Command.DisarmAlarm(new Alarm(1 + random.nextInt(2), AlarmType.NOSPACE));
        } else {
            alarm = true;
            return new Command.RaiseAlarm(new Alarm(1, AlarmType.NOSPACE));
        }
    }

    private long lease() {
        // a client may choose a negative id; 0 is none
        int lease = random.nextInt(LEASES);
        return lease == 0 ? -1 : lease;
    }

    ByteString key() {
        return ByteString.copyFrom(RandomBytes.key(random, 2));
    }

    /** The range_end of a request: mostly one key or a small range, now and then everything or nothing. */
    ByteString end() {
        return switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> ByteString.EMPTY;
            case 4 -> ByteString.copyFrom(new byte[1]);
            default -> key();
        };
    }

    private ByteString value() {
        int length = switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> KeyValueRecord.MAX_RESIDENT_VALUE - 1 + random.nextInt(4);
            case 2 -> 5_000 + random.nextInt(4_000);
            default -> 1 + random.nextInt(20);
        };
        return ByteString.copyFrom(RandomBytes.value(random, length));
    }

    private PutRequest put() {
        boolean ignoreValue = random.nextInt(10) == 0;
        boolean ignoreLease = random.nextInt(10) == 0;
        return PutRequest.newBuilder()
                .setKey(key())
                .setValue(ignoreValue ? ByteString.EMPTY : value())
                .setLease(ignoreLease || random.nextInt(3) > 0 ? 0 : lease())
                .setIgnoreValue(ignoreValue)
                .setIgnoreLease(ignoreLease)
                .setPrevKv(random.nextBoolean())
                .build();
    }

    private DeleteRangeRequest delete() {
        return DeleteRangeRequest.newBuilder()
                .setKey(key())
                .setRangeEnd(end())
                .setPrevKv(random.nextBoolean())
                .build();
    }

    /** A transaction that passes the checks. */
    TxnRequest txn(long revision) {
        while (true) {
            TxnRequest txn = txn(revision, 3);
            try {
                RequestChecks.check(txn, 128);
                return txn;
            } catch (EtcdException refused) {
                // puts a key twice: draw again
            }
        }
    }

    private TxnRequest txn(long revision, int depth) {
        TxnRequest.Builder txn = TxnRequest.newBuilder();
        for (int i = random.nextInt(3); i > 0; i--) {
            txn.addCompare(compare(revision));
        }
        for (int i = random.nextInt(5); i > 0; i--) {
            txn.addSuccess(op(revision, depth));
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            txn.addFailure(op(revision, depth));
        }
        return txn.build();
    }

    private RequestOp op(long revision, int depth) {
        int kind = random.nextInt(10);
        if (kind < 4) {
            return Requests.op(put());
        } else if (kind < 6) {
            return Requests.op(delete());
        } else if (kind < 7 && depth > 1) {
            return Requests.op(txn(revision, depth - 1).toBuilder());
        } else {
            return Requests.op(range(revision).toBuilder());
        }
    }

    private Compare compare(long revision) {
        Compare.Builder compare = Compare.newBuilder()
                .setKey(key())
                .setRangeEnd(end())
                .setResultValue(random.nextInt(5))
                .setTargetValue(random.nextInt(6));
        switch (random.nextInt(6)) {
            case 0 -> compare.setVersion(random.nextInt(3));
            case 1 -> compare.setCreateRevision(aRevision(revision));
            case 2 -> compare.setModRevision(aRevision(revision));
            case 3 -> compare.setLease(lease());
            case 4 -> compare.setValue(ByteString.copyFrom(RandomBytes.value(random, random.nextInt(2))));
            default -> {
                // the operand stays unset
            }
        }
        return compare.build();
    }

    private long aRevision(long revision) {
        return random.nextInt(3) == 0 ? 0 : revision - random.nextInt(20) + random.nextInt(2);
    }

    /** A range with any of its options. */
    RangeRequest range(long revision) {
        RangeRequest.Builder range = RangeRequest.newBuilder()
                .setKey(random.nextInt(3) == 0 ? ByteString.copyFrom(new byte[1]) : key())
                .setRangeEnd(random.nextInt(3) == 0 ? ByteString.copyFrom(new byte[1]) : end())
                .setRevision(aRevision(revision))
                .setKeysOnly(random.nextInt(6) == 0)
                .setCountOnly(random.nextInt(10) == 0);
        if (random.nextInt(3) == 0) {
            range.setLimit(random.nextInt(6) - 1);
        }
        if (random.nextInt(3) == 0) {
            range.setSortOrderValue(random.nextInt(3)).setSortTargetValue(random.nextInt(5));
        }
        if (random.nextInt(6) == 0) {
            range.setMinModRevision(aRevision(revision)).setMaxModRevision(aRevision(revision));
        }
        if (random.nextInt(6) == 0) {
            range.setMinCreateRevision(aRevision(revision)).setMaxCreateRevision(aRevision(revision));
        }
        return range.build();
    }
}
