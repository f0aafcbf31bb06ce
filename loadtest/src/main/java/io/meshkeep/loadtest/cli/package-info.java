/** What the commands share: flags and the progress line. */
package io.meshkeep.loadtest.cli;
