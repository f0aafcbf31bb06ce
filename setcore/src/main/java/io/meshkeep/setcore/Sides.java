package io.meshkeep.setcore;

/**
 * Two strictly ascending sequences that are to be combined by comparing their elements. Sequences of about the same
 * length are merged in step; when one is much shorter, each of its elements is sought in the other by galloping, so that
 * {@code m} elements meet {@code n} with O(m·log(n/m)) comparisons and the stretches between them are copied whole.
 */
abstract class Sides {
    /** From how many times the length on elements are sought: where that takes about as many comparisons. */
    static final int GALLOP_RATIO = 8;

    final int firstSize;
    final int secondSize;

    /** @throws ArithmeticException if there are more than {@link Integer#MAX_VALUE} elements in all */
    Sides(int firstSize, int secondSize) {
        Math.addExact(firstSize, secondSize);
        this.firstSize = firstSize;
        this.secondSize = secondSize;
    }

    /** Compares the element at an index of the first sequence with that at an index of the second. */
    abstract int compare(int inFirst, int inSecond);

    /** Whether one sequence is so much shorter than the other that it should be sought there. */
    static boolean isFarShorter(int length, int other, int ratio) {
        return length <= other / ratio;
    }

    final Runs combine(Algebra algebra) {
        Runs runs = new Runs(firstSize);
        if (firstSize == 0 || secondSize == 0 || compare(firstSize - 1, 0) < 0) {
            addFirst(runs, algebra);
            addSecond(runs, algebra);
        } else if (compare(0, secondSize - 1) > 0) {
            addSecond(runs, algebra);
            addFirst(runs, algebra);
        } else if (isFarShorter(secondSize, firstSize, GALLOP_RATIO)) {
            seekSecondInFirst(algebra, runs);
        } else if (isFarShorter(firstSize, secondSize, GALLOP_RATIO)) {
            seekFirstInSecond(algebra, runs);
        } else {
            merge(algebra, runs);
        }
        return runs;
    }

    /** Whether every element of the second sequence has an equal one in the first. */
    final boolean firstHasAllOfSecond() {
        if (secondSize > firstSize) {
            return false;
        }
        int low = 0;
        for (int sought = 0; sought < secondSize; sought++) {
            int found = seekInFirst(low, sought);
            if (found < 0) {
                return false;
            }
            low = found + 1;
        }
        return true;
    }

    private void addFirst(Runs runs, Algebra algebra) {
        if (algebra.onlyFirst) {
            runs.add(0, firstSize);
        }
    }

    private void addSecond(Runs runs, Algebra algebra) {
        if (algebra.onlySecond) {
            runs.add(firstSize, firstSize + secondSize);
        }
    }

    private void merge(Algebra algebra, Runs runs) {
        int i = 0;
        int j = 0;
        while (i < firstSize && j < secondSize) {
            int comparison = compare(i, j);
            if (comparison < 0) {
                if (algebra.onlyFirst) {
                    runs.add(i, i + 1);
                }
                i++;
            } else if (comparison > 0) {
                if (algebra.onlySecond) {
                    runs.add(firstSize + j, firstSize + j + 1);
                }
                j++;
            } else {
                if (algebra.both) {
                    runs.add(i, i + 1);
                }
                i++;
                j++;
            }
        }
        if (algebra.onlyFirst) {
            runs.add(i, firstSize);
        }
        if (algebra.onlySecond) {
            runs.add(firstSize + j, firstSize + secondSize);
        }
    }

    final void seekSecondInFirst(Algebra algebra, Runs runs) {
        int low = 0;
        for (int sought = 0; sought < secondSize; sought++) {
            int found = seekInFirst(low, sought);
            int position = found >= 0 ? found : ~found;
            if (algebra.onlyFirst) {
                runs.add(low, position);
            }
            low = position;
            if (found >= 0) {
                if (algebra.both) {
                    runs.add(position, position + 1);
                }
                low++;
            } else if (algebra.onlySecond) {
                runs.add(firstSize + sought, firstSize + sought + 1);
            }
        }
        if (algebra.onlyFirst) {
            runs.add(low, firstSize);
        }
    }

    final void seekFirstInSecond(Algebra algebra, Runs runs) {
        int low = 0;
        for (int sought = 0; sought < firstSize; sought++) {
            int found = seekInSecond(low, sought);
            int position = found >= 0 ? found : ~found;
            if (algebra.onlySecond) {
                runs.add(firstSize + low, firstSize + position);
            }
            low = position;
            if (found >= 0) {
                if (algebra.both) {
                    runs.add(sought, sought + 1);
                }
                low++;
            } else if (algebra.onlyFirst) {
                runs.add(sought, sought + 1);
            }
        }
        if (algebra.onlySecond) {
            runs.add(firstSize + low, firstSize + secondSize);
        }
    }

    /**
     * Where in the first sequence, from {@code low} on, an element of the second is, or {@code -1 - i} if it would have
     * to be put at {@code i}. Strides double from half of the distance to be expected.
     */
    int seekInFirst(int low, int sought) {
        int from = low;
        int step = Math.max(1, (int) ((firstSize - low) / (2L * (secondSize - sought))));
        int to = firstSize;
        while (step < firstSize - from) {
            int comparison = compare(from + step, sought);
            if (comparison == 0) {
                return from + step;
            }
            if (comparison > 0) {
                to = from + step;
                break;
            }
            from += step + 1;
            step = step > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE : step * 2;
        }
        while (from < to) {
            int middle = (from + to) >>> 1;
            int comparison = compare(middle, sought);
            if (comparison < 0) {
                from = middle + 1;
            } else if (comparison > 0) {
                to = middle;
            } else {
                return middle;
            }
        }
        return ~from;
    }

    /** As {@link #seekInFirst}, the other way round. */
    int seekInSecond(int low, int sought) {
        int from = low;
        int step = Math.max(1, (int) ((secondSize - low) / (2L * (firstSize - sought))));
        int to = secondSize;
        while (step < secondSize - from) {
            int comparison = compare(sought, from + step);
            if (comparison == 0) {
                return from + step;
            }
            if (comparison < 0) {
                to = from + step;
                break;
            }
            from += step + 1;
            step = step > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE : step * 2;
        }
        while (from < to) {
            int middle = (from + to) >>> 1;
            int comparison = compare(sought, middle);
            if (comparison > 0) {
                from = middle + 1;
            } else if (comparison < 0) {
                to = middle;
            } else {
                return middle;
            }
        }
        return ~from;
    }
}
