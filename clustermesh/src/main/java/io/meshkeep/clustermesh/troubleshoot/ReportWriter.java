package io.meshkeep.clustermesh.troubleshoot;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.meshkeep.clustermesh.troubleshoot.TargetReport.EndpointReport;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/** Reports for people and for programs. */
final class ReportWriter {
    private ReportWriter() {}

    static void text(List<TargetReport> reports, List<Finding> compared, PrintStream out) {
        for (TargetReport report : reports) {
            out.println(report.target().label() + ":");
            lines(report.common(), "  ", out);
            for (EndpointReport endpoint : report.endpoints()) {
                out.println("  " + endpoint.url());
                lines(endpoint.findings(), "    ", out);
            }
        }
        if (!compared.isEmpty()) {
            out.println("together:");
            lines(compared, "  ", out);
        }
        out.flush();
    }

    private static void lines(List<Finding> findings, String indent, PrintStream out) {
        for (Finding finding : findings) {
            String level =
                    finding.level() == Finding.Level.OK ? "ok" : finding.level().name();
            out.println(String.format(Locale.ROOT, "%s%-8s %-14s %s", indent, level, finding.step(), finding.says()));
            if (!finding.mend().isEmpty()) {
                out.println(String.format(Locale.ROOT, "%s%23s  mend: %s", indent, "", finding.mend()));
            }
        }
    }

    static void json(List<TargetReport> reports, List<Finding> compared, boolean good, PrintStream out) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text).useDefaultPrettyPrinter()) {
            json.writeStartObject();
            json.writeBooleanField("ok", good);
            json.writeArrayFieldStart("targets");
            for (TargetReport report : reports) {
                json.writeStartObject();
                json.writeStringField("name", report.target().label());
                json.writeBooleanField("ok", report.isGood());
                findings(json, report.common());
                json.writeArrayFieldStart("endpoints");
                for (EndpointReport endpoint : report.endpoints()) {
                    json.writeStartObject();
                    json.writeStringField("url", endpoint.url());
                    json.writeBooleanField("ok", endpoint.isGood());
                    if (endpoint.storeId() != 0) {
                        json.writeStringField("storeId", HexFormat.of().toHexDigits(endpoint.storeId()));
                    }
                    if (endpoint.meshId() != 0) {
                        json.writeNumberField("clusterId", endpoint.meshId());
                    }
                    findings(json, endpoint.findings());
                    json.writeEndObject();
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
            findings(json, compared);
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.println(text);
        out.flush();
    }

    private static void findings(JsonGenerator json, List<Finding> findings) throws IOException {
        json.writeArrayFieldStart("findings");
        for (Finding finding : findings) {
            json.writeStartObject();
            json.writeStringField("step", finding.step().toString());
            json.writeStringField("level", finding.level().name().toLowerCase(Locale.ROOT));
            json.writeStringField("says", finding.says());
            if (!finding.mend().isEmpty()) {
                json.writeStringField("mend", finding.mend());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
