package io.meshkeep.server.metrics;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a registry in the Prometheus text format, version 0.0.4. Thread-safe. */
final class TextExposition {
    /** As etcd states it; no name here needs any escaping. */
    static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();
    private final PrometheusRegistry registry;
    private final List<Families.BareCounter> bareCounters;

    TextExposition(PrometheusRegistry registry, List<Families.BareCounter> bareCounters) {
        this.registry = registry;
        this.bareCounters = bareCounters;
    }

    byte[] write() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(1 << 16);
        try {
            writer.write(out, registry.scrape(), EscapingScheme.UNDERSCORE_ESCAPING);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        for (Families.BareCounter counter : bareCounters) {
            String name = counter.name();
            out.writeBytes(("# HELP " + name + " " + counter.help() + "\n# TYPE " + name + " counter\n" + name + " "
                            + counter.value().sum() + "\n")
                    .getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }
}
