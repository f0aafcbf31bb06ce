package io.meshkeep.loadtest.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.TxnRequest;
import org.junit.jupiter.api.Test;

class RequestTemplateTest {
    private static final ByteString KEY = ByteString.copyFromUtf8("k/").concat(RequestTemplate.MARK);

    @Test
    void numbersStandWhereverTheMarkWas() throws Exception {
        RequestTemplate template = RequestTemplate.of(TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder().setKey(KEY))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(KEY).setLease(7)))
                .build());
        TxnRequest one = TxnRequest.parseFrom(template.with(42));
        TxnRequest other = TxnRequest.parseFrom(template.with(9_999_999_999L));
        assertThat(one.getCompare(0).getKey().toStringUtf8()).isEqualTo("k/0000000042");
        assertThat(one.getSuccess(0).getRequestPut().getKey().toStringUtf8()).isEqualTo("k/0000000042");
        assertThat(one.getSuccess(0).getRequestPut().getLease()).isEqualTo(7);
        assertThat(other.getCompare(0).getKey().toStringUtf8()).isEqualTo("k/9999999999");
    }

    @Test
    void numbersCanBeReadBack() {
        byte[] request =
                RequestTemplate.of(PutRequest.newBuilder().setKey(KEY).build()).with(1234567);
        assertThat(RequestTemplate.number(request, 4)).isEqualTo(1234567);
    }

    @Test
    void aMessageWithoutTheMarkIsAMistake() {
        assertThatThrownBy(() -> RequestTemplate.of(PutRequest.getDefaultInstance()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
