package io.meshkeep.server.compat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.meshkeep.proto.ResponseHeader;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Looks at every message that arrives, unary or streamed, as the interceptors of Cilium's clients do: the header must
 * be there and must name the same cluster every time, or the client drops the connection and all that it knows.
 */
final class HeaderGuard implements ClientInterceptor {
    private final AtomicLong clusterId = new AtomicLong();
    private final AtomicLong messages = new AtomicLong();
    private final List<String> violations = new CopyOnWriteArrayList<>();

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<Q, R>(next.newCall(method, options)) {
            @Override
            public void start(Listener<R> listener, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<R>(listener) {
                            @Override
                            public void onMessage(R message) {
                                look(method, (Message) message);
                                super.onMessage(message);
                            }
                        },
                        headers);
            }
        };
    }

    private void look(MethodDescriptor<?, ?> method, Message message) {
        messages.incrementAndGet();
        FieldDescriptor field = message.getDescriptorForType().findFieldByName("header");
        if (!message.hasField(field)) {
            violations.add(method.getFullMethodName() + " answered without a header: " + message);
            return;
        }
        long id = ((ResponseHeader) message.getField(field)).getClusterId();
        clusterId.compareAndSet(0, id);
        if (id == 0 || id != clusterId.get()) {
            violations.add(method.getFullMethodName() + " answered for cluster " + Long.toUnsignedString(id) + " after "
                    + Long.toUnsignedString(clusterId.get()));
        }
    }

    /** The cluster that has answered; 0 before it has. */
    long clusterId() {
        return clusterId.get();
    }

    /** How many messages were looked at. */
    long messages() {
        return messages.get();
    }

    /** What was wrong with them. */
    List<String> violations() {
        return violations;
    }
}
