/** Servers under test as processes: how they are started, and what the operating system knows of them. */
package io.meshkeep.loadtest.process;
