package io.meshkeep.server.rpc;

import io.grpc.ServerServiceDefinition;
import io.meshkeep.proto.AlarmMember;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.AlarmResponse;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.DefragmentRequest;
import io.meshkeep.proto.DefragmentResponse;
import io.meshkeep.proto.DowngradeInfo;
import io.meshkeep.proto.MaintenanceGrpc;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.StatusResponse;
import io.meshkeep.store.Alarm;
import io.meshkeep.store.Command;
import io.meshkeep.store.Result;
import io.meshkeep.store.Snapshot;
import io.meshkeep.store.Store;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/** {@code etcdserverpb.Maintenance}. */
final class MaintenanceService {
    private static final int COMMAND_BYTES = 64;

    private final Store store;
    private final Headers headers;
    private final Defragmenter defragmenter;
    private final About about;

    /**
     * What Status says of the server.
     *
     * @param version the version that clients decide by what they may use
     * @param quotaBytes the quota in force, in bytes
     */
    record About(String version, long quotaBytes) {
        boolean is36() {
            String[] parts = version.split("\\.");
            return parts.length > 1 && !(parts[0].equals("3") && Integer.parseInt(parts[1]) < 6);
        }
    }

    MaintenanceService(Store store, Headers headers, Defragmenter defragmenter, About about) {
        this.store = store;
        this.headers = headers;
        this.defragmenter = defragmenter;
        this.about = about;
    }

    ServerServiceDefinition bind(ServiceBinder binder) {
        return binder.service(MaintenanceGrpc.getServiceDescriptor())
                .unary(MaintenanceGrpc.getStatusMethod(), this::status)
                .unary(MaintenanceGrpc.getAlarmMethod(), this::alarm)
                .unary(MaintenanceGrpc.getDefragmentMethod(), this::defragment)
                .build();
    }

    private void status(StatusRequest request, Reply reply) {
        store.requireCredentials(reply.credentials());
        Snapshot snapshot = store.snapshot();
        StatusResponse.Builder response = StatusResponse.newBuilder()
                .setHeader(headers.at(snapshot.revision()))
                .setVersion(about.version)
                .setDbSize(store.size())
                .setDbSizeInUse(store.sizeInUse())
                .setLeader(store.memberId())
                .setRaftIndex(Math.max(1, snapshot.appliedIndex()))
                .setRaftAppliedIndex(Math.max(1, snapshot.appliedIndex()))
                .setRaftTerm(store.raftTerm());
        sorted(snapshot.alarms()).forEach(alarm -> response.addErrors(text(alarm)));
        if (about.is36()) {
            response.setStorageVersion(about.version.replaceAll("^(\\d+\\.\\d+).*", "$1.0"))
                    .setDbSizeQuota(about.quotaBytes)
                    .setDowngradeInfo(DowngradeInfo.getDefaultInstance());
        }
        reply.send(Encoded.of(response.build()));
    }

    /** As Go prints the message: a member id of 0 is left out. */
    private static String text(Alarm alarm) {
        String member = alarm.memberId() == 0 ? "" : "memberID:" + Long.toUnsignedString(alarm.memberId()) + " ";
        return member + "alarm:" + alarm.type() + " ";
    }

    private void alarm(AlarmRequest request, Reply reply) {
        if (request.getAction() == AlarmRequest.AlarmAction.GET) {
            store.requireCredentials(reply.credentials());
        } else {
            store.requireRoot(reply.credentials());
        }
        switch (request.getAction()) {
            case ACTIVATE -> change(request, reply, new Command.RaiseAlarm(alarmOf(request)));
            case DEACTIVATE -> change(request, reply, new Command.DisarmAlarm(alarmOf(request)));
            case GET -> {
                Snapshot snapshot = store.snapshot();
                List<Alarm> found = sorted(snapshot.alarms()).stream()
                        .filter(alarm -> request.getAlarm() == AlarmType.NONE || alarm.type() == request.getAlarm())
                        .toList();
                reply.send(alarms(snapshot.revision(), found));
            }
            case UNRECOGNIZED -> reply.send(alarms(store.snapshot().revision(), List.of()));
        }
    }

    private static Alarm alarmOf(AlarmRequest request) {
        return new Alarm(request.getMemberID(), request.getAlarm());
    }

    private void change(AlarmRequest request, Reply reply, Command command) {
        if (request.getAlarm() == AlarmType.NONE || request.getAlarm() == AlarmType.UNRECOGNIZED) {
            reply.send(alarms(store.snapshot().revision(), List.of()));
            return;
        }
        store.write(command, reply.credentials(), COMMAND_BYTES, (result, error) -> {
            if (error != null) {
                reply.fail(error);
            } else {
                reply.send(alarms(result.revision(), ((Result.Alarm) result).alarms()));
            }
        });
    }

    private Encoded alarms(long revision, List<Alarm> alarms) {
        AlarmResponse.Builder response = AlarmResponse.newBuilder().setHeader(headers.at(revision));
        for (Alarm alarm : alarms) {
            response.addAlarms(
                    AlarmMember.newBuilder().setMemberID(alarm.memberId()).setAlarm(alarm.type()));
        }
        return Encoded.of(response.build());
    }

    private static List<Alarm> sorted(Collection<Alarm> alarms) {
        return alarms.stream()
                .sorted(Comparator.comparing(Alarm::type).thenComparing(Alarm::memberId))
                .toList();
    }

    private void defragment(DefragmentRequest request, Reply reply) {
        store.requireRoot(reply.credentials());
        defragmenter.run(
                // etcd's answer has no header
                () -> reply.send(Encoded.of(DefragmentResponse.getDefaultInstance())), reply::fail);
    }
}
