package io.meshkeep.loadtest.memory;

import io.meshkeep.setcore.ChunkedSortedSet;
import java.util.Arrays;

/**
 * Encoded entries back to back in shared arrays, which saves the header and the reference of each, and costs a copy of a
 * whole chunk for every change. Chunks are immutable and have no slack; they stand in an immutable set by their first
 * keys.
 */
final class PackedChunks implements Layout {
    /** Entries in a chunk at most; a chunk that outgrows it is cut in halves. */
    private static final int MOST = 64;

    private ChunkedSortedSet<Chunk> chunks =
            ChunkedSortedSet.empty((a, b) -> Arrays.compareUnsigned(a.firstKey, b.firstKey));
    private int size;

    /**
     * Entries from a first key on.
     *
     * @param firstKey orders the chunks; the first chunk's is empty, so that every key has a chunk
     * @param data the entries
     * @param ends where each ends
     */
    private record Chunk(byte[] firstKey, byte[] data, int[] ends) {
        int start(int entry) {
            return entry == 0 ? 0 : ends[entry - 1];
        }

        /** The entry of a key, or the complement of where it would stand. */
        int find(byte[] key) {
            int low = 0;
            int high = ends.length - 1;
            while (low <= high) {
                int middle = (low + high) >>> 1;
                int order = Encoded.compareKey(data, start(middle), key);
                if (order == 0) {
                    return middle;
                }
                if (order < 0) {
                    low = middle + 1;
                } else {
                    high = middle - 1;
                }
            }
            return ~low;
        }

        /** This chunk with an entry in the place of so many others. */
        Chunk splice(int at, int replaced, byte[] entry) {
            int from = start(at);
            int to = replaced == 0 ? from : ends[at + replaced - 1];
            byte[] newData = new byte[data.length - (to - from) + entry.length];
            System.arraycopy(data, 0, newData, 0, from);
            System.arraycopy(entry, 0, newData, from, entry.length);
            System.arraycopy(data, to, newData, from + entry.length, data.length - to);
            int[] newEnds = new int[ends.length - replaced + 1];
            System.arraycopy(ends, 0, newEnds, 0, at);
            newEnds[at] = from + entry.length;
            int shift = entry.length - (to - from);
            for (int i = at + replaced; i < ends.length; i++) {
                newEnds[i - replaced + 1] = ends[i] + shift;
            }
            return new Chunk(firstKey, newData, newEnds);
        }

        Chunk part(byte[] first, int from, int to) {
            int[] newEnds = Arrays.copyOfRange(ends, from, to);
            int offset = start(from);
            for (int i = 0; i < newEnds.length; i++) {
                newEnds[i] -= offset;
            }
            return new Chunk(first, Arrays.copyOfRange(data, offset, ends[to - 1]), newEnds);
        }
    }

    @Override
    public void put(byte[] key, byte[] value, long revision) {
        byte[] entry = Encoded.of(key, value, revision);
        Chunk chunk = chunks.isEmpty() ? new Chunk(new byte[0], new byte[0], new int[0]) : chunkOf(key);
        int found = chunk.find(key);
        if (found < 0) {
            size++;
        }
        Chunk changed = found < 0 ? chunk.splice(~found, 0, entry) : chunk.splice(found, 1, entry);
        int entries = changed.ends.length;
        if (entries <= MOST) {
            chunks = chunks.with(changed);
        } else {
            Chunk low = changed.part(changed.firstKey, 0, entries / 2);
            byte[] middle = Encoded.key(changed.data, changed.start(entries / 2));
            chunks = chunks.update(new Chunk[] {low, changed.part(middle, entries / 2, entries)}, null, 2);
        }
    }

    private Chunk chunkOf(byte[] key) {
        int after = chunks.lowerBound(chunk -> Arrays.compareUnsigned(chunk.firstKey, key) <= 0 ? -1 : 1);
        return chunks.select(after - 1);
    }

    @Override
    public int valueLength(byte[] key) {
        if (chunks.isEmpty()) {
            return -1;
        }
        Chunk chunk = chunkOf(key);
        int found = chunk.find(key);
        return found < 0 ? -1 : Encoded.valueLength(chunk.data, chunk.start(found), chunk.ends[found]);
    }

    @Override
    public int size() {
        return size;
    }
}
