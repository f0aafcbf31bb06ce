/**
 * The most that could be: a server that has our transport and does nothing behind it, and what of it our server reaches.
 */
package io.meshkeep.loadtest.ceiling;
