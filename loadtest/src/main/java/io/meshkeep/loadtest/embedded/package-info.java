/** The store without the network, and what the disk and RocksDB alone can do: the floor and the ceiling beside it. */
package io.meshkeep.loadtest.embedded;
