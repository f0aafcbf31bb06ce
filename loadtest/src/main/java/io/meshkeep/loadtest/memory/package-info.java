/** What ways of keeping keys in memory take, measured. The only part of the module that knows more than the wire. */
package io.meshkeep.loadtest.memory;
