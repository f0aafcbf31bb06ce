package io.meshkeep.server.rpc;

import io.grpc.Status;

/**
 * A request as it came in. gRPC gives a marshaller no other way to refuse one politely.
 *
 * @param message the request, or null
 * @param refusal why there is no message, or null
 * @param bytes size of the message on the wire
 */
record Incoming<Q>(Q message, Status refusal, int bytes) {}
