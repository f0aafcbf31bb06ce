package io.meshkeep.server.cli;

import io.meshkeep.server.cli.Flag.Group;
import io.meshkeep.server.cli.Flag.Support;

/** The help texts. */
final class Help {
    private static final int WIDTH = 100;
    private static final String INDENT = "      ";

    private Help() {}

    /** What {@code meshkeep help} says. */
    static String overview() {
        return """
                Meshkeep, an etcd-compatible key-value server

                Usage:
                  meshkeep serve [flags]   serve the etcd v3 API; meshkeep serve --help lists the flags
                  meshkeep certs COMMAND   make, show, verify and renew certificates; see meshkeep certs help
                  meshkeep mesh COMMAND    ask a server about its Cilium mesh; see meshkeep mesh --help
                  meshkeep init --data-dir D --cluster-name C
                                           give an empty store Cilium's users, and switch authentication on
                  meshkeep auth explain --user U --key K [--range-end E]
                                           what a user may do, and through which role; asks a running server
                                           (--endpoints, and --user name:password to log in)
                  meshkeep version         tell the version
                  meshkeep help            this text

                Flags alone, as etcd takes them, also serve: meshkeep --data-dir /var/lib/meshkeep
                """;
    }

    /** What {@code meshkeep serve --help} says. */
    static String serve() {
        StringBuilder text = new StringBuilder("""
                Usage: meshkeep serve [flags]

                Flags and environment variables are etcd's. Every flag is also a variable, --data-dir is
                ETCD_DATA_DIR; the flag wins. With --config-file all others are ignored.
                """);
        StringBuilder withoutEffect = new StringBuilder();
        for (Group group : Group.values()) {
            text.append('\n').append(group.title()).append(":\n");
            for (Flag flag : ServeFlags.all()) {
                if (flag.group() != group) {
                    continue;
                }
                if (flag.support() instanceof Support.NoEffect) {
                    withoutEffect.append(' ').append(flag.name());
                } else {
                    text.append("  --")
                            .append(flag.name())
                            .append(" '")
                            .append(flag.defaultValue())
                            .append("'\n");
                    wrap(text, flag.meaning());
                }
            }
        }
        text.append("\nAccepted without effect, for the reasons in docs/configuration.md:\n");
        wrap(text, withoutEffect.toString().strip());
        return text.toString();
    }

    private static void wrap(StringBuilder text, String words) {
        int column = 0;
        for (String word : words.split(" ")) {
            if (column > 0 && column + 1 + word.length() > WIDTH) {
                text.append('\n');
                column = 0;
            }
            String gap = column == 0 ? INDENT : " ";
            text.append(gap).append(word);
            column += gap.length() + word.length();
        }
        text.append('\n');
    }
}
