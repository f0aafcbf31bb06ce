package io.meshkeep.store.mesh;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.TreeSet;

/**
 * Reads the values of mesh keys. They come from other clusters, so nothing about them is taken for granted: lengths,
 * counts and nesting are bounded, and whatever does not fit is a {@link MalformedException}. Unknown fields are skipped;
 * of a field that occurs twice the last counts, as in Go.
 */
final class ValueReader {
    /** Longest text that is kept, in characters: twice what DNS allows for a name. */
    static final int MAX_TEXT = 512;

    /** Most labels of an identity. */
    static final int MAX_LABELS = 256;

    /** Most addresses of a node. */
    private static final int MAX_ADDRESSES = 64;

    /** Most frontends, and most backends, of a service. */
    private static final int MAX_SERVICE_ADDRESSES = 10_000;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(32)
                    .maxStringLength(64 << 10)
                    .maxNameLength(4 << 10)
                    .maxNumberLength(32)
                    .build())
            // where it came from would be quoted in the reason
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();

    private ValueReader() {}

    /** Does something with the value of a field, of which the parser is at the first token. */
    private interface Field {
        void read(String name, JsonParser json) throws IOException, MalformedException;
    }

    // ---- identities

    /** The labels of {@code source:key=value;source:key=value;}, in order and without duplicates. */
    static List<Label> labels(byte[] value) throws MalformedException {
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedException("the labels are not UTF-8");
        }
        TreeSet<Label> labels = new TreeSet<>();
        int from = 0;
        while (from < text.length()) {
            int end = text.indexOf(';', from);
            if (end < 0) {
                end = text.length();
            }
            if (end > from) {
                labels.add(label(text.substring(from, end)));
                if (labels.size() > MAX_LABELS) {
                    throw new MalformedException("more than " + MAX_LABELS + " labels");
                }
            }
            from = end + 1;
        }
        if (labels.isEmpty()) {
            throw new MalformedException("there are no labels");
        }
        return List.copyOf(labels);
    }

    private static Label label(String text) throws MalformedException {
        if (text.length() > MAX_TEXT) {
            throw new MalformedException("a label is longer than " + MAX_TEXT + " characters");
        }
        int equals = text.indexOf('=');
        int colon = text.indexOf(':');
        boolean sourced = colon >= 0 && (equals < 0 || colon < equals);
        String key = text.substring(sourced ? colon + 1 : 0, equals < 0 ? text.length() : equals);
        if (key.isEmpty()) {
            throw new MalformedException("a label has no key");
        }
        String value = equals < 0 ? "" : text.substring(equals + 1);
        return new Label(sourced && colon > 0 ? text.substring(0, colon) : "unspec", key, value);
    }

    // ---- endpoints

    /** What an IP pair says; {@code ip} as text, since it need not be one. */
    static final class IpPair {
        String ip = "";
        String mask = "";
        String hostIp = "";
        String namespace = "";
        String pod = "";
        long identity;
        int encryptionKey;

        /** The address with its mask; null if they are none. */
        IpPrefix address() {
            IpPrefix address = IpPrefix.parse(ip);
            if (address == null || address.length() != IpPrefix.NO_LENGTH || mask.isEmpty()) {
                return address;
            }
            int bits = maskBits(mask);
            return bits < 0 || bits > (address.v6() ? 128 : 32)
                    ? null
                    : new IpPrefix(address.v6(), address.high(), address.low(), bits);
        }

        /** The address as the value has it, for people. */
        String claim() {
            IpPrefix address = address();
            return address != null ? address.toString() : mask.isEmpty() ? ip : ip + " with mask " + mask;
        }
    }

    static IpPair ipPair(byte[] value) throws MalformedException {
        IpPair plain = PlainIpPair.read(value);
        return plain != null ? plain : parsedIpPair(value);
    }

    /** By the parser, which takes any JSON. */
    static IpPair parsedIpPair(byte[] value) throws MalformedException {
        IpPair pair = new IpPair();
        read(value, (name, json) -> {
            switch (name) {
                case "IP" -> pair.ip = text(name, json);
                case "Mask" -> pair.mask = text(name, json);
                case "HostIP" -> pair.hostIp = text(name, json);
                case "ID" -> pair.identity = number(name, json, 0xffff_ffffL);
                case "Key" -> pair.encryptionKey = (int) number(name, json, 255);
                case "K8sNamespace" -> pair.namespace = text(name, json);
                case "K8sPodName" -> pair.pod = text(name, json);
                default -> json.skipChildren();
            }
        });
        if (pair.ip.isEmpty()) {
            throw new MalformedException("it has no IP");
        }
        return pair;
    }

    /** The bits of a mask in base64; -1 if it is none. */
    private static int maskBits(String base64) {
        byte[] mask;
        try {
            mask = Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            return -1;
        }
        int bits = 0;
        while (bits < mask.length * 8 && (mask[bits / 8] & 0x80 >>> bits % 8) != 0) {
            bits++;
        }
        for (int i = bits; i < mask.length * 8; i++) {
            if ((mask[i / 8] & 0x80 >>> i % 8) != 0) {
                return -1;
            }
        }
        return bits;
    }

    // ---- nodes

    /** What a node's value says. */
    static final class NodeValue {
        String name = "";
        String cluster = "";
        final List<Node.Address> addresses = new ArrayList<>();
        String ipv4Cidr = "";
        String ipv6Cidr = "";
        long clusterId;
        long identity;
        String source = "";
    }

    static NodeValue node(byte[] value) throws MalformedException {
        NodeValue node = new NodeValue();
        read(value, (name, json) -> {
            switch (name) {
                case "Name" -> node.name = text(name, json);
                case "Cluster" -> node.cluster = text(name, json);
                case "IPAddresses" -> addresses(name, json, node.addresses);
                case "IPv4AllocCIDR" -> node.ipv4Cidr = cidr(name, json);
                case "IPv6AllocCIDR" -> node.ipv6Cidr = cidr(name, json);
                case "ClusterID" -> node.clusterId = number(name, json, 0xffff_ffffL);
                case "NodeIdentity" -> node.identity = number(name, json, 0xffff_ffffL);
                case "Source" -> node.source = text(name, json);
                default -> json.skipChildren();
            }
        });
        return node;
    }

    private static void addresses(String field, JsonParser json, List<Node.Address> into)
            throws IOException, MalformedException {
        into.clear();
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        require(json.currentToken() == JsonToken.START_ARRAY, field, "a list");
        while (json.nextToken() != JsonToken.END_ARRAY) {
            require(json.currentToken() == JsonToken.START_OBJECT, field, "a list of objects");
            String[] address = {"", ""};
            fields(json, (name, value) -> {
                switch (name) {
                    case "Type" -> address[0] = text(name, value);
                    case "IP" -> address[1] = text(name, value);
                    default -> value.skipChildren();
                }
            });
            into.add(new Node.Address(address[0], address[1]));
            if (into.size() > MAX_ADDRESSES) {
                throw new MalformedException("more than " + MAX_ADDRESSES + " addresses");
            }
        }
    }

    private static String cidr(String field, JsonParser json) throws IOException, MalformedException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return "";
        }
        require(json.currentToken() == JsonToken.START_OBJECT, field, "an object");
        IpPair cidr = new IpPair();
        fields(json, (name, value) -> {
            switch (name) {
                case "IP" -> cidr.ip = text(name, value);
                case "Mask" -> cidr.mask = text(name, value);
                default -> value.skipChildren();
            }
        });
        return cidr.ip.isEmpty() ? "" : cidr.claim();
    }

    // ---- services

    /** What the value of a service, or of its export, says. */
    static final class ServiceValue {
        String cluster = "";
        String namespace = "";
        String name = "";
        boolean shared;
        boolean includeExternal;
        List<String> frontends = List.of();
        List<String> backends = List.of();
        String type = "";
    }

    static ServiceValue service(byte[] value) throws MalformedException {
        ServiceValue service = new ServiceValue();
        read(value, (name, json) -> {
            switch (name) {
                case "cluster" -> service.cluster = text(name, json);
                case "namespace" -> service.namespace = text(name, json);
                case "name" -> service.name = text(name, json);
                case "shared" -> service.shared = bool(name, json);
                case "includeExternal" -> service.includeExternal = bool(name, json);
                case "frontends" -> service.frontends = keys(name, json);
                case "backends" -> service.backends = keys(name, json);
                case "type" -> service.type = text(name, json);
                default -> json.skipChildren();
            }
        });
        return service;
    }

    /** The names of an object's fields, which are addresses. */
    private static List<String> keys(String field, JsonParser json) throws IOException, MalformedException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return List.of();
        }
        require(json.currentToken() == JsonToken.START_OBJECT, field, "an object");
        TreeSet<String> keys = new TreeSet<>();
        fields(json, (name, value) -> {
            keys.add(bounded(field, name));
            if (keys.size() > MAX_SERVICE_ADDRESSES) {
                throw new MalformedException("more than " + MAX_SERVICE_ADDRESSES + " " + field);
            }
            value.skipChildren();
        });
        return List.copyOf(keys);
    }

    // ---- JSON

    private static void read(byte[] value, Field field) throws MalformedException {
        requireUtf8Object(value);
        try (JsonParser json = JSON.createParser(value)) {
            require(json.nextToken() == JsonToken.START_OBJECT, "the value", "an object");
            fields(json, field);
            if (json.nextToken() != null) {
                throw new MalformedException("there is something after the object");
            }
        } catch (JsonProcessingException e) {
            long at = e.getLocation() == null ? -1 : e.getLocation().getByteOffset();
            throw new MalformedException("not JSON" + (at < 0 ? "" : " at byte " + at) + ": " + e.getOriginalMessage());
        } catch (IOException e) {
            // reading from memory: only what the parser finds wrong with the bytes
            throw new MalformedException("not JSON: " + e.getMessage());
        }
    }

    /** The parser would guess at UTF-16 and byte order marks, which Cilium's readers refuse. */
    private static void requireUtf8Object(byte[] value) throws MalformedException {
        int at = 0;
        while (at < value.length && (value[at] == ' ' || value[at] == '\n' || value[at] == '\r' || value[at] == '\t')) {
            at++;
        }
        if (at == value.length || value[at] != '{' || at + 1 < value.length && value[at + 1] == 0) {
            throw new MalformedException("not a JSON object");
        }
    }

    private static void fields(JsonParser json, Field field) throws IOException, MalformedException {
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            field.read(name, json);
        }
    }

    private static void require(boolean condition, String field, String what) throws MalformedException {
        if (!condition) {
            throw new MalformedException(field + " is not " + what);
        }
    }

    private static String text(String field, JsonParser json) throws IOException, MalformedException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return "";
        }
        require(json.currentToken() == JsonToken.VALUE_STRING, field, "text");
        return bounded(field, json.getText());
    }

    private static String bounded(String field, String text) throws MalformedException {
        if (text.length() > MAX_TEXT) {
            throw new MalformedException(field + " is longer than " + MAX_TEXT + " characters");
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                // an escape can make half a character, which could not be sent on
                return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
            }
        }
        return text;
    }

    private static long number(String field, JsonParser json, long max) throws IOException, MalformedException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return 0;
        }
        require(json.currentToken() == JsonToken.VALUE_NUMBER_INT, field, "a whole number");
        if (json.getTextLength() > 10) {
            throw new MalformedException(field + " is too large");
        }
        long number = json.getLongValue();
        require(number >= 0 && number <= max, field, "between 0 and " + max);
        return number;
    }

    private static boolean bool(String field, JsonParser json) throws MalformedException {
        require(
                json.currentToken() == JsonToken.VALUE_TRUE
                        || json.currentToken() == JsonToken.VALUE_FALSE
                        || json.currentToken() == JsonToken.VALUE_NULL,
                field,
                "true or false");
        return json.currentToken() == JsonToken.VALUE_TRUE;
    }
}
