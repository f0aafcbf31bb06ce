package io.meshkeep.clustermesh.apiserver;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Clients of the Kubernetes API, over Java's own HTTP client. */
public final class Kubernetes {
    /** Of one request, within a second; then who lists or watches says so, and tries again himself. */
    private static final int RETRIES = 3;

    private Kubernetes() {}

    /**
     * A client as the options say; otherwise as {@code KUBECONFIG} or the pod's service account does.
     *
     * @throws IOException with one line for the user
     */
    static KubernetesClient client(Optional<Path> kubeconfig, Optional<String> url) throws IOException {
        Config config;
        if (kubeconfig.isPresent()) {
            if (!Files.isReadable(kubeconfig.get())) {
                throw new IOException("--k8s-kubeconfig-path: " + kubeconfig.get() + " cannot be read");
            }
            config = Config.fromKubeconfig(kubeconfig.get().toFile());
        } else {
            config = Config.autoConfigure(null);
        }
        if (url.isPresent()) {
            config = new ConfigBuilder(config).withMasterUrl(url.get()).build();
        }
        return client(config);
    }

    /** A client that watches over plain HTTP, as Kubernetes' own do, and not over WebSocket. */
    public static KubernetesClient client(Config config) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(config)
                        .withOnlyHttpWatches(true)
                        .withRequestRetryBackoffLimit(RETRIES)
                        .build())
                .withHttpClientFactory(new JdkHttpClientFactory())
                .withHttpClientBuilderConsumer(
                        builder -> builder.addOrReplaceInterceptor("ascii-watches", new AsciiWatches()))
                .build();
    }
}
