/** How cost grows with the number of keys and of watchers. */
package io.meshkeep.loadtest.growth;
