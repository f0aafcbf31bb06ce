package io.meshkeep.clustermesh.kvstoremesh;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;

/** Reads JSON from others: what the standard allows, and nothing after it. */
final class Json {
    private Json() {}

    /** @throws JsonParseException if it is anything else */
    static JsonElement parse(String text) {
        if (text.isBlank()) {
            throw new JsonParseException("there is nothing");
        }
        JsonReader reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        try {
            JsonElement element = JsonParser.parseReader(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new JsonParseException("there is more after the value");
            }
            return element;
        } catch (IOException | IllegalStateException e) {
            throw new JsonParseException(e);
        }
    }
}
