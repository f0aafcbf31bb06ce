package io.meshkeep.server.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The settings of one start, from one kind of source or several, and what the operator should hear about them. */
final class Settings {
    private final Map<String, Setting> byName = new LinkedHashMap<>();
    private final List<String> warnings = new ArrayList<>();

    /** Adds a setting; it replaces an earlier one of the same flag. */
    void put(Setting setting) {
        byName.put(setting.flag().name(), setting);
    }

    /** Adds a line to log as a warning once logging is set up. */
    void warn(String warning) {
        warnings.add(warning);
    }

    /** The setting of a flag, by its name, or null if nobody gave it. */
    Setting get(String flagName) {
        return byName.get(flagName);
    }

    /** All settings, in the order given. */
    Iterable<Setting> all() {
        return byName.values();
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }
}
