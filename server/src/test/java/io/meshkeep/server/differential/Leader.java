package io.meshkeep.server.differential;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.meshkeep.proto.AlarmRequest;
import io.meshkeep.proto.AlarmType;
import io.meshkeep.proto.AuthenticateResponse;
import io.meshkeep.proto.CompactionRequest;
import io.meshkeep.proto.Event;
import io.meshkeep.proto.LeaseGrantResponse;
import io.meshkeep.proto.LeaseRevokeRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The side whose answers count: real etcd. Performs ops, keeps the {@link View}, and knows when its watches have
 * caught up, by a watch of its own over everything. Not thread-safe.
 */
final class Leader implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** A request of this size is refused by the stream it is sent on, which ends. */
    private static final int STREAM_BREAKING_SIZE = 2 << 20;

    private final Session session;
    private final View view = new View();
    private WatchStream monitor;
    private boolean probeNeeded;

    Leader(SystemUnderTest referee) {
        session = new Session(referee, PATIENCE);
        openMonitor();
    }

    View view() {
        return view;
    }

    SystemUnderTest server() {
        return session.server();
    }

    /**
     * What must be performed before this op, lest its outcome depend on timing: watches catch up, and those that
     * started in the past are known to have done so on both sides, which a progress response proves.
     */
    List<Op> preparation(Op op) {
        return needsSettling(op) ? settling() : List.of();
    }

    /** Ops after which every watch has caught up and all that it saw has been compared. */
    List<Op> settling() {
        List<Op> ops = new ArrayList<>();
        ops.add(new Op.Settle());
        for (int stream : view.watches.streams()) {
            if (view.watches.mayLag(stream)
                    && !view.watches.isMute(stream, view.revision)
                    && !view.watches.isHalfClosed(stream)) {
                ops.add(new Op.WatchProgress(stream));
            }
        }
        return ops;
    }

    /** What must be performed at the end, so that nothing that a watch saw, be it too much, goes unseen. */
    List<Op> ending() {
        List<Op> ops = new ArrayList<>();
        ops.add(new Op.Settle());
        for (int stream : view.watches.streams()) {
            if (!view.watches.isMute(stream, view.revision) && !view.watches.isHalfClosed(stream)) {
                ops.add(new Op.WatchProgress(stream));
            }
        }
        ops.add(new Op.Settle());
        return ops;
    }

    private boolean needsSettling(Op op) {
        if (view.watches.watches().isEmpty()) {
            return false;
        }
        return op instanceof Op.WatchCancel cancel
                        && view.watches.find(cancel.stream(), cancel.watchId()).isPresent()
                || op instanceof Op.WatchProgress
                || op instanceof Op.WatchHalfClose
                || op instanceof Op.WatchClose
                || op instanceof Op.Restart
                || op instanceof Op.WatchCreate create && breaksStream(create)
                || op instanceof Op.Call call && call.rpc() == Rpc.COMPACT;
    }

    /** Performs the op; empty if it was not, because its outcome would depend on timing. */
    Optional<Answer> perform(Op op) {
        if (isIndeterminate(op)) {
            return Optional.empty();
        }
        Answer answer = answer(op);
        if (answer instanceof Answer.Failure failure
                && (failure.code() == Status.Code.UNAVAILABLE || failure.code() == Status.Code.DEADLINE_EXCEEDED)) {
            throw new IllegalStateException("the referee failed at " + Readable.op(op) + ": " + failure + "\n"
                    + session.server().logTail());
        }
        awaitMonitor();
        return Optional.of(answer);
    }

    private boolean isIndeterminate(Op op) {
        if (op instanceof Op.Call call && call.request() instanceof CompactionRequest) {
            return view.watches.mayLag();
        }
        if (op instanceof Op.WatchCreate create) {
            return view.watches.isHalfClosed(create.stream())
                    || create.requests().stream()
                            .anyMatch(r -> r.getStartRevision() > 0
                                    && r.getStartRevision() == view.compactedRevision
                                    && view.changedTwice(view.compactedRevision));
        }
        if (op instanceof Op.WatchCancel cancel) {
            return view.watches.isHalfClosed(cancel.stream());
        }
        if (op instanceof Op.WatchProgress progress) {
            return view.watches.isHalfClosed(progress.stream());
        }
        if (op instanceof Op.WatchUnset unset) {
            return view.watches.isHalfClosed(unset.stream());
        }
        if (op instanceof Op.WatchHalfClose close) {
            return !view.watches.isOpen(close.stream()) || view.watches.isHalfClosed(close.stream());
        }
        return false;
    }

    private Answer answer(Op op) {
        if (op instanceof Op.Call call) {
            Answer answer = session.call(call);
            observe(call, answer);
            return answer;
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
            return watchCreate(create);
        }
        if (op instanceof Op.WatchCancel cancel) {
            boolean known = view.watches.find(cancel.stream(), cancel.watchId()).isPresent();
            Answer answer = session.watchCancel(cancel, known);
            view.watches.used(cancel.stream());
            view.watches.cancelled(cancel.stream(), cancel.watchId());
            return answer;
        }
        if (op instanceof Op.WatchProgress progress) {
            view.watches.used(progress.stream());
            boolean answered = !view.watches.isMute(progress.stream(), view.revision);
            Answer answer = session.watchProgress(progress.stream(), answered);
            if (answered) {
                view.watches.confirm(progress.stream());
            }
            return answer;
        }
        if (op instanceof Op.WatchUnset unset) {
            view.watches.used(unset.stream());
            return session.watchUnset(unset);
        }
        if (op instanceof Op.WatchHalfClose close) {
            view.watches.halfClosed(close.stream());
            return session.watchHalfClose(close);
        }
        if (op instanceof Op.WatchClose close) {
            view.watches.closed(close.stream());
            return session.watchClose(close);
        }
        if (op instanceof Op.AwaitExpiry expiry) {
            Answer answer = session.awaitExpiry(expiry);
            view.leases.remove(expiry.lease());
            observeRevision(answer);
            return answer;
        }
        if (op instanceof Op.Settle) {
            return settle();
        }
        if (op instanceof Op.Restart) {
            monitor.close();
            view.watches.closedAll();
            Answer answer = session.restart();
            view.restarted = true;
            openMonitor();
            return answer;
        }
        throw new AssertionError(op);
    }

    private void observe(Op.Call call, Answer answer) {
        observeRevision(answer);
        if (!(answer instanceof Answer.Reply reply)) {
            return;
        }
        Message response = reply.messages().get(0);
        if (call.request() instanceof CompactionRequest request) {
            view.compactedRevision = request.getRevision();
        } else if (response instanceof AuthenticateResponse authenticated) {
            view.tokens.add(authenticated.getToken());
        } else if (response instanceof LeaseGrantResponse granted) {
            view.leases.add(granted.getID());
        } else if (call.request() instanceof AlarmRequest request && request.getAlarm() == AlarmType.NOSPACE) {
            if (request.getAction() != AlarmRequest.AlarmAction.GET) {
                view.noSpace = request.getAction() == AlarmRequest.AlarmAction.ACTIVATE;
            }
        } else if (call.request() instanceof LeaseRevokeRequest request) {
            view.leases.remove(request.getID());
        }
    }

    private void observeRevision(Answer answer) {
        if (answer instanceof Answer.Reply reply && !reply.messages().isEmpty()) {
            view.revision =
                    Math.max(view.revision, Session.revisionOf(reply.messages().get(0)));
        }
    }

    private Answer watchCreate(Op.WatchCreate create) {
        view.watches.used(create.stream());
        Answer answer = session.watchCreate(create);
        if (!(answer instanceof Answer.Reply reply)) {
            view.watches.closed(create.stream());
            return answer;
        }
        for (int i = 0; i < create.requests().size(); i++) {
            WatchCreateRequest request = create.requests().get(i);
            WatchResponse response = (WatchResponse) reply.messages().get(i);
            if (!response.getCanceled()) {
                view.watches.opened(
                        create.stream(), response.getWatchId(), request, view.revision, view.compactedRevision);
                probeNeeded |= request.getStartRevision() != 0 && request.getStartRevision() <= view.revision;
            }
        }
        return answer;
    }

    private Answer settle() {
        if (probeNeeded) {
            probe();
            probeNeeded = false;
        }
        for (WatchBook.Watch watch : view.watches.watches()) {
            int due = WatchBook.due(watch, view.log);
            if (!session.awaitSights(watch.stream, watch.id, due)) {
                throw new IllegalStateException("the referee's watch " + watch.id + " of stream " + watch.stream
                        + " should have seen " + due + " more, saw " + session.sights(watch.stream, watch.id)
                        + ": " + session.takeSights());
            }
            watch.taken += session.sights(watch.stream, watch.id);
        }
        return session.takeSights();
    }

    /**
     * Waits until etcd has looked at every watch that starts in the past: it does so for all of them in one pass,
     * each tenth of a second, so a new one that must get something from that pass proves that the others had theirs.
     */
    private void probe() {
        if (view.revision == 1) {
            return;
        }
        WatchStream stream = session.privateStream();
        try {
            WatchCreateRequest request = WatchCreateRequest.newBuilder()
                    .setKey(Keys.LEAST)
                    .setRangeEnd(Keys.FROM_KEY)
                    .setStartRevision(view.compactedRevision > 1 ? 1 : view.revision)
                    .build();
            long id = stream.create(List.of(request), PATIENCE).get(0).getWatchId();
            if (!stream.await(() -> stream.seen(id) > 0, PATIENCE)) {
                throw new IllegalStateException("the referee does not serve watches that start in the past");
            }
        } catch (WatchStream.EndedException e) {
            throw new IllegalStateException("the referee ended a watch stream: " + e.status(), e);
        } finally {
            stream.close();
        }
    }

    private void openMonitor() {
        monitor = session.privateStream();
        try {
            monitor.create(
                    List.of(WatchCreateRequest.newBuilder()
                            .setKey(Keys.LEAST)
                            .setRangeEnd(Keys.FROM_KEY)
                            .build()),
                    PATIENCE);
        } catch (WatchStream.EndedException e) {
            throw new IllegalStateException("the referee ended a watch stream: " + e.status(), e);
        }
    }

    private void awaitMonitor() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (view.log.isEmpty()
                ? view.revision > 1
                : view.log.get(view.log.size() - 1).getKv().getModRevision() < view.revision) {
            monitor.await(() -> monitor.seen(0) > 0, PATIENCE);
            for (Sight sight : monitor.take().getOrDefault(0L, List.of())) {
                if (!(sight instanceof Sight.Happened happened)) {
                    throw new IllegalStateException("the referee's watch over everything saw " + sight);
                }
                view.happened((Event) session.identities().inward(happened.event()));
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the referee's watch does not reach revision " + view.revision);
            }
        }
    }

    private static boolean breaksStream(Op.WatchCreate create) {
        return create.requests().stream().anyMatch(r -> r.getSerializedSize() > STREAM_BREAKING_SIZE);
    }

    @Override
    public void close() {
        monitor.close();
        session.close();
    }
}
