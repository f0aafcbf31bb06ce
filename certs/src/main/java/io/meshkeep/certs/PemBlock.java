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
    private final String base64;
    private final boolean encrypted;

    private PemBlock(String type, String base64, boolean encrypted) {
        this.type = type;
        this.base64 = base64;
        this.encrypted = encrypted;
    }

    /** What follows {@code BEGIN}, such as {@code CERTIFICATE}. */
    String type() {
        return type;
    }

    byte[] content() throws MalformedException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a block is not in base64", e);
        }
    }

    /** Whether a header says that the content is encrypted with a password. */
    boolean isEncrypted() {
        return encrypted;
    }

    /** All blocks of a text; what stands between them is passed over. */
    static List<PemBlock> readAll(String text) throws MalformedException {
        List<PemBlock> blocks = new ArrayList<>();
        Iterator<String> lines = text.lines().iterator();
        PemBlock block;
        while ((block = readNext(lines)) != null) {
            blocks.add(block);
        }
        return blocks;
    }

    /** The next block in the lines of a text, or null; the lines behind it are not looked at. */
    static PemBlock readNext(Iterator<String> lines) throws MalformedException {
        while (lines.hasNext()) {
            String line = lines.next().stripTrailing();
            if (line.startsWith(BEGIN) && line.endsWith(DASHES) && line.length() > BEGIN.length() + DASHES.length()) {
                return read(line.substring(BEGIN.length(), line.length() - DASHES.length()), lines);
            }
        }
        return null;
    }

    private static PemBlock read(String type, Iterator<String> lines) throws MalformedException {
        String end = END + type + DASHES;
        StringBuilder base64 = new StringBuilder();
        boolean encrypted = false;
        while (lines.hasNext()) {
            String line = lines.next();
            if (line.startsWith(end)) {
                return new PemBlock(type, base64.toString(), encrypted);
            }
            if (line.indexOf(':') >= 0) {
                encrypted |= line.startsWith("Proc-Type:") && line.endsWith("ENCRYPTED");
            } else {
                line.chars().filter(c -> !Character.isWhitespace(c)).forEach(c -> base64.append((char) c));
            }
        }
        throw new MalformedException("a block does not end");
    }

    /** The text of a block. */
    static String write(String type, byte[] content) {
        return BEGIN + type + DASHES + "\n" + BASE64.encodeToString(content) + "\n" + END + type + DASHES + "\n";
    }
}
