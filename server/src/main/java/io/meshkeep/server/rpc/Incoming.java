package io.meshkeep.server.rpc;

import io.grpc.Status;

/** A request as it came in: the message, or why it is none. gRPC gives a marshaller no other way to say so politely. */
record Incoming<Q>(Q message, Status refusal) {}
