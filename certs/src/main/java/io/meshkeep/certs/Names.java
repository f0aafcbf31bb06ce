package io.meshkeep.certs;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import javax.security.auth.x500.X500Principal;

/** Names of subjects and issuers, as people say them. */
public final class Names {
    /** 2.5.4.3 of RFC 5280. */
    private static final byte[] COMMON_NAME = {0x55, 0x04, 0x03};

    /** By ASN.1's numbers: UTF8String, NumericString, PrintableString, TeletexString, IA5String, BMPString. */
    private static final Map<Integer, Charset> CHARSETS = Map.of(
            12,
            StandardCharsets.UTF_8,
            18,
            StandardCharsets.US_ASCII,
            19,
            StandardCharsets.US_ASCII,
            20,
            StandardCharsets.ISO_8859_1,
            22,
            StandardCharsets.US_ASCII,
            30,
            StandardCharsets.UTF_16BE);

    private Names() {}

    /** The common name, which is what etcd takes for the user; empty if there is none. */
    public static String commonName(X509Certificate certificate) {
        return commonName(certificate.getSubjectX500Principal());
    }

    /** Of several the last one, as Go has it, which etcd is written in: who reads another has another user come in. */
    private static String commonName(X500Principal principal) {
        String last = "";
        try {
            Der parts = new Der(principal.getEncoded()).enter(Der.SEQUENCE);
            while (parts.hasNext()) {
                Der part = parts.enter(Der.SET);
                while (part.hasNext()) {
                    Der attribute = part.enter(Der.SEQUENCE);
                    if (Arrays.equals(attribute.read(Der.OBJECT_IDENTIFIER), COMMON_NAME)) {
                        last = text(attribute);
                    }
                }
            }
        } catch (MalformedException e) {
            throw new IllegalStateException("a name that was read cannot be read again", e);
        }
        return last;
    }

    /** A text of one of the types that Go knows; any other, and one that is broken, is nobody's name. */
    private static String text(Der attribute) throws MalformedException {
        int type = attribute.nextTag();
        Charset charset = CHARSETS.get(type);
        if (charset == null) {
            return "";
        }
        try {
            return charset.newDecoder()
                    .decode(ByteBuffer.wrap(attribute.read(type)))
                    .toString();
        } catch (CharacterCodingException e) {
            return "";
        }
    }

    /** Whether a certificate is for a host: one of its DNS names, with wildcards, or addresses. */
    public static boolean isFor(X509Certificate certificate, String host) {
        return SubjectNames.match(certificate, host);
    }

    /** The common name, or the whole name if there is none. */
    static String shortened(X500Principal principal) {
        String commonName = commonName(principal);
        return commonName.isEmpty() ? principal.getName() : commonName;
    }

    static String list(Collection<X509Certificate> certificates) {
        return certificates.isEmpty()
                ? "none"
                : certificates.stream()
                        .map(certificate -> "\"" + shortened(certificate.getSubjectX500Principal()) + "\"")
                        .distinct()
                        .collect(Collectors.joining(", "));
    }
}
