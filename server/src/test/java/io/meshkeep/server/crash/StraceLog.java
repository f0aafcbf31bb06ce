package io.meshkeep.server.crash;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The system calls of a process, as {@code strace -f -yy -o} notes them. strace lets a thread go on only when it has
 * noted that its call has returned, so the order of the notes is one in which the calls can have caused each other.
 *
 * @param calls every call that has returned, in the order of the returns
 */
record StraceLog(List<Call> calls) {
    private static final Pattern WHOLE = Pattern.compile("(\\d+) +(\\w+)\\((.*)\\) += (-?\\d+|\\?).*");
    private static final Pattern BEGUN = Pattern.compile("(\\d+) +(\\w+)\\((.*) <unfinished \\.\\.\\.>");
    private static final Pattern RESUMED =
            Pattern.compile("(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)\\) += (-?\\d+|\\?).*");

    /**
     * A system call.
     *
     * @param arguments as strace writes them: file descriptors with what they stand for, data as text
     * @param entered place in the log where it was made
     * @param left place in the log where it returned
     */
    record Call(String name, String arguments, String result, int entered, int left) {
        /** What the first argument, a file descriptor, stands for. */
        String file() {
            int from = arguments.indexOf('<');
            int to = arguments.indexOf(">", from);
            return from < 0 || to < 0 ? "" : arguments.substring(from + 1, to);
        }

        boolean isOnSocket() {
            return file().startsWith("TCP:") || file().startsWith("TCPv6:");
        }

        boolean carries(String text) {
            return arguments.contains(text);
        }
    }

    static StraceLog parse(List<String> lines) {
        List<Call> calls = new ArrayList<>();
        Map<String, Call> begun = new HashMap<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            Matcher matcher = WHOLE.matcher(line);
            if (matcher.matches()) {
                calls.add(new Call(matcher.group(2), matcher.group(3), matcher.group(4), i, i));
                continue;
            }
            matcher = BEGUN.matcher(line);
            if (matcher.matches()) {
                begun.put(matcher.group(1), new Call(matcher.group(2), matcher.group(3), "", i, i));
                continue;
            }
            matcher = RESUMED.matcher(line);
            if (matcher.matches()) {
                Call call = begun.remove(matcher.group(1));
                if (call != null && call.name.equals(matcher.group(2))) {
                    calls.add(
                            new Call(call.name, call.arguments + matcher.group(3), matcher.group(4), call.entered, i));
                }
            }
        }
        return new StraceLog(List.copyOf(calls));
    }
}
