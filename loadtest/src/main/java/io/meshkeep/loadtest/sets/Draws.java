package io.meshkeep.loadtest.sets;

import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Random input to an operation.
 *
 * @param set the numbers of the set, in any order and with repeats
 * @param arguments the numbers that are inserted or deleted, or those of the other set, in any order and with repeats
 */
record Draws(int[] set, int[] arguments) {
    static Draws of(Op op, int n, SplittableRandom random) {
        return switch (op) {
            case INSERT ->
                new Draws(LongStream.range(0, n).mapToInt(Math::toIntExact).toArray(), new int[] {n});
            case DELETE ->
                new Draws(LongStream.range(0, n).mapToInt(Math::toIntExact).toArray(), new int[] {random.nextInt(n)});
            case INSERT_MANY, DELETE_MANY, DIFFERENCE, UNION -> new Draws(draw(n, random), draw(n, random));
        };
    }

    private static int[] draw(int n, SplittableRandom random) {
        int[] drawn = new int[n];
        for (int i = 0; i < n; i++) {
            drawn[i] = random.nextInt(n);
        }
        return drawn;
    }

    long[] setNumbers() {
        return numbers(set);
    }

    long[] argumentNumbers() {
        return numbers(arguments);
    }

    Integer[] setObjects() {
        return objects(set);
    }

    Integer[] argumentObjects() {
        return objects(arguments);
    }

    private static long[] numbers(int[] drawn) {
        long[] numbers = new long[drawn.length];
        for (int i = 0; i < drawn.length; i++) {
            numbers[i] = drawn[i];
        }
        return numbers;
    }

    private static Integer[] objects(int[] drawn) {
        Integer[] objects = new Integer[drawn.length];
        for (int i = 0; i < drawn.length; i++) {
            objects[i] = drawn[i];
        }
        return objects;
    }
}
