/** Mutual TLS: certificates read from files and read again when they change, and plain words when a handshake fails. */
package io.meshkeep.server.tls;
