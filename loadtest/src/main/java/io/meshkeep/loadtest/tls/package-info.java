/** Certificates: made for a run, or given by the user. The one package of the drivers that knows the module certs. */
package io.meshkeep.loadtest.tls;
