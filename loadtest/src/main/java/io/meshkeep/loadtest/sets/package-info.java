/** {@code bench sets}: the immutable sorted sets against other ways of doing the same. */
package io.meshkeep.loadtest.sets;
