package io.meshkeep.server.differential;

/**
 * An op that was performed, and the referee's answer.
 *
 * @param revision the store's revision before it
 * @param drawn whether the sequence holds it; the others are performed to have watches catch up
 */
record Step(Op op, long revision, Answer answer, boolean drawn) {}
