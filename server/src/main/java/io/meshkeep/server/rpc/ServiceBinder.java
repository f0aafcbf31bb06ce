package io.meshkeep.server.rpc;

import com.google.protobuf.Message;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.meshkeep.server.auth.CallCredentials;
import io.meshkeep.server.metrics.Metrics;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** Puts service definitions together: every method of a service is either bound or says that it is not built. */
final class ServiceBinder {
    private final Methods methods;
    private final Metrics metrics;
    private final UnreadBytes unread;
    private final CallCredentials credentials;
    private final OpenStreams openStreams = new OpenStreams();

    ServiceBinder(Methods methods, Metrics metrics, UnreadBytes unread, CallCredentials credentials) {
        this.methods = methods;
        this.metrics = metrics;
        this.unread = unread;
        this.credentials = credentials;
    }

    /** The open streams of all services. */
    OpenStreams openStreams() {
        return openStreams;
    }

    Service service(ServiceDescriptor descriptor) {
        return new Service(descriptor);
    }

    final class Service {
        private final ServiceDescriptor descriptor;
        private final Map<String, ServerMethodDefinition<?, ?>> bound = new LinkedHashMap<>();
        private String hint = "";

        private Service(ServiceDescriptor descriptor) {
            this.descriptor = descriptor;
        }

        <Q extends Message, R extends Message> Service unary(
                MethodDescriptor<Q, R> method, BiConsumer<Q, Reply> handler) {
            return bind(
                    method,
                    new UnaryHandler<>(handler, metrics.grpc().forMethod(method), metrics.server(), credentials));
        }

        <Q extends Message, R extends Message> Service stream(
                MethodDescriptor<Q, R> method, Function<StreamReply, StreamHandler.Session<Q>> opener) {
            return bind(
                    method,
                    new StreamHandler<>(
                            opener,
                            metrics.grpc().forMethod(method),
                            metrics.server(),
                            openStreams,
                            unread,
                            credentials));
        }

        private <Q extends Message, R extends Message> Service bind(
                MethodDescriptor<Q, R> method, ServerCallHandler<Incoming<Q>, Encoded> handler) {
            bound.put(method.getFullMethodName(), ServerMethodDefinition.create(methods.of(method), handler));
            return this;
        }

        /** What to tell callers of the methods that are not bound: what to do instead, or that they will come. */
        Service unbuilt(String text) {
            hint = text;
            return this;
        }

        ServerServiceDefinition build() {
            // The definition must name all methods of the descriptor, and the very descriptors that are bound.
            ServiceDescriptor.Builder all = ServiceDescriptor.newBuilder(descriptor.getName())
                    .setSchemaDescriptor(descriptor.getSchemaDescriptor());
            for (MethodDescriptor<?, ?> method : descriptor.getMethods()) {
                bound.computeIfAbsent(method.getFullMethodName(), name -> unbuilt(method));
            }
            bound.values().forEach(method -> all.addMethod(method.getMethodDescriptor()));
            ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(all.build());
            bound.values().forEach(definition::addMethod);
            return definition.build();
        }

        private <Q, R> ServerMethodDefinition<Q, R> unbuilt(MethodDescriptor<Q, R> method) {
            Status status = Status.UNIMPLEMENTED.withDescription("meshkeep does not have " + method.getBareMethodName()
                    + " of " + method.getServiceName() + " yet" + (hint.isEmpty() ? "" : ": " + hint));
            return ServerMethodDefinition.create(method, (call, headers) -> {
                call.close(status, new Metadata());
                return new ServerCall.Listener<Q>() {};
            });
        }
    }
}
