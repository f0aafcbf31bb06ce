package io.meshkeep.clustermesh.vm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The script that installs the agent on a machine, with what a cluster puts into it. */
record InstallScript(
        String image,
        List<String> addresses,
        List<String> agentFlags,
        String clusterName,
        String clusterId,
        int retries,
        AccessInformation.Credentials credentials) {
    private static final Pattern PLACE = Pattern.compile("%([A-Z_]+)%");

    /** The script's text. */
    String text() {
        Map<String, String> values = Map.of(
                "IMAGE", quoted(image),
                "ADDRESSES", quoted(String.join(",", addresses)),
                "OVERWRITES", quoted(String.join(" ", agentFlags)),
                "CLUSTER_NAME", quoted(clusterName),
                "CLUSTER_NAME_TEXT", clusterName.replaceAll("[^-.0-9A-Za-z]", "?"),
                "CLUSTER_ID", quoted(clusterId),
                "RETRIES", Integer.toString(retries),
                "CA", credentials.ca().strip(),
                "CERT", credentials.certificate().strip(),
                "KEY", credentials.key().strip());
        return PLACE.matcher(template()).replaceAll(place -> Matcher.quoteReplacement(values.get(place.group(1))));
    }

    private static String template() {
        try (InputStream in = InstallScript.class.getResourceAsStream("install-external-workload.sh")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** As the shell reads it back within double-quoted or bare expansion: nothing in it is special. */
    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }
}
