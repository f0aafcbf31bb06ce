package io.meshkeep.clustermesh.troubleshoot;

import io.meshkeep.server.GoDuration;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The command {@code troubleshoot}. It ends with 0 if clients can work, 1 if they cannot, 2 when called wrongly. */
public final class TroubleshootCommand {
    private static final Set<String> FLAGS = Set.of(
            "etcd-config",
            "clustermesh-config",
            "endpoints",
            "cacert",
            "cert",
            "key",
            "cluster-name",
            "timeout",
            "output");

    private static final String HELP = """
        Usage: meshkeep troubleshoot WHERE [flags]

        Goes the way of a client to a store of the mesh, says where it ends, and what to mend. It writes nothing.

        Where:
          --etcd-config FILE          a configuration of Cilium's etcd client
          --clustermesh-config DIR    a directory of them, one for each cluster (/var/lib/cilium/clustermesh)
          --endpoints URL[,URL]       addresses, with --cacert, --cert and --key if they are https

        Flags:
          --cluster-name NAME         the cluster whose keys are expected there; in a directory, of this one only
          --timeout DURATION          for each step, 5s if not given
          -o text|json

        It ends with 0 if clients can work, 1 if not, 2 if it was called wrongly.
        """;

    private final Map<String, String> given = new HashMap<>();

    private TroubleshootCommand() {}

    /** Runs the command and gives the exit status. */
    public static int run(List<String> arguments, PrintStream out, PrintStream err) {
        return run(arguments, InstantSource.system(), out, err);
    }

    static int run(List<String> arguments, InstantSource clock, PrintStream out, PrintStream err) {
        if (arguments.stream().anyMatch(Set.of("help", "-h", "--help", "-help")::contains)) {
            out.print(HELP);
            return 0;
        }
        TroubleshootCommand command = new TroubleshootCommand();
        try {
            command.parse(arguments);
            return command.check(clock, out);
        } catch (IllegalArgumentException misused) {
            err.println("meshkeep: " + misused.getMessage() + "; see meshkeep troubleshoot --help");
            return 2;
        } catch (IOException e) {
            err.println("meshkeep: " + e.getMessage());
            return 1;
        }
    }

    private void parse(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument : argument.substring(0, equals);
            String flag = name.equals("-o") ? "output" : name.startsWith("--") ? name.substring(2) : "";
            if (!FLAGS.contains(flag)) {
                throw new IllegalArgumentException("troubleshoot does not know \"" + name + "\"");
            }
            if (equals >= 0) {
                given.put(flag, argument.substring(equals + 1));
            } else if (++i < arguments.size()) {
                given.put(flag, arguments.get(i));
            } else {
                throw new IllegalArgumentException(name + " needs a value");
            }
        }
    }

    private int check(InstantSource clock, PrintStream out) throws IOException {
        String output = given.getOrDefault("output", "text");
        if (!output.equals("text") && !output.equals("json")) {
            throw new IllegalArgumentException("-o is text or json");
        }
        Duration timeout = GoDuration.parse(given.getOrDefault("timeout", "5s"));
        if (timeout.isZero() || timeout.isNegative()) {
            throw new IllegalArgumentException("--timeout must be more than 0");
        }
        List<TargetReport> reports = new ArrayList<>();
        for (Target target : targets()) {
            reports.add(TargetReport.of(target, timeout, clock.instant()));
        }
        List<Finding> compared = Comparison.of(reports);
        boolean good = reports.stream().allMatch(TargetReport::isGood)
                && compared.stream().noneMatch(Finding::isProblem);
        if (output.equals("json")) {
            ReportWriter.json(reports, compared, good, out);
        } else {
            ReportWriter.text(reports, compared, out);
        }
        return good ? 0 : 1;
    }

    private List<Target> targets() throws IOException {
        List<String> where = List.of("etcd-config", "clustermesh-config", "endpoints").stream()
                .filter(given::containsKey)
                .toList();
        if (where.size() != 1) {
            throw new IllegalArgumentException("say where: one of --etcd-config, --clustermesh-config and --endpoints");
        }
        Optional<String> cluster = Optional.ofNullable(given.get("cluster-name"));
        switch (where.get(0)) {
            case "etcd-config":
                Path file = Path.of(given.get("etcd-config"));
                return List.of(Target.read(file.toString(), cluster, file));
            case "clustermesh-config":
                Path directory = Path.of(given.get("clustermesh-config"));
                List<Target> targets = Target.readDirectory(directory).stream()
                        .filter(target -> cluster.isEmpty() || cluster.equals(target.cluster()))
                        .toList();
                if (targets.isEmpty()) {
                    throw new IOException("no cluster is configured in " + directory
                            + cluster.map(name -> " under the name " + name).orElse(""));
                }
                return targets;
            default:
                List<String> endpoints = Arrays.stream(given.get("endpoints").split(",", -1))
                        .map(String::strip)
                        .toList();
                return List.of(new Target(
                        cluster.map(name -> "cluster " + name).orElse("store"),
                        cluster,
                        endpoints,
                        path("cacert"),
                        path("cert"),
                        path("key")));
        }
    }

    private Optional<Path> path(String flag) {
        return Optional.ofNullable(given.get(flag)).map(Path::of);
    }
}
