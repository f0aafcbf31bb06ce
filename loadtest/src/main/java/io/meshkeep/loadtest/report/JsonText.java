package io.meshkeep.loadtest.report;

import java.math.BigDecimal;
import java.math.MathContext;

/** Pieces of JSON. */
public final class JsonText {
    private static final MathContext FOUR_DIGITS = new MathContext(4);

    private JsonText() {}

    /** A number of four digits; null for what JSON does not know: infinity, and what is no number. */
    public static String number(double value) {
        return Double.isFinite(value)
                ? new BigDecimal(value).round(FOUR_DIGITS).stripTrailingZeros().toPlainString()
                : "null";
    }

    /** A text, quoted. */
    public static String string(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                json.append('\\').append((char) c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", c));
            } else {
                json.append((char) c);
            }
        });
        return json.append('"').toString();
    }
}
