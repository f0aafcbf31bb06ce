package io.meshkeep.server.metrics;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/**
 * Calls by method and outcome. A method appears, with zeros for every outcome, as soon as it is asked for, so that the
 * first failure shows as an increase. Thread-safe.
 */
public final class GrpcMetrics {
    private static final List<String> METHOD_LABELS = List.of("grpc_method", "grpc_service", "grpc_type");
    private static final double[] HANDLING_BOUNDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    private static final Map<Status.Code, String> CODE_LABELS = codeLabels();

    private record MethodId(String service, String method) {}

    private final Map<MethodId, MethodMetrics> methods = new ConcurrentHashMap<>();
    private final Histogram handling;

    GrpcMetrics(Families families, boolean extensive) {
        perMethod(families, "grpc_server_started_total", "Calls begun.", MethodMetrics::startedTotal);
        perMethod(families, "grpc_server_msg_received_total", "Messages received.", MethodMetrics::receivedTotal);
        perMethod(families, "grpc_server_msg_sent_total", "Messages sent.", MethodMetrics::sentTotal);
        families.labelledCounter(
                "grpc_server_handled_total",
                "Calls ended, by status.",
                List.of("grpc_code", "grpc_method", "grpc_service", "grpc_type"),
                this::collectHandled);
        handling = extensive
                ? families.histogram(
                        "grpc_server_handling_seconds",
                        "How long calls took.",
                        HANDLING_BOUNDS,
                        METHOD_LABELS.toArray(String[]::new))
                : null;
    }

    /**
     * The counters of a method; the same object for the same method.
     *
     * @param service the full name of the service, such as {@code etcdserverpb.KV}
     * @param method the bare name of the method, such as {@code Range}
     */
    public MethodMetrics forMethod(String service, String method, GrpcType type) {
        return methods.computeIfAbsent(
                new MethodId(service, method),
                id -> new MethodMetrics(
                        service,
                        method,
                        type,
                        handling == null ? null : handling.labelValues(method, service, type.label())));
    }

    /** The counters of a method of gRPC Java. */
    public MethodMetrics forMethod(MethodDescriptor<?, ?> method) {
        return forMethod(method.getServiceName(), method.getBareMethodName(), GrpcType.of(method.getType()));
    }

    private void perMethod(Families families, String name, String help, ToLongFunction<MethodMetrics> value) {
        families.labelledCounter(
                name,
                help,
                METHOD_LABELS,
                callback -> methods.values()
                        .forEach(m -> callback.call(
                                value.applyAsLong(m),
                                m.method(),
                                m.service(),
                                m.type().label())));
    }

    private void collectHandled(CounterWithCallback.Callback callback) {
        for (MethodMetrics m : methods.values()) {
            CODE_LABELS.forEach((code, label) -> callback.call(
                    m.handledTotal(code),
                    label,
                    m.method(),
                    m.service(),
                    m.type().label()));
        }
    }

    /** The codes as the Go implementation spells them, which is what dashboards look for. */
    private static Map<Status.Code, String> codeLabels() {
        Map<Status.Code, String> labels = new EnumMap<>(Status.Code.class);
        for (Status.Code code : Status.Code.values()) {
            labels.put(code, label(code));
        }
        return labels;
    }

    private static String label(Status.Code code) {
        return switch (code) {
            case OK -> "OK";
            case CANCELLED -> "Canceled";
            case UNKNOWN -> "Unknown";
            case INVALID_ARGUMENT -> "InvalidArgument";
            case DEADLINE_EXCEEDED -> "DeadlineExceeded";
            case NOT_FOUND -> "NotFound";
            case ALREADY_EXISTS -> "AlreadyExists";
            case PERMISSION_DENIED -> "PermissionDenied";
            case RESOURCE_EXHAUSTED -> "ResourceExhausted";
            case FAILED_PRECONDITION -> "FailedPrecondition";
            case ABORTED -> "Aborted";
            case OUT_OF_RANGE -> "OutOfRange";
            case UNIMPLEMENTED -> "Unimplemented";
            case INTERNAL -> "Internal";
            case UNAVAILABLE -> "Unavailable";
            case DATA_LOSS -> "DataLoss";
            case UNAUTHENTICATED -> "Unauthenticated";
        };
    }
}
