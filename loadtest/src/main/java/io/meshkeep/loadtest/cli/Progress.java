package io.meshkeep.loadtest.cli;

import java.io.PrintStream;
import java.util.Locale;

/** Says on standard error what is going on. On a terminal the line of the moment is overwritten by the next one. */
public final class Progress {
    private static final String CLEAR_LINE = "\r\u001b[K";

    private final PrintStream out = System.err;

    /** Set by the launcher, since Java cannot tell for standard error. */
    private final boolean terminal = Boolean.getBoolean("meshkeep.terminal");

    /** Something that holds until it is said that it does not; shown on a terminal only. */
    public void moment(String format, Object... arguments) {
        if (terminal) {
            out.print(CLEAR_LINE + String.format(Locale.ROOT, format, arguments));
            out.flush();
        }
    }

    /** Something that has been reached. */
    public void reached(String format, Object... arguments) {
        out.println((terminal ? CLEAR_LINE : "") + String.format(Locale.ROOT, format, arguments));
    }
}
