package io.meshkeep.server.cli;

import io.meshkeep.server.cli.Flag.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * The YAML file of {@code --config-file}, with etcd's keys: the names of the flags, and two sections for TLS. A number
 * where a duration belongs counts nanoseconds, as etcd has it; durations such as {@code 5s}, which etcd refuses here,
 * work too. Keys without a value count as absent; unknown keys give a warning (etcd is silent).
 */
final class ConfigFile {
    private static final int MAX_BYTES = 1 << 20;

    private static final Map<String, String> SECTIONS = Map.of(
            "client-transport-security", "",
            "peer-transport-security", "peer-",
            "socket-options", "socket-",
            "discovery-config", "discovery-");

    private ConfigFile() {}

    /** @throws UsageException if the file cannot be read, is not YAML, or holds a bad value */
    static Settings read(String file) throws UsageException {
        Settings settings = new Settings();
        Object content = parse(file);
        if (content == null) {
            return settings;
        }
        if (!(content instanceof Map<?, ?> keys)) {
            throw new UsageException("config file " + file + " is not a list of keys and values");
        }
        for (Map.Entry<?, ?> entry : keys.entrySet()) {
            String key = String.valueOf(entry.getKey());
            String section = SECTIONS.get(key);
            if (section == null) {
                add(settings, file, key, key, entry.getValue());
            } else if (entry.getValue() instanceof Map<?, ?> inner) {
                for (Map.Entry<?, ?> innerEntry : inner.entrySet()) {
                    String innerKey = String.valueOf(innerEntry.getKey());
                    add(settings, file, key + "." + innerKey, flagOf(section, innerKey), innerEntry.getValue());
                }
            } else if (entry.getValue() != null) {
                throw new UsageException(key + " in " + file + " must hold keys and values");
            }
        }
        return settings;
    }

    private static String flagOf(String sectionPrefix, String key) {
        return switch (key) {
            case "allowed-hostname", "allowed-cn" ->
                (sectionPrefix.isEmpty() ? "client-" : sectionPrefix) + "cert-" + key;
            default -> sectionPrefix + key;
        };
    }

    private static void add(Settings settings, String file, String key, String flagName, Object value)
            throws UsageException {
        Flag flag = ServeFlags.find(flagName);
        if (flag == null) {
            settings.warn(key + " in " + file + " is not a key of this server");
            return;
        }
        if (flagName.equals("config-file")) {
            throw new UsageException(key + " in " + file + ": a configuration file cannot name another");
        }
        boolean nested = value instanceof List<?> list
                ? list.stream().anyMatch(item -> item instanceof Map || item instanceof List)
                : value instanceof Map;
        if (nested) {
            throw new UsageException(key + " in " + file + " must be a single value or a list of them");
        }
        String text = text(flag, value);
        if (!text.isEmpty()) {
            settings.put(Setting.of(flag, text, key + " in " + file));
        }
    }

    private static String text(Flag flag, Object value) {
        if (value == null) {
            return "";
        }
        if (value instanceof List<?> list) {
            return list.stream().map(String::valueOf).collect(Collectors.joining(","));
        }
        boolean nanoseconds = flag.kind() == Kind.DURATION && (value instanceof Integer || value instanceof Long);
        return nanoseconds ? value + "ns" : value.toString();
    }

    private static Object parse(String file) throws UsageException {
        String text;
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new UsageException("config file " + file + " is larger than " + MAX_BYTES + " bytes");
            }
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (InvalidPathException bad) {
            throw new UsageException("config file name is not a path: " + bad.getReason(), bad);
        } catch (NoSuchFileException missing) {
            throw new UsageException("config file " + file + " does not exist", missing);
        } catch (CharacterCodingException binary) {
            throw new UsageException("config file " + file + " is not UTF-8 text", binary);
        } catch (IOException unreadable) {
            throw new UsageException("config file " + file + " cannot be read: " + unreadable.getMessage(), unreadable);
        }
        try {
            LoadSettings load = LoadSettings.builder().setLabel(file).build();
            return new Load(load).loadFromString(text);
        } catch (MarkedYamlEngineException malformed) {
            String where = malformed.getProblemMark().map(ConfigFile::position).orElse("");
            throw new UsageException(
                    "config file " + file + where + " is not valid YAML: " + malformed.getProblem(), malformed);
        } catch (YamlEngineException malformed) {
            String problem =
                    String.valueOf(malformed.getMessage()).lines().findFirst().orElse("");
            throw new UsageException("config file " + file + " is not valid YAML: " + problem, malformed);
        }
    }

    private static String position(Mark mark) {
        return " line " + (mark.getLine() + 1) + " column " + (mark.getColumn() + 1);
    }
}
