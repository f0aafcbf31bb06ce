package io.meshkeep.store;

import java.util.List;

/** Counts the pairs that go into one answer, so that many small parts do not come to more than one part may have. */
final class AnswerBudget {
    private long left;

    AnswerBudget(RangeReader.Values values) {
        this.left = values.maxAnswerBytes();
    }

    /**
     * Takes room for records, resident or full.
     *
     * @throws EtcdException {@link EtcdError#ANSWER_TOO_LARGE} if there is not enough
     */
    void take(List<byte[]> records) {
        for (byte[] record : records) {
            take(record);
        }
    }

    void take(byte[] record) {
        left -= KeyValueRecord.encodedLength(record);
        if (left < 0) {
            throw EtcdError.ANSWER_TOO_LARGE.exception();
        }
    }
}
