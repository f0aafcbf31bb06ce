package io.meshkeep.store.mesh;

/** Comparing what is mostly the same object. */
final class Order {
    private Order() {}

    /** As {@link String#compareTo}, and at once for a shared string. */
    @SuppressWarnings("ReferenceEquality")
    static int compare(String a, String b) {
        return a == b ? 0 : a.compareTo(b);
    }
}
