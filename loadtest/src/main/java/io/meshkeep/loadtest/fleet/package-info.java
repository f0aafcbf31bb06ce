/**
 * A mesh as its server sees it: agents that each have a connection, a lease and six watches, the writers that fill and
 * change the keys of the clusters, and what happens to all of them at once.
 */
package io.meshkeep.loadtest.fleet;
