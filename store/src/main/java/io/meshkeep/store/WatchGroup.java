package io.meshkeep.store;

import java.util.ArrayList;
import java.util.List;

/**
 * All watches that get the same bytes: same range, same filters, same wish for the pair before. Events are matched and
 * encoded once per group. Touched by the watch thread only, but for {@link Key}.
 */
final class WatchGroup {
    /** What makes two watches alike. Immutable. */
    record Key(KeyRange range, boolean puts, boolean deletes, boolean previous) {
        boolean wants(boolean delete) {
            return delete ? deletes : puts;
        }
    }

    final Key key;
    /** The live members, in no order. */
    private final List<Watcher> live = new ArrayList<>(1);
    /** All members, live or behind. */
    private int members;

    WatchGroup(Key key) {
        this.key = key;
    }

    List<Watcher> live() {
        return live;
    }

    void enter(Watcher watcher) {
        watcher.memberIndex = live.size();
        live.add(watcher);
    }

    void leave(Watcher watcher) {
        int last = live.size() - 1;
        Watcher moved = live.remove(last);
        if (moved != watcher) {
            live.set(watcher.memberIndex, moved);
            moved.memberIndex = watcher.memberIndex;
        }
        watcher.memberIndex = -1;
    }

    void addMember() {
        members++;
    }

    /** Returns whether the group is now without members. */
    boolean removeMember() {
        return --members == 0;
    }
}
