package io.meshkeep.server.abuse;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Headers of HTTP/2 in the simplest form there is (RFC 7541, 6.2.2): literals, with neither index nor Huffman code. */
final class Hpack {
    private Hpack() {}

    /** @param namesAndValues each shorter than 127 bytes */
    static byte[] literals(String... namesAndValues) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            out.write(0);
            string(out, namesAndValues[i]);
            string(out, namesAndValues[i + 1]);
        }
        return out.toByteArray();
    }

    private static void string(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }
}
