/**
 * The calls that come most often, handled on gRPC Java's connections without gRPC Java's calls: between HTTP/2's frames
 * and the handlers there is nothing but the message. Handlers cannot tell the difference.
 */
package io.meshkeep.server.direct;
