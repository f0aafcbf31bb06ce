package io.meshkeep.loadtest.load;

import java.util.concurrent.CompletableFuture;

/** A load that is measured while another one, which is not counted, runs beside it. */
public final class Together implements Load {
    private final Load counted;
    private final Load beside;

    public Together(Load counted, Load beside) {
        this.counted = counted;
        this.beside = beside;
    }

    @Override
    public void start(Recorder recorder) {
        beside.start(new Recorder(recorder::fail));
        counted.start(recorder);
    }

    @Override
    public CompletableFuture<Void> stop() {
        return CompletableFuture.allOf(counted.stop(), beside.stop());
    }
}
