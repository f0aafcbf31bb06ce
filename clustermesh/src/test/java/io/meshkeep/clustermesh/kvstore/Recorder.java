package io.meshkeep.clustermesh.kvstore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Follows a prefix and remembers what it was told. */
final class Recorder implements Kvstore.Follower {
    private final Map<String, String> pairs = new TreeMap<>();
    private final List<String> log = new ArrayList<>();
    private int lists;
    private int failures;

    @Override
    public synchronized void put(Kvstore.Pair pair) {
        pairs.put(pair.key(), pair.value().toStringUtf8());
        log.add("put " + pair.key() + "=" + pair.value().toStringUtf8());
    }

    @Override
    public synchronized void deleted(String key) {
        pairs.remove(key);
        log.add("deleted " + key);
    }

    @Override
    public synchronized void listed(long revision) {
        lists++;
        log.add("listed");
    }

    @Override
    public synchronized void failed(Throwable cause) {
        failures++;
    }

    synchronized Map<String, String> pairs() {
        return new TreeMap<>(pairs);
    }

    synchronized List<String> log() {
        return List.copyOf(log);
    }

    synchronized int lists() {
        return lists;
    }

    synchronized int failures() {
        return failures;
    }
}
