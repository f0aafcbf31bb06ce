package io.meshkeep.clustermesh.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An archive of {@code deploy/image/build}, opened as a container runtime does it. */
final class ImageArchive {
    private final Path directory;
    private final Map<?, ?> manifest;
    private final Map<?, ?> config;

    private ImageArchive(Path directory, Map<?, ?> manifest, Map<?, ?> config) {
        this.directory = directory;
        this.manifest = manifest;
        this.config = config;
    }

    /** Unpacks an archive, and checks that each blob is what its name says. */
    static ImageArchive open(Path archive, Path directory) throws Exception {
        Files.createDirectories(directory);
        tar("-xf", archive.toString(), "-C", directory.toString());
        try (var blobs = Files.list(directory.resolve("blobs/sha256"))) {
            for (Path blob : (Iterable<Path>) blobs::iterator) {
                byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(blob));
                assertThat(HexFormat.of().formatHex(digest))
                        .isEqualTo(blob.getFileName().toString());
            }
        }
        Map<?, ?> index = (Map<?, ?>) json(directory.resolve("index.json"));
        Map<?, ?> first = (Map<?, ?>) ((List<?>) index.get("manifests")).get(0);
        Map<?, ?> manifest = (Map<?, ?>) json(blob(directory, first.get("digest")));
        Map<?, ?> config = (Map<?, ?>) json(blob(directory, ((Map<?, ?>) manifest.get("config")).get("digest")));
        return new ImageArchive(directory, manifest, config);
    }

    /** What the image says about how it is run. */
    Map<?, ?> runConfig() {
        return (Map<?, ?>) config.get("config");
    }

    /** The layers' digests in an archive of {@code docker save}, which has to be the same image. */
    List<String> dockerLayers() throws IOException {
        Map<?, ?> image = (Map<?, ?>) ((List<?>) json(directory.resolve("manifest.json"))).get(0);
        return ((List<?>) image.get("Layers"))
                .stream()
                        .map(path -> "sha256:" + Path.of((String) path).getFileName())
                        .toList();
    }

    List<String> layers() {
        return ((List<?>) manifest.get("layers"))
                .stream()
                        .map(layer -> (String) ((Map<?, ?>) layer).get("digest"))
                        .toList();
    }

    long compressedBytes() throws IOException {
        long bytes = 0;
        for (String layer : layers()) {
            bytes += Files.size(blob(directory, layer));
        }
        return bytes;
    }

    /** Lays the layers over each other. */
    Path unpack(Path root) throws Exception {
        Files.createDirectories(root);
        List<?> differences = (List<?>) ((Map<?, ?>) config.get("rootfs")).get("diff_ids");
        assertThat(differences).hasSameSizeAs(layers());
        for (String layer : layers()) {
            tar("-xpzf", blob(directory, layer).toString(), "--numeric-owner", "-C", root.toString());
        }
        return root;
    }

    private static Path blob(Path directory, Object digest) {
        return directory.resolve("blobs/sha256").resolve(((String) digest).substring("sha256:".length()));
    }

    private static void tar(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("tar"));
        command.addAll(List.of(arguments));
        Process tar = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(tar.waitFor()).as(command + ": " + said).isZero();
    }

    private static Object json(Path file) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(file.toFile())) {
            parser.nextToken();
            return value(parser);
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            Map<String, Object> object = new LinkedHashMap<>();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                object.put(name, value(parser));
            }
            return object;
        }
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            List<Object> array = new ArrayList<>();
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                array.add(value(parser));
            }
            return array;
        }
        return parser.getText();
    }
}
