package io.meshkeep.store;

/**
 * The port through which commands get their order and their outcome its durability. {@link LocalCommitLog} is the only
 * implementation today; a replicated log would order {@linkplain Command#encode() encoded} commands over several
 * machines and feed the same {@link StateMachine}.
 */
interface CommitLog extends AutoCloseable {

    /** Told of the outcome of a command, once it is durable. Called by the log's threads: it must not block. */
    interface Completion {
        /** Exactly one of the two is not null. */
        void complete(Result result, EtcdException error);
    }

    /**
     * Queues a command.
     *
     * @param bytes memory that the command holds while it waits
     * @return false if the queue is full, in which case the completion is never called
     */
    boolean submit(Command command, long bytes, Completion completion);

    /** Stops taking commands, finishes those that were taken, and returns. */
    @Override
    void close();
}
