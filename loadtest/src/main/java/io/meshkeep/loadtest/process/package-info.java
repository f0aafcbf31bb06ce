/** What the operating system knows of a process. */
package io.meshkeep.loadtest.process;
