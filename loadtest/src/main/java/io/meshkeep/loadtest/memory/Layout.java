package io.meshkeep.loadtest.memory;

import java.util.function.Supplier;

/** A way to keep keys and their values in memory. Not thread-safe. */
interface Layout {
    /** Inserts a key, or replaces what is there. */
    void put(byte[] key, byte[] value, long revision);

    /** The length of the value of a key, -1 if the key is not there. */
    int valueLength(byte[] key);

    /** How many keys there are. */
    int size();

    /** The layouts compared. */
    enum Kind {
        ENCODED_CHUNKS(
                "one array per key, the encoded KeyValue, in an immutable set of chunks (ours)", EncodedChunks::new),
        OBJECT_CHUNKS("an object with two arrays per key, in the same set", ObjectChunks::new),
        OBJECT_TREE_MAP("an object with two arrays per key, in a TreeMap", ObjectMap::treeMap),
        OBJECT_SKIP_LIST("an object with two arrays per key, in a ConcurrentSkipListMap", ObjectMap::skipList),
        PACKED_CHUNKS("encoded KeyValues packed into shared arrays of up to 64", PackedChunks::new);

        private final String description;
        private final Supplier<Layout> maker;

        Kind(String description, Supplier<Layout> maker) {
            this.description = description;
            this.maker = maker;
        }

        String description() {
            return description;
        }

        Layout make() {
            return maker.get();
        }
    }
}
