package io.meshkeep.server.cli;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One flag of {@code meshkeep serve}.
 *
 * @param group the heading that help and documentation put it under
 * @param name its name without dashes
 * @param kind what values it takes
 * @param defaultValue what it is when it is not given; for display only
 * @param support what becomes of a value
 * @param meaning one or two sentences: what it does here
 * @param aliases older spellings of the same flag
 */
record Flag(
        Group group,
        String name,
        Kind kind,
        String defaultValue,
        Support support,
        String meaning,
        List<String> aliases) {

    /** The headings of the help text. */
    enum Group {
        MEMBER("Member"),
        CLUSTERING("Clustering"),
        SECURITY("Security"),
        AUTH("Authentication"),
        MONITORING("Monitoring"),
        LOGGING("Logging"),
        UNSAFE("Unsafe"),
        OWN("Meshkeep's own");

        private final String title;

        Group(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }
    }

    /** The types of values, checked also where a flag has no effect. */
    enum Kind {
        BOOLEAN,
        TEXT,
        /** A 64-bit signed number. */
        NUMBER,
        /** A number that is not negative. */
        COUNT,
        /** A {@link io.meshkeep.server.GoDuration}. */
        DURATION
    }

    /** What becomes of a value. */
    sealed interface Support {
        /** It configures the server. */
        record Used() implements Support {}

        /** It is accepted and changes nothing; the flag's meaning says why that is right. */
        record NoEffect() implements Support {}

        /**
         * Some values describe what the server does anyhow and are accepted; the rest are refused, since ignoring them
         * would leave out something that was asked for.
         *
         * @param harmless the values accepted
         * @param refusal why the others are not
         */
        record Only(Set<String> harmless, String refusal) implements Support {}
    }

    /** The environment variable of a flag's name or alias, as etcd derives it. */
    static String environmentVariable(String name) {
        return "ETCD_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }
}
