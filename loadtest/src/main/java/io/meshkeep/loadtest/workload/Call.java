package io.meshkeep.loadtest.workload;

import io.grpc.MethodDescriptor;
import io.meshkeep.loadtest.client.Wire;
import io.meshkeep.loadtest.load.Operation;

/** A call whose answer is looked at as bytes; unless a subclass looks closer, any answer will do that is no error. */
abstract class Call implements Operation<byte[]> {
    private final MethodDescriptor<byte[], byte[]> method;

    Call(MethodDescriptor<byte[], byte[]> method) {
        this.method = method;
    }

    @Override
    public final MethodDescriptor<byte[], byte[]> method() {
        return method;
    }

    @Override
    public void check(byte[] answer) {}

    /** The value of an integer field, 0 if it is not there. */
    static long number(byte[] message, int field) {
        for (Wire wire = Wire.of(message); wire.next(); ) {
            if (wire.number() == field) {
                return wire.value();
            }
        }
        return 0;
    }
}
