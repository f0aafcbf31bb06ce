package io.meshkeep.store.mesh;

import java.util.function.UnaryOperator;

/**
 * The objects that were lately shared between entries, so that most need not be searched for in the index. A table of
 * fixed size in which a newcomer takes the place of whatever was there: it forgets, and what it holds beyond its use is
 * little. Races over it would only cost a search, since what it holds is immutable.
 */
final class Sharing {
    private static final int SLOTS = 4096;

    private final Object[] slots = new Object[SLOTS];

    /**
     * An object equal to the one wanted, the same one as others have if that can be found.
     *
     * @param search finds one in the index; gives back the one wanted if there is none
     */
    @SuppressWarnings("unchecked")
    <T> T share(T wanted, UnaryOperator<T> search) {
        int hash = wanted.hashCode();
        int slot = (hash ^ hash >>> 16) & SLOTS - 1;
        Object held = slots[slot];
        if (wanted.equals(held)) {
            return (T) held;
        }
        T found = search.apply(wanted);
        slots[slot] = found;
        return found;
    }
}
