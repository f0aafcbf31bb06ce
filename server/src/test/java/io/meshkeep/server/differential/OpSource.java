package io.meshkeep.server.differential;

import java.util.Optional;

/** Where the ops of a run come from. */
@FunctionalInterface
interface OpSource {
    /** The next op in the light of what the referee answered so far; empty at the end. */
    Optional<Op> next(View view);
}
