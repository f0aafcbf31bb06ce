package io.meshkeep.server.cli.mesh;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Messages as JSON. Every field is there, also when it is empty, under the name that protobuf's JSON mapping gives it;
 * numbers are numbers, and bytes are text.
 */
final class JsonOutput {
    private static final JsonFactory FACTORY = new JsonFactory();

    private final PrintStream out;
    private final JsonGenerator json;

    JsonOutput(PrintStream out) {
        this.out = out;
        try {
            // the stream is the process's own: it stays open
            json = FACTORY.createGenerator((OutputStream) out).disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.setRootValueSeparator(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Something that writes. */
    interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    void write(Body body) {
        try {
            body.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void message(Message message) {
        write(to -> object(to, message));
    }

    void endLine() {
        write(to -> to.flush());
        out.println();
        out.flush();
    }

    static void object(JsonGenerator json, Message message) throws IOException {
        json.writeStartObject();
        for (FieldDescriptor field : message.getDescriptorForType().getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                    && !field.isRepeated()
                    && !message.hasField(field)) {
                continue;
            }
            json.writeFieldName(field.getJsonName());
            Object value = message.getField(field);
            if (field.isRepeated()) {
                json.writeStartArray();
                for (Object element : (List<?>) value) {
                    value(json, field, element);
                }
                json.writeEndArray();
            } else {
                value(json, field, value);
            }
        }
        json.writeEndObject();
    }

    private static void value(JsonGenerator json, FieldDescriptor field, Object value) throws IOException {
        if (value instanceof Message message) {
            object(json, message);
        } else if (value instanceof Integer number) {
            boolean unsigned = field.getType() == FieldDescriptor.Type.UINT32;
            json.writeNumber(unsigned ? Integer.toUnsignedLong(number) : (long) number);
        } else if (value instanceof Long number) {
            json.writeNumber(number);
        } else if (value instanceof Boolean bool) {
            json.writeBoolean(bool);
        } else if (value instanceof ByteString bytes) {
            json.writeString(bytes.toString(StandardCharsets.UTF_8));
        } else if (value instanceof EnumValueDescriptor constant) {
            json.writeString(constant.getName());
        } else {
            json.writeString((String) value);
        }
    }
}
