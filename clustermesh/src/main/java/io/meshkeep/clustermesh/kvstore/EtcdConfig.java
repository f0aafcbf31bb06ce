package io.meshkeep.clustermesh.kvstore;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * How to reach an etcd: the file that Cilium calls {@code etcd.config}, with {@code endpoints}, {@code trusted-ca-file},
 * {@code cert-file} and {@code key-file}. Other keys of etcd's client are not used.
 *
 * @param endpoints at least one; all with TLS or none
 * @param trustedCaFile who may vouch for the server; without it whom Java trusts
 * @param certFile the client's certificate, with its chain; with {@code keyFile} or not at all
 * @param keyFile its key, in any PEM form
 */
public record EtcdConfig(
        List<Endpoint> endpoints, Optional<Path> trustedCaFile, Optional<Path> certFile, Optional<Path> keyFile) {
    private static final int MAX_BYTES = 1 << 20;
    private static final int DEFAULT_PORT = 2379;

    /** One address; a server's certificate has to be for its host. */
    public record Endpoint(String host, int port, boolean tls) {
        @Override
        public String toString() {
            return (tls ? "https://" : "http://") + (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
        }
    }

    public EtcdConfig {
        endpoints = List.copyOf(endpoints);
    }

    /**
     * Reads a file.
     *
     * @throws IOException with one line for the user
     */
    public static EtcdConfig read(Path file) throws IOException {
        try {
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length > MAX_BYTES) {
                throw new IOException("it is larger than " + MAX_BYTES + " bytes");
            }
            return parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            throw new IOException("the etcd configuration " + file + " does not exist", e);
        } catch (IOException e) {
            throw new IOException("the etcd configuration " + file + " cannot be used: " + e.getMessage(), e);
        }
    }

    /**
     * Reads a text.
     *
     * @throws IOException with one line that says what is wrong
     */
    public static EtcdConfig parse(String yaml) throws IOException {
        Object content;
        try {
            content = new Load(LoadSettings.builder().build()).loadFromString(yaml);
        } catch (YamlEngineException e) {
            throw new IOException(
                    "it is not valid YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
        if (!(content instanceof Map<?, ?> keys)) {
            throw new IOException("it is no map of keys and values");
        }
        if (Boolean.TRUE.equals(keys.get("insecure-skip-tls-verify"))) {
            throw new IOException("insecure-skip-tls-verify is not supported; give the server's CA as trusted-ca-file");
        }
        List<Endpoint> endpoints = new ArrayList<>();
        if (!(keys.get("endpoints") instanceof List<?> list) || list.isEmpty()) {
            throw new IOException("it has no list \"endpoints\"");
        }
        for (Object endpoint : list) {
            endpoints.add(endpoint(String.valueOf(endpoint)));
        }
        if (endpoints.stream().map(Endpoint::tls).distinct().count() > 1) {
            throw new IOException("some endpoints are https and some are not");
        }
        Optional<Path> cert = file(keys, "cert-file");
        Optional<Path> key = file(keys, "key-file");
        if (cert.isPresent() != key.isPresent()) {
            throw new IOException("cert-file and key-file go together");
        }
        return new EtcdConfig(endpoints, file(keys, "trusted-ca-file"), cert, key);
    }

    private static Optional<Path> file(Map<?, ?> keys, String key) throws IOException {
        Object value = keys.get(key);
        if (value == null || value.equals("")) {
            return Optional.empty();
        }
        if (!(value instanceof String path)) {
            throw new IOException(key + " is not a path");
        }
        return Optional.of(Path.of(path));
    }

    /** An address as etcd takes it: a URL, or a host and a port alone. IPv4 addresses may stand in brackets too. */
    static Endpoint endpoint(String text) throws IOException {
        boolean tls = text.startsWith("https://");
        String rest = text.contains("://") ? text.substring(text.indexOf("://") + 3) : text;
        if (text.contains("://") && !tls && !text.startsWith("http://")) {
            throw new IOException("the endpoint \"" + text + "\" is neither http nor https");
        }
        int bracket = rest.startsWith("[") ? rest.indexOf(']') : -1;
        if (bracket > 0 && rest.indexOf(':') > bracket) {
            rest = rest.substring(1, bracket) + rest.substring(bracket + 1);
        }
        try {
            URI uri = new URI("etcd://" + rest);
            String host = uri.getHost();
            if (host != null && (uri.getPath().isEmpty() || uri.getPath().equals("/")) && uri.getUserInfo() == null) {
                String plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
                return new Endpoint(plain, uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(), tls);
            }
        } catch (URISyntaxException e) {
            throw new IOException("the endpoint \"" + text + "\" is not an address", e);
        }
        throw new IOException("the endpoint \"" + text + "\" is not an address");
    }

    /** Whether the connection is encrypted. */
    public boolean isTls() {
        return endpoints.get(0).tls();
    }
}
