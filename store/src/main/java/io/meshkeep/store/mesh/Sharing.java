package io.meshkeep.store.mesh;

import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The objects that entries share, of all indexes that follow upon one another. Thread-safe. */
final class Sharing {
    private static final int SLOTS = 4096;

    /**
     * What was lately shared, so that most need not be searched for in the index. A table of fixed size in which a
     * newcomer takes the place of whatever was there: it forgets, and what it holds beyond its use is little. Races over it
     * only cost a search, since what it holds is immutable.
     */
    private final Object[] slots = new Object[SLOTS];

    /** The names that endpoints have or had: most have one of few, which no set of an index would find as quickly. */
    private final Map<String, Name> names = new HashMap<>();

    /** The labels that identities have or had. */
    private final Map<Label, Label> labels = new HashMap<>();

    /** Number of names and labels at which those that nothing has any more are looked for. */
    private int tooMany = SLOTS;

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

    /** The name of an endpoint's namespace or node. */
    synchronized Name name(String text) {
        Name known = names.get(text);
        if (known != null) {
            return known;
        }
        Name name = new Name(text);
        names.put(name.text(), name);
        return name;
    }

    /**
     * A label of an identity.
     *
     * @param copy makes the one to keep
     */
    synchronized Label label(Label wanted, UnaryOperator<Label> copy) {
        Label known = labels.get(wanted);
        if (known == null) {
            known = copy.apply(wanted);
            labels.put(known, known);
        }
        return known;
    }

    /** Takes note that all that is held is in use. */
    synchronized void filled() {
        tooMany = Math.max(SLOTS, 2 * heldCount());
    }

    /** Forgets the names and labels that nothing in the index has, once there are twice as many as there were before. */
    synchronized void forget(MeshIndex index) {
        if (heldCount() <= tooMany) {
            return;
        }
        names.clear();
        labels.clear();
        index.endpointsByIp.forEach(endpoint -> {
            names.putIfAbsent(endpoint.hostIp(), endpoint.hostName());
            names.putIfAbsent(endpoint.namespace(), endpoint.namespaceName());
        });
        index.identities.forEach(identity -> identity.labels().forEach(label -> labels.putIfAbsent(label, label)));
        filled();
    }

    /** Number of names and labels that are held. */
    synchronized int heldCount() {
        return names.size() + labels.size();
    }
}
