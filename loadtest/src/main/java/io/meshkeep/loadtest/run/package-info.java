/** One workload against a server that already runs. */
package io.meshkeep.loadtest.run;
