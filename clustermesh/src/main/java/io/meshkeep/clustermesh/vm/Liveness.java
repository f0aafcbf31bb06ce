package io.meshkeep.clustermesh.vm;

import java.time.Duration;

/** Whether a VM's agent is alive, as its registration in the store tells. */
sealed interface Liveness {
    /** How it is shown. */
    String text();

    /** Its lease runs. Agents renew theirs every third of its time. */
    record Alive(Duration sinceHeartbeat, boolean complete) implements Liveness {
        @Override
        public String text() {
            return (complete ? "yes" : "joining") + " (heartbeat " + sinceHeartbeat.toSeconds() + "s ago)";
        }
    }

    /** It was registered once, and is no more. */
    record Gone() implements Liveness {
        @Override
        public String text() {
            return "no (its registration has run out)";
        }
    }

    /** It has never been seen. */
    record NotJoined() implements Liveness {
        @Override
        public String text() {
            return "N/A";
        }
    }

    /** The store could not be asked. */
    record Unknown() implements Liveness {
        @Override
        public String text() {
            return "unknown";
        }
    }
}
