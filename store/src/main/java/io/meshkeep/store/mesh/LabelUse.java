package io.meshkeep.store.mesh;

import java.util.Comparator;

/** That an identity has a label: the element of the index from labels to identities. */
record LabelUse(Label label, Identity identity) {
    static final Comparator<LabelUse> ORDER = (a, b) -> {
        int byLabel = a.label.compareTo(b.label);
        return byLabel != 0 ? byLabel : Identity.ORDER.compare(a.identity, b.identity);
    };
}
