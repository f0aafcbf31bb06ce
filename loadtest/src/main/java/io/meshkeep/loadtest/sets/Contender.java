package io.meshkeep.loadtest.sets;

import io.meshkeep.setcore.ImmSortedLongSet;
import io.meshkeep.setcore.ImmSortedSet;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.pcollections.TreePSet;

/** A way to do the operations. Every one leaves the set that it begins with as it was. */
enum Contender {
    NUMBERS("numbers") {
        @Override
        Supplier<?> prepare(Op op, Draws draws, int parts) {
            ImmSortedLongSet set = ImmSortedLongSet.of(draws.setNumbers());
            long[] arguments = draws.argumentNumbers();
            ImmSortedLongSet other = ImmSortedLongSet.of(arguments);
            return switch (op) {
                case INSERT -> () -> set.insert(arguments[0]);
                case INSERT_MANY -> () -> set.insert(arguments);
                case DELETE -> () -> set.delete(arguments[0]);
                case DELETE_MANY -> () -> set.delete(arguments);
                case DIFFERENCE -> () -> set.difference(other);
                case UNION -> () -> set.union(other);
            };
        }
    },
    NUMBERS_ONE_BY_ONE("numbers, one by one") {
        @Override
        Supplier<?> prepare(Op op, Draws draws, int parts) {
            boolean inserts = op == Op.INSERT || op == Op.INSERT_MANY || op == Op.UNION;
            boolean sorted = op == Op.DIFFERENCE || op == Op.UNION;
            long[] given = draws.argumentNumbers();
            long[] arguments = sorted ? ImmSortedLongSet.of(given).toArray() : given;
            ImmSortedLongSet whole = ImmSortedLongSet.of(draws.setNumbers());
            List<Stretch> stretches = Stretch.cut(arguments.length, parts);
            long[][] before = new long[stretches.size()][];
            for (int i = 0; i < before.length; i++) {
                long[] earlier = Arrays.copyOf(arguments, stretches.get(i).from());
                before[i] = (inserts ? whole.insert(earlier) : whole.delete(earlier)).toArray();
            }
            return () -> {
                long[] result = null;
                for (int i = 0; i < before.length; i++) {
                    Stretch stretch = stretches.get(i);
                    result = inserts
                            ? ElementByElement.insertAll(before[i], arguments, stretch.from(), stretch.to())
                            : ElementByElement.deleteAll(before[i], arguments, stretch.from(), stretch.to());
                }
                return result;
            };
        }

        @Override
        boolean canBeSampled() {
            return true;
        }
    },
    OBJECTS("objects") {
        @Override
        Supplier<?> prepare(Op op, Draws draws, int parts) {
            ImmSortedSet<Integer> set = ImmSortedSet.of(draws.setObjects());
            Integer[] arguments = draws.argumentObjects();
            ImmSortedSet<Integer> other = ImmSortedSet.of(arguments);
            return switch (op) {
                case INSERT -> () -> set.insert(arguments[0]);
                case INSERT_MANY -> () -> set.insert(arguments);
                case DELETE -> () -> set.delete(arguments[0]);
                case DELETE_MANY -> () -> set.delete(arguments);
                case DIFFERENCE -> () -> set.difference(other);
                case UNION -> () -> set.union(other);
            };
        }
    },
    OBJECTS_ONE_BY_ONE("objects, one by one") {
        @Override
        Supplier<?> prepare(Op op, Draws draws, int parts) {
            boolean inserts = op == Op.INSERT || op == Op.INSERT_MANY || op == Op.UNION;
            boolean sorted = op == Op.DIFFERENCE || op == Op.UNION;
            Integer[] given = draws.argumentObjects();
            Integer[] arguments = sorted ? ImmSortedSet.of(given).toArray(Integer[]::new) : given;
            ImmSortedSet<Integer> whole = ImmSortedSet.of(draws.setObjects());
            List<Stretch> stretches = Stretch.cut(arguments.length, parts);
            Object[][] before = new Object[stretches.size()][];
            for (int i = 0; i < before.length; i++) {
                Integer[] earlier = Arrays.copyOf(arguments, stretches.get(i).from());
                before[i] = (inserts ? whole.insert(earlier) : whole.delete(earlier)).toArray();
            }
            return () -> {
                Object[] result = null;
                for (int i = 0; i < before.length; i++) {
                    Stretch stretch = stretches.get(i);
                    result = inserts
                            ? ElementByElement.insertAll(before[i], arguments, stretch.from(), stretch.to())
                            : ElementByElement.deleteAll(before[i], arguments, stretch.from(), stretch.to());
                }
                return result;
            };
        }

        @Override
        boolean canBeSampled() {
            return true;
        }
    },
    /** Copied, which takes linear time for a sorted source, and then changed in place. */
    TREE_SET("TreeSet, copied") {
        @Override
        Supplier<?> prepare(Op op, Draws draws, int parts) {
            TreeSet<Integer> set = new TreeSet<>(Arrays.asList(draws.setObjects()));
            List<Integer> arguments = Arrays.asList(draws.argumentObjects());
            TreeSet<Integer> other = new TreeSet<>(arguments);
            return switch (op) {
                case INSERT, INSERT_MANY ->
                    () -> {
                        TreeSet<Integer> copy = new TreeSet<>(set);
                        copy.addAll(arguments);
                        return copy;
                    };
                case DELETE, DELETE_MANY -> () -> without(set, arguments);
                case DIFFERENCE -> () -> without(set, other);
                case UNION ->
                    () -> {
                        TreeSet<Integer> copy = new TreeSet<>(set);
                        copy.addAll(other);
                        return copy;
                    };
            };
        }

        /** Not {@code removeAll}, which for a list of more elements than the set has searches the list for each. */
        private TreeSet<Integer> without(TreeSet<Integer> set, Iterable<Integer> removed) {
            TreeSet<Integer> copy = new TreeSet<>(set);
            removed.forEach(copy::remove);
            return copy;
        }
    },
    /** {@code TreePSet} of PCollections. */
    PERSISTENT("persistent tree") {
        @Override
        Supplier<?> prepare(Op op, Draws draws, int parts) {
            TreePSet<Integer> set = TreePSet.from(Arrays.asList(draws.setObjects()));
            List<Integer> arguments = Arrays.asList(draws.argumentObjects());
            TreePSet<Integer> other = TreePSet.from(arguments);
            return switch (op) {
                case INSERT -> () -> set.plus(arguments.get(0));
                case INSERT_MANY -> () -> set.plusAll(arguments);
                case DELETE -> () -> set.minus(arguments.get(0));
                case DELETE_MANY -> () -> set.minusAll(arguments);
                case DIFFERENCE -> () -> set.minusAll(other);
                case UNION -> () -> set.plusAll(other);
            };
        }
    };

    private final String label;

    Contender(String label) {
        this.label = label;
    }

    String label() {
        return label;
    }

    /**
     * Makes sets of the draws, and what does the operation on them and gives its result.
     *
     * @param parts into how many parts the work is divided, of which only one is done, spread evenly over the whole; 1
     *     for all of it. Heeded by those that {@link #canBeSampled}.
     */
    abstract Supplier<?> prepare(Op op, Draws draws, int parts);

    /** Whether a part of the work, times the parts, stands for all of it. */
    boolean canBeSampled() {
        return false;
    }
}
