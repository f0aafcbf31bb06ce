package io.meshkeep.server.differential;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.meshkeep.proto.AuthGrpc;
import io.meshkeep.proto.ClusterGrpc;
import io.meshkeep.proto.KVGrpc;
import io.meshkeep.proto.LeaseGrpc;
import io.meshkeep.proto.MaintenanceGrpc;

/** The unary calls that a sequence may contain. The order is part of the transcript format: append only. */
enum Rpc {
    RANGE(KVGrpc.getRangeMethod()),
    PUT(KVGrpc.getPutMethod()),
    DELETE_RANGE(KVGrpc.getDeleteRangeMethod()),
    TXN(KVGrpc.getTxnMethod()),
    COMPACT(KVGrpc.getCompactMethod()),
    LEASE_GRANT(LeaseGrpc.getLeaseGrantMethod()),
    LEASE_REVOKE(LeaseGrpc.getLeaseRevokeMethod()),
    LEASE_TIME_TO_LIVE(LeaseGrpc.getLeaseTimeToLiveMethod()),
    LEASE_LEASES(LeaseGrpc.getLeaseLeasesMethod()),
    ALARM(MaintenanceGrpc.getAlarmMethod()),
    STATUS(MaintenanceGrpc.getStatusMethod()),
    MEMBER_LIST(ClusterGrpc.getMemberListMethod()),
    MEMBER_ADD(ClusterGrpc.getMemberAddMethod()),
    MEMBER_REMOVE(ClusterGrpc.getMemberRemoveMethod()),
    MEMBER_UPDATE(ClusterGrpc.getMemberUpdateMethod()),
    MEMBER_PROMOTE(ClusterGrpc.getMemberPromoteMethod()),
    MOVE_LEADER(MaintenanceGrpc.getMoveLeaderMethod()),
    DOWNGRADE(MaintenanceGrpc.getDowngradeMethod()),
    HASH_KV(MaintenanceGrpc.getHashKVMethod()),
    DEFRAGMENT(MaintenanceGrpc.getDefragmentMethod()),
    AUTH_ENABLE(AuthGrpc.getAuthEnableMethod()),
    AUTH_DISABLE(AuthGrpc.getAuthDisableMethod()),
    AUTH_STATUS(AuthGrpc.getAuthStatusMethod()),
    AUTHENTICATE(AuthGrpc.getAuthenticateMethod()),
    USER_ADD(AuthGrpc.getUserAddMethod()),
    USER_GET(AuthGrpc.getUserGetMethod()),
    USER_LIST(AuthGrpc.getUserListMethod()),
    USER_DELETE(AuthGrpc.getUserDeleteMethod()),
    USER_CHANGE_PASSWORD(AuthGrpc.getUserChangePasswordMethod()),
    USER_GRANT_ROLE(AuthGrpc.getUserGrantRoleMethod()),
    USER_REVOKE_ROLE(AuthGrpc.getUserRevokeRoleMethod()),
    ROLE_ADD(AuthGrpc.getRoleAddMethod()),
    ROLE_GET(AuthGrpc.getRoleGetMethod()),
    ROLE_LIST(AuthGrpc.getRoleListMethod()),
    ROLE_DELETE(AuthGrpc.getRoleDeleteMethod()),
    ROLE_GRANT_PERMISSION(AuthGrpc.getRoleGrantPermissionMethod()),
    ROLE_REVOKE_PERMISSION(AuthGrpc.getRoleRevokePermissionMethod());

    private final MethodDescriptor<Message, Message> method;

    @SuppressWarnings("unchecked")
    Rpc(MethodDescriptor<? extends Message, ? extends Message> method) {
        this.method = (MethodDescriptor<Message, Message>) method;
    }

    MethodDescriptor<Message, Message> method() {
        return method;
    }

    Message parseRequest(ByteString bytes) {
        return method.getRequestMarshaller().parse(bytes.newInput());
    }

    Message parseReply(ByteString bytes) {
        return method.getResponseMarshaller().parse(bytes.newInput());
    }
}
