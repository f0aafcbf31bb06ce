/**
 * HTTP/1.1 beside gRPC: both on one port, told apart by the first bytes of a connection, and HTTP alone on a port of
 * its own.
 *
 * <p>{@link io.meshkeep.server.http.FirstBytesNegotiator} is what the gRPC server is given;
 * {@link io.meshkeep.server.http.HttpListener} is the port of its own. Both hand connections to an
 * {@link io.meshkeep.server.http.HttpService}, which applies limits and deadlines and finds the
 * {@link io.meshkeep.server.http.HttpRoute} for each request; {@link io.meshkeep.server.http.EtcdRoutes} makes etcd's
 * routes.
 */
package io.meshkeep.server.http;
