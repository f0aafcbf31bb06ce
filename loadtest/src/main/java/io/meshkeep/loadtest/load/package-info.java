/** Loads and how they are measured: callers that wait for their answers, callers that come by the clock. */
package io.meshkeep.loadtest.load;
