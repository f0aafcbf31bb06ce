package io.meshkeep.server.differential;

import java.time.Duration;

/** The side that must answer as the referee did. Not thread-safe. */
final class Follower implements AutoCloseable {
    private final Session session;

    /**
     * @param patience how long to wait for what its watches should see
     */
    Follower(SystemUnderTest candidate, Duration patience) {
        session = new Session(candidate, patience);
    }

    SystemUnderTest server() {
        return session.server();
    }

    /** Performs the op, waiting for as many messages as the referee's answer has. */
    Answer perform(Op op, Answer expected) {
        boolean answered = !expected.equals(Answer.NOTHING);
        if (op instanceof Op.Call call) {
            return session.call(call);
        }
        if (op instanceof Op.RawCall call) {
            return session.rawCall(call);
        }
        if (op instanceof Op.KeepAlive keepAlive) {
            return session.keepAlive(keepAlive);
        }
        if (op instanceof Op.KeepAliveOnce keepAlive) {
            return session.keepAliveOnce(keepAlive);
        }
        if (op instanceof Op.WatchOnce watch) {
            return session.watchOnce(watch);
        }
        if (op instanceof Op.WatchCreate create) {
            return session.watchCreate(create);
        }
        if (op instanceof Op.WatchCancel cancel) {
            return session.watchCancel(cancel, answered);
        }
        if (op instanceof Op.WatchProgress progress) {
            return session.watchProgress(progress.stream(), answered);
        }
        if (op instanceof Op.WatchUnset unset) {
            return session.watchUnset(unset);
        }
        if (op instanceof Op.WatchHalfClose close) {
            return session.watchHalfClose(close);
        }
        if (op instanceof Op.WatchClose close) {
            return session.watchClose(close);
        }
        if (op instanceof Op.AwaitExpiry expiry) {
            return session.awaitExpiry(expiry);
        }
        if (op instanceof Op.Settle) {
            return settle((Answer.Seen) expected);
        }
        if (op instanceof Op.Restart) {
            return session.restart();
        }
        throw new AssertionError(op);
    }

    private Answer settle(Answer.Seen expected) {
        for (Answer.Track track : expected.tracks()) {
            session.awaitSights(track.stream(), track.watchId(), track.sights().size());
        }
        return session.takeSights();
    }

    @Override
    public void close() {
        session.close();
    }
}
