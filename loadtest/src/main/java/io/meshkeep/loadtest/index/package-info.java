/** What the index of the mesh costs, in a commit and in memory, and what it answers how fast. Uses the store itself. */
package io.meshkeep.loadtest.index;
