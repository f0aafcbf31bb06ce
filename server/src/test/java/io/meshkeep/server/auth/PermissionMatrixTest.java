package io.meshkeep.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.AuthRoleGetRequest;
import io.meshkeep.proto.AuthRoleListRequest;
import io.meshkeep.proto.AuthStatusRequest;
import io.meshkeep.proto.AuthUserAddRequest;
import io.meshkeep.proto.AuthUserGetRequest;
import io.meshkeep.proto.AuthUserListRequest;
import io.meshkeep.proto.ClusterGrpc;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.DeleteRangeRequest;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.LeaseKeepAliveResponse;
import io.meshkeep.proto.LeaseLeasesRequest;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.LeaseTimeToLiveRequest;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.MemberListRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.UserAddOptions;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchGrpc;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.proto.WatchResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cilium's five users, every key area, every kind of call: asked of the services, and written to
 * {@code docs/security.md}, which must say the same. To write it anew:
 * {@code ./meshkeep test -pl server -am -Dtest=PermissionMatrixTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dmeshkeep.write-docs=true}.
 */
class PermissionMatrixTest {
    private static final Path PAGE = Path.of("..", "docs", "security.md");
    private static final String BEGIN = "<!-- matrix: written by PermissionMatrixTest -->\n";
    private static final String END = "<!-- end of matrix -->\n";

    private static final List<String> USERS = List.of("root", "admin-here", "externalworkload", "local-here", "remote");

    private static final List<String> AREAS = List.of(
            "cilium/.heartbeat",
            "cilium/.initlock/",
            "cilium/cluster-config/here",
            "cilium/cluster-config/other",
            "cilium/synced/here/",
            "cilium/synced/other/",
            "cilium/state/identities/v1/",
            "cilium/state/ip/v1/",
            "cilium/state/nodes/v1/",
            "cilium/state/services/v1/",
            "cilium/state/serviceexports/v1/",
            "cilium/state/noderegister/v1/",
            "cilium/cache/identities/v1/",
            "cilium/cache/ip/v1/",
            "cilium/cache/nodes/v1/",
            "cilium/cache/services/v1/",
            "cilium/cache/serviceexports/v1/",
            "anything/else/");

    private static final long ROOT_LEASE = 7;
    private static final long EMPTY_LEASE = 8;

    @TempDir
    Path directory;

    @Test
    void thePageSaysWhatTheServicesAnswer() throws IOException {
        String tables;
        try (AuthServer server = new AuthServer(directory)) {
            server.change(CiliumUsers.forCluster("here", true));
            Channel root = server.named("root");
            LeaseGrpc.newBlockingStub(root).leaseGrant(lease(ROOT_LEASE));
            LeaseGrpc.newBlockingStub(root).leaseGrant(lease(EMPTY_LEASE));
            KVGrpc.newBlockingStub(root)
                    .put(PutRequest.newBuilder()
                            .setKey(ByteString.copyFromUtf8("anything/leased"))
                            .setLease(ROOT_LEASE)
                            .build());
            tables = "\n" + keys(server) + "\nCalls that name no key:\n\n" + others(server) + "\n";
        }
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        assertThat(end).isGreaterThanOrEqualTo(begin);
        if (Boolean.getBoolean("meshkeep.write-docs")) {
            Files.writeString(PAGE, page.substring(0, begin) + tables + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(tables);
        }
    }

    private static LeaseGrantRequest lease(long id) {
        return LeaseGrantRequest.newBuilder().setID(id).setTTL(3600).build();
    }

    // ---- calls on keys

    /** A key, and the range of all keys that start with the area. */
    private record Area(ByteString key, ByteString start, ByteString end) {
        static Area of(String area) {
            char last = area.charAt(area.length() - 1);
            // an area that is one key is asked for as one key, but for the heartbeat, which clients watch as a prefix
            boolean prefix = last == '/' || area.endsWith(".heartbeat");
            return new Area(
                    ByteString.copyFromUtf8(last == '/' ? area + "x" : area),
                    ByteString.copyFromUtf8(area),
                    prefix
                            ? ByteString.copyFromUtf8(area.substring(0, area.length() - 1) + (char) (last + 1))
                            : ByteString.EMPTY);
        }
    }

    private static final Map<String, BiConsumer<Channel, Area>> READS = new LinkedHashMap<>();
    private static final Map<String, BiConsumer<Channel, Area>> WRITES = new LinkedHashMap<>();

    static {
        READS.put(
                "range",
                (channel, area) -> KVGrpc.newBlockingStub(channel)
                        .range(RangeRequest.newBuilder()
                                .setKey(area.start)
                                .setRangeEnd(area.end)
                                .build()));
        READS.put("watch", (channel, area) -> watch(channel, area));
        READS.put(
                "compare",
                (channel, area) -> KVGrpc.newBlockingStub(channel)
                        .txn(TxnRequest.newBuilder()
                                .addCompare(Compare.newBuilder()
                                        .setKey(area.start)
                                        .setRangeEnd(area.end)
                                        .setTarget(Compare.CompareTarget.VERSION))
                                .build()));
        READS.put(
                "range in a branch that is not taken",
                (channel, area) -> KVGrpc.newBlockingStub(channel)
                        .txn(TxnRequest.newBuilder()
                                .addFailure(RequestOp.newBuilder()
                                        .setRequestRange(RangeRequest.newBuilder()
                                                .setKey(area.start)
                                                .setRangeEnd(area.end)))
                                .build()));
        WRITES.put(
                "put",
                (channel, area) -> KVGrpc.newBlockingStub(channel)
                        .put(PutRequest.newBuilder().setKey(area.key).build()));
        WRITES.put("put with a lease", (channel, area) -> {
            LeaseGrpc.LeaseBlockingStub leases = LeaseGrpc.newBlockingStub(channel);
            long id = leases.leaseGrant(lease(0)).getID();
            KVGrpc.newBlockingStub(channel)
                    .put(PutRequest.newBuilder().setKey(area.key).setLease(id).build());
            leases.leaseRevoke(LeaseRevokeRequest.newBuilder().setID(id).build());
        });
        WRITES.put(
                "delete",
                (channel, area) -> KVGrpc.newBlockingStub(channel)
                        .deleteRange(DeleteRangeRequest.newBuilder()
                                .setKey(area.start)
                                .setRangeEnd(area.end)
                                .build()));
        WRITES.put(
                "put in a nested branch that is not taken",
                (channel, area) -> KVGrpc.newBlockingStub(channel)
                        .txn(TxnRequest.newBuilder()
                                .addFailure(RequestOp.newBuilder()
                                        .setRequestTxn(TxnRequest.newBuilder()
                                                .addFailure(RequestOp.newBuilder()
                                                        .setRequestPut(PutRequest.newBuilder()
                                                                .setKey(area.key)))))
                                .build()));
    }

    private static void watch(Channel channel, Area area) {
        CompletableFuture<WatchResponse> created = new CompletableFuture<>();
        StreamObserver<WatchRequest> out = WatchGrpc.newStub(channel).watch(first(created));
        out.onNext(WatchRequest.newBuilder()
                .setCreateRequest(
                        WatchCreateRequest.newBuilder().setKey(area.start).setRangeEnd(area.end))
                .build());
        WatchResponse response = created.join();
        out.onError(Status.CANCELLED.asException());
        if (response.getCanceled()) {
            assertThat(response.getCancelReason()).endsWith("permission denied");
            throw Status.PERMISSION_DENIED.asRuntimeException();
        }
    }

    private static <T> StreamObserver<T> first(CompletableFuture<T> answer) {
        return new StreamObserver<>() {
            @Override
            public void onNext(T value) {
                answer.complete(value);
            }

            @Override
            public void onError(Throwable t) {
                answer.completeExceptionally(t);
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(new IllegalStateException("the stream ended without an answer"));
            }
        };
    }

    private static boolean permitted(Runnable call) {
        try {
            call.run();
            return true;
        } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).as("%s", e.getMessage()).isEqualTo(Status.Code.PERMISSION_DENIED);
            return false;
        } catch (java.util.concurrent.CompletionException e) {
            assertThat(Status.fromThrowable(e).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
            return false;
        }
    }

    private static String keys(AuthServer server) {
        StringBuilder table = header("Keys");
        for (String name : AREAS) {
            Area area = Area.of(name);
            table.append("| `").append(name).append("` |");
            for (String user : USERS) {
                Channel channel = server.named(user);
                String cell = cell(channel, area, READS, "read") + cell(channel, area, WRITES, "write");
                table.append(' ')
                        .append(cell.isEmpty() ? "–" : cell.strip().replace("  ", ", "))
                        .append(" |");
            }
            table.append('\n');
        }
        return table.toString();
    }

    /** One word if all these calls are permitted, nothing if none is, else their names. */
    private static String cell(Channel channel, Area area, Map<String, BiConsumer<Channel, Area>> calls, String word) {
        List<String> permitted = new ArrayList<>();
        calls.forEach((name, call) -> {
            if (permitted(() -> call.accept(channel, area))) {
                permitted.add(name);
            }
        });
        return permitted.isEmpty()
                ? ""
                : " " + (permitted.size() == calls.size() ? word : String.join(" and ", permitted)) + " ";
    }

    private static StringBuilder header(String first) {
        StringBuilder table = new StringBuilder("| " + first + " |");
        USERS.forEach(user -> table.append(" `").append(user).append("` |"));
        table.append("\n|---|");
        USERS.forEach(user -> table.append("---|"));
        return table.append('\n');
    }

    // ---- other calls

    private static String others(AuthServer server) {
        Map<String, Consumer<Channel>> calls = new LinkedHashMap<>();
        calls.put("`LeaseGrant`", channel -> LeaseGrpc.newBlockingStub(channel).leaseGrant(lease(0)));
        calls.put("`LeaseKeepAlive` of a lease without keys", channel -> keepAlive(channel, EMPTY_LEASE));
        calls.put("`LeaseKeepAlive` of another's lease", channel -> keepAlive(channel, ROOT_LEASE));
        calls.put(
                "put with another's lease",
                channel -> KVGrpc.newBlockingStub(channel)
                        .put(PutRequest.newBuilder()
                                .setKey(ByteString.copyFromUtf8("cilium/.initlock/x"))
                                .setLease(ROOT_LEASE)
                                .build()));
        calls.put(
                "`LeaseTimeToLive` with another's keys",
                channel -> LeaseGrpc.newBlockingStub(channel)
                        .leaseTimeToLive(LeaseTimeToLiveRequest.newBuilder()
                                .setID(ROOT_LEASE)
                                .setKeys(true)
                                .build()));
        calls.put(
                "`LeaseLeases`",
                channel -> LeaseGrpc.newBlockingStub(channel).leaseLeases(LeaseLeasesRequest.getDefaultInstance()));
        calls.put(
                "`Status`",
                channel -> MaintenanceGrpc.newBlockingStub(channel).status(StatusRequest.getDefaultInstance()));
        calls.put(
                "`MemberList`",
                channel -> ClusterGrpc.newBlockingStub(channel).memberList(MemberListRequest.getDefaultInstance()));
        calls.put(
                "`Alarm`, list",
                channel -> MaintenanceGrpc.newBlockingStub(channel).alarm(AlarmRequest.getDefaultInstance()));
        calls.put(
                "`Alarm`, disarm",
                channel -> MaintenanceGrpc.newBlockingStub(channel)
                        .alarm(AlarmRequest.newBuilder()
                                .setAction(AlarmRequest.AlarmAction.DEACTIVATE)
                                .setAlarm(AlarmType.NOSPACE)
                                .build()));
        calls.put(
                "`Defragment`",
                channel -> MaintenanceGrpc.newBlockingStub(channel).defragment(DefragmentRequest.getDefaultInstance()));
        calls.put(
                "`Compact`",
                channel -> KVGrpc.newBlockingStub(channel)
                        .compact(CompactionRequest.newBuilder()
                                .setRevision(server.store().snapshot().compactedRevision() + 2)
                                .build()));
        calls.put("`UserGet`, `RoleGet` of others", channel -> {
            AuthGrpc.newBlockingStub(channel)
                    .userGet(AuthUserGetRequest.newBuilder().setName("probe").build());
            AuthGrpc.newBlockingStub(channel)
                    .roleGet(AuthRoleGetRequest.newBuilder().setRole("local").build());
        });
        calls.put("`UserList`, `RoleList`, `AuthStatus`", channel -> {
            AuthGrpc.newBlockingStub(channel).userList(AuthUserListRequest.getDefaultInstance());
            AuthGrpc.newBlockingStub(channel).roleList(AuthRoleListRequest.getDefaultInstance());
            AuthGrpc.newBlockingStub(channel).authStatus(AuthStatusRequest.getDefaultInstance());
        });
        calls.put(
                "`UserAdd` and all else of `Auth`",
                channel -> AuthGrpc.newBlockingStub(channel)
                        .userAdd(AuthUserAddRequest.newBuilder()
                                .setName("new-" + System.nanoTime())
                                .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
                                .build()));
        server.change(new io.meshkeep.store.AuthChange.UserAdd("probe", true, ByteString.EMPTY));
        StringBuilder table = header("Call");
        calls.forEach((name, call) -> {
            table.append("| ").append(name).append(" |");
            for (String user : USERS) {
                table.append(permitted(() -> call.accept(server.named(user))) ? " yes |" : " – |");
            }
            table.append('\n');
        });
        return table.toString();
    }

    private static void keepAlive(Channel channel, long id) {
        CompletableFuture<LeaseKeepAliveResponse> answer = new CompletableFuture<>();
        StreamObserver<LeaseKeepAliveRequest> out = LeaseGrpc.newStub(channel).leaseKeepAlive(first(answer));
        out.onNext(LeaseKeepAliveRequest.newBuilder().setID(id).build());
        answer.join();
        out.onCompleted();
    }
}
