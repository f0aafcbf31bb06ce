package io.meshkeep.server.differential;

import com.google.protobuf.Message;
import io.grpc.Status;
import java.util.List;

/** What a server answered to an {@link Op}, ids replaced by {@linkplain Identities symbols}. */
sealed interface Answer {

    /** The messages received: one for a call, one per watch created, none where silence is the answer. */
    record Reply(List<Message> messages) implements Answer {
        public Reply {
            messages = List.copyOf(messages);
        }

        static Reply of(Message message) {
            return new Reply(List.of(message));
        }
    }

    Reply NOTHING = new Reply(List.of());

    /** A status other than OK. */
    record Failure(Status.Code code, String text) implements Answer {
        static Failure of(Status status) {
            return new Failure(status.getCode(), status.getDescription() == null ? "" : status.getDescription());
        }
    }

    /** What the watches saw; watches that saw nothing are left out. Sorted by stream and watch id. */
    record Seen(List<Track> tracks) implements Answer {
        public Seen {
            tracks = List.copyOf(tracks);
        }
    }

    /** What one watch saw, in order. */
    record Track(int stream, long watchId, List<Sight> sights) {
        public Track {
            sights = List.copyOf(sights);
        }
    }
}
