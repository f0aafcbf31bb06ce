package io.meshkeep.server.differential;

/**
 * An op that was performed, and the referee's answer.
 *
 * @param revision the store's revision before it
 */
record Step(Op op, long revision, Answer answer) {}
