package io.meshkeep.clustermesh.vm;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.File;
import java.io.PrintStream;
import java.util.List;

/**
 * {@code meshkeep vm}: what {@code cilium clustermesh vm} does, for whoever has access to the cluster with kubectl. The
 * cluster is that of {@code KUBECONFIG}.
 */
public final class VmCommand {
    /** Makes a client of the cluster that the flags name. */
    interface Connect {
        KubernetesClient to(VmArguments arguments) throws CommandException;
    }

    private static final int OK = 0;
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private static final String HELP = """
            Manage external workloads: machines outside Kubernetes that join the cluster

            Usage:
              meshkeep vm create NAME... --ipv4-alloc-cidr CIDR [flags]   let machines of these host names join
                -n, --namespace NAMESPACE   the namespace that policies see them in (default)
                --labels KEY=VALUE,...      labels that policies select
                --ipv4-alloc-cidr CIDR      a small range of the machine's own, such as 10.192.1.0/30
                --ipv6-alloc-cidr CIDR
              meshkeep vm status [NAME...] [flags]                        who has joined, and who is alive
                -n, --namespace NAMESPACE   where Cilium is installed (kube-system)
                -o, --output json
                --endpoints URL,...         the store; without it, it is reached through the pods, as
                --cacert, --cert, --key     kubectl port-forward does
                --timeout DURATION          for the store (10s)
              meshkeep vm install [FILE] [flags]                          write the script that installs the agent
                -n, --namespace NAMESPACE   where Cilium is installed (kube-system)
                --address IP:PORT,...       where machines reach clustermesh-apiserver; otherwise from its Service
                --config KEY=VALUE,...      further flags of the agent
                --retries NUMBER            how often the agent is started again if it does not come up (4)
                --wait                      until there is an address
                --wait-duration DURATION    at most (15m)
              meshkeep vm delete NAME...|--all                            forbid them to join again

              --kubeconfig FILE, --context NAME   which cluster; KUBECONFIG names the file otherwise
            """;

    private final PrintStream out;
    private final PrintStream err;
    private final Connect connect;

    /** A command that prints results to one stream and all else to the other. */
    public VmCommand(PrintStream out, PrintStream err) {
        this(out, err, VmCommand::client);
    }

    VmCommand(PrintStream out, PrintStream err, Connect connect) {
        this.out = out;
        this.err = err;
        this.connect = connect;
    }

    /** @return the exit status */
    public int run(List<String> line) {
        try {
            VmArguments arguments = VmArguments.parse(line);
            if (arguments.command().equals("help")) {
                out.print(HELP);
                return OK;
            }
            try (KubernetesClient kubernetes = connect.to(arguments)) {
                run(arguments, kubernetes);
            }
            return OK;
        } catch (CommandException e) {
            err.println("meshkeep: " + e.getMessage());
            return e.isMisuse() ? MISUSED : FAILED;
        } catch (KubernetesClientException e) {
            err.println("meshkeep: the Kubernetes API: " + reason(e));
            return FAILED;
        }
    }

    private void run(VmArguments arguments, KubernetesClient kubernetes) throws CommandException {
        switch (arguments.command()) {
            case "create" -> new CreateCommand(kubernetes, err).run(arguments);
            case "status" -> new StatusCommand(kubernetes, out).run(arguments);
            case "install" -> new InstallCommand(kubernetes, out, err).run(arguments);
            case "delete" -> new DeleteCommand(kubernetes, err).run(arguments);
            default -> throw new IllegalStateException(arguments.command());
        }
    }

    /** What the API server says, or else what is wrong with the connection. */
    static String reason(KubernetesClientException e) {
        if (e.getStatus() != null && e.getStatus().getMessage() != null) {
            return e.getStatus().getMessage();
        }
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("failed");
    }

    private static KubernetesClient client(VmArguments arguments) throws CommandException {
        String file = arguments.text("kubeconfig", "");
        String context = arguments.text("context", "");
        Config config;
        if (file.isEmpty()) {
            config = Config.autoConfigure(context.isEmpty() ? null : context);
        } else if (new File(file).canRead()) {
            config = Config.fromKubeconfig(context.isEmpty() ? null : context, new File(file));
        } else {
            throw CommandException.failed("--kubeconfig: " + file + " cannot be read");
        }
        if (!context.isEmpty()
                && (config.getCurrentContext() == null
                        || !context.equals(config.getCurrentContext().getName()))) {
            throw CommandException.failed("there is no context \"" + context + "\"");
        }
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(config)
                        .withRequestRetryBackoffLimit(2)
                        .build())
                .build();
    }
}
