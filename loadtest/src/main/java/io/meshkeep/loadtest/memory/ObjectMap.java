package io.meshkeep.loadtest.memory;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A sorted map of the JDK. Unlike the others it has one version only: readers would need locks, or copies. */
final class ObjectMap implements Layout {
    private final SortedMap<byte[], Entry> entries;

    private ObjectMap(SortedMap<byte[], Entry> entries) {
        this.entries = entries;
    }

    static Layout treeMap() {
        return new ObjectMap(new TreeMap<>(Arrays::compareUnsigned));
    }

    static Layout skipList() {
        return new ObjectMap(new ConcurrentSkipListMap<>(Arrays::compareUnsigned));
    }

    @Override
    public void put(byte[] key, byte[] value, long revision) {
        // Also the key of the map is replaced, so that no array of an entry that is gone stays.
        entries.remove(key);
        entries.put(key, Entry.of(key, value, revision));
    }

    @Override
    public int valueLength(byte[] key) {
        Entry entry = entries.get(key);
        return entry == null ? -1 : entry.value().length;
    }

    @Override
    public int size() {
        return entries.size();
    }
}
