/** The {@code certs} commands. */
package io.meshkeep.certs.cli;
