/** The work that is measured. Each workload brings its own keys and says in one line what exactly it does. */
package io.meshkeep.loadtest.workload;
