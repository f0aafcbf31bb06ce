package io.meshkeep.server.compat;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.WatchCreateRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What clients see of a server that is stopped in good order. */
@ParameterizedClass(name = "{0}")
@EnumSource(Target.Kind.class)
class StopTest {
    private static final ByteString KEY = ByteString.copyFromUtf8("k");

    @Parameter
    Target.Kind kind;

    /**
     * UNAVAILABLE is what makes etcd's clients open their streams again. Any other code, CANCELLED above all, is final
     * for every watch on the stream.
     */
    @Test
    void endsStreamsAsALostConnection() {
        try (Target target = kind.start();
                RawClient client = new RawClient(target)) {
            WatchConversation watch = client.watch();
            watch.create(WatchCreateRequest.newBuilder().setKey(KEY).build());
            Conversation<LeaseKeepAliveRequest, LeaseKeepAliveResponse> keepAlive = client.keepAlive();
            keepAlive.send(LeaseKeepAliveRequest.newBuilder().setID(1).build());
            keepAlive.next();
            target.stop();
            assertThat(watch.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(keepAlive.end().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            target.startAgain();
        }
    }

    @Test
    void keepsDataAndIdentity() {
        try (Target target = kind.start();
                RawClient client = new RawClient(target)) {
            var before =
                    client.kv().put(PutRequest.newBuilder().setKey(KEY).build()).getHeader();
            target.stop();
            target.startAgain();
            var after = client.kv()
                    .withWaitForReady()
                    .range(RangeRequest.newBuilder().setKey(KEY).build());
            assertThat(after.getCount()).isOne();
            assertThat(after.getHeader().getRevision()).isEqualTo(before.getRevision());
            assertThat(after.getHeader().getClusterId()).isEqualTo(before.getClusterId());
            assertThat(after.getHeader().getMemberId()).isEqualTo(before.getMemberId());
            assertThat(after.getHeader().getRaftTerm()).isGreaterThan(before.getRaftTerm());
            assertThat(client.guard().violations()).isEmpty();
        }
    }
}
