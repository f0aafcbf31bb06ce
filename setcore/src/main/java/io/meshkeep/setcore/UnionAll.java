package io.meshkeep.setcore;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BinaryOperator;

/** The union of many sets, by uniting neighbours in rounds, so that no element is copied more than log k times. */
final class UnionAll {
    private UnionAll() {}

    static <S> S of(S first, Collection<S> others, BinaryOperator<S> union) {
        List<S> sets = new ArrayList<>(others.size() + 1);
        sets.add(first);
        sets.addAll(others);
        while (sets.size() > 1) {
            List<S> united = new ArrayList<>((sets.size() + 1) / 2);
            for (int i = 0; i + 1 < sets.size(); i += 2) {
                united.add(union.apply(sets.get(i), sets.get(i + 1)));
            }
            if (sets.size() % 2 == 1) {
                united.add(sets.get(sets.size() - 1));
            }
            sets = united;
        }
        return sets.get(0);
    }
}
