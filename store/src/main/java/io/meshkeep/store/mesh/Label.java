package io.meshkeep.store.mesh;

/**
 * A label of an identity, {@code source:key=value} in Cilium's writing. Ordered by key, then value, then source.
 *
 * @param source where it comes from, such as {@code k8s} or {@code reserved}
 * @param value may be empty
 */
public record Label(String source, String key, String value) implements Comparable<Label> {
    @Override
    @SuppressWarnings("ReferenceEquality")
    public int compareTo(Label other) {
        if (this == other) {
            return 0;
        }
        int byKey = Order.compare(key, other.key);
        if (byKey != 0) {
            return byKey;
        }
        int byValue = Order.compare(value, other.value);
        return byValue != 0 ? byValue : Order.compare(source, other.source);
    }

    @Override
    public String toString() {
        return value.isEmpty() ? source + ":" + key : source + ":" + key + "=" + value;
    }
}
