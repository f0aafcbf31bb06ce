package io.meshkeep.certs;

import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;

/** A block of a PEM text: RFC 7468, and the headers that RFC 1421 has before the content. */
final class PemBlock {
    private static final String BEGIN = "-----BEGIN ";
    private static final String END = "-----END ";
    private static final String DASHES = "-----";
    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, new byte[] {'\n'});

    private final String type;
    private final byte[] content;
    private final boolean encrypted;

    private PemBlock(String type, byte[] content, boolean encrypted) {
        this.type = type;
        this.content = content;
        this.encrypted = encrypted;
    }

    /** What follows {@code BEGIN}, such as {@code CERTIFICATE}. */
    String type() {
        return type;
    }

    byte[] content() {
        return content;
    }

    /** Whether a header says that the content is encrypted with a password. */
    boolean isEncrypted() {
        return encrypted;
    }

    /** All blocks of a text; what stands between them is passed over. */
    static List<PemBlock> readAll(String text) throws MalformedException {
        List<PemBlock> blocks = new ArrayList<>();
        Iterator<String> lines = text.lines().iterator();
        while (lines.hasNext()) {
            String line = lines.next().stripTrailing();
            if (line.startsWith(BEGIN) && line.endsWith(DASHES) && line.length() > BEGIN.length() + DASHES.length()) {
                blocks.add(read(line.substring(BEGIN.length(), line.length() - DASHES.length()), lines));
            }
        }
        return blocks;
    }

    private static PemBlock read(String type, Iterator<String> lines) throws MalformedException {
        String end = END + type + DASHES;
        StringBuilder base64 = new StringBuilder();
        boolean encrypted = false;
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.startsWith(end)) {
                return new PemBlock(type, decode(base64.toString()), encrypted);
            }
            if (line.indexOf(':') >= 0) {
                encrypted |= line.startsWith("Proc-Type:") && line.endsWith("ENCRYPTED");
            } else {
                base64.append(line.strip());
            }
        }
        throw new MalformedException("a block does not end");
    }

    private static byte[] decode(String base64) throws MalformedException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a block is not in base64", e);
        }
    }

    /** The text of a block. */
    static String write(String type, byte[] content) {
        return BEGIN + type + DASHES + "\n" + BASE64.encodeToString(content) + "\n" + END + type + DASHES + "\n";
    }
}
