package io.meshkeep.store;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import io.meshkeep.proto.DeleteRangeResponse;
import io.meshkeep.proto.KeyValue;
import io.meshkeep.proto.PutResponse;
import io.meshkeep.proto.RangeResponse;
import io.meshkeep.proto.ResponseHeader;
import io.meshkeep.proto.ResponseOp;
import io.meshkeep.proto.TxnResponse;
import java.io.UncheckedIOException;

/** The store's results as the protobuf messages that they mean, parsed by the generated classes. */
final class Answers {
    private Answers() {}

    static MvccModel.Answer of(Result result, EtcdException error) {
        return error != null ? new MvccModel.Answer.Refused(error.error()) : new MvccModel.Answer.Ok(message(result));
    }

    static KeyValue keyValue(byte[] record) {
        try {
            return KeyValue.parseFrom(record);
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ResponseHeader header(Result result) {
        return ResponseHeader.newBuilder().setRevision(result.revision()).build();
    }

    static MessageLite message(Result result) {
        if (result instanceof Result.Range range) {
            return range(range);
        } else if (result instanceof Result.Put put) {
            return put(put);
        } else if (result instanceof Result.DeleteRange delete) {
            return delete(delete);
        } else if (result instanceof Result.Txn txn) {
            return txn(txn).setHeader(header(txn)).build();
        } else {
            return header(result);
        }
    }

    private static RangeResponse range(Result.Range range) {
        RangeResponse.Builder response = RangeResponse.newBuilder()
                .setHeader(header(range))
                .setMore(range.more())
                .setCount(range.count());
        range.records().forEach(record -> response.addKvs(keyValue(record)));
        return response.build();
    }

    private static PutResponse put(Result.Put put) {
        PutResponse.Builder response = PutResponse.newBuilder().setHeader(header(put));
        if (put.previous() != null) {
            response.setPrevKv(keyValue(put.previous()));
        }
        return response.build();
    }

    private static DeleteRangeResponse delete(Result.DeleteRange delete) {
        DeleteRangeResponse.Builder response =
                DeleteRangeResponse.newBuilder().setHeader(header(delete)).setDeleted(delete.deleted());
        delete.previous().forEach(record -> response.addPrevKvs(keyValue(record)));
        return response.build();
    }

    /** Without a header, which nested transactions do not have. */
    private static TxnResponse.Builder txn(Result.Txn txn) {
        TxnResponse.Builder response = TxnResponse.newBuilder().setSucceeded(txn.succeeded());
        for (Result op : txn.responses()) {
            ResponseOp.Builder answer = ResponseOp.newBuilder();
            if (op instanceof Result.Range range) {
                answer.setResponseRange(range(range));
            } else if (op instanceof Result.Put put) {
                answer.setResponsePut(put(put));
            } else if (op instanceof Result.DeleteRange delete) {
                answer.setResponseDeleteRange(delete(delete));
            } else {
                answer.setResponseTxn(txn((Result.Txn) op));
            }
            response.addResponses(answer);
        }
        return response;
    }
}
