package io.meshkeep.loadtest.load;

import io.grpc.MethodDescriptor;

/**
 * One kind of call, again and again. Called on the client's event loop only.
 *
 * @param <R> the form in which answers are looked at
 */
public interface Operation<R> {
    MethodDescriptor<byte[], R> method();

    /** The next request, encoded. */
    byte[] request();

    /**
     * Looks at an answer, as closely as a busy client can.
     *
     * @throws IllegalStateException if the server did not do what it was asked to
     */
    void check(R answer);
}
