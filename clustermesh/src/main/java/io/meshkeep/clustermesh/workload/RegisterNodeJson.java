package io.meshkeep.clustermesh.workload;

import com.google.protobuf.ByteString;
import io.meshkeep.clustermesh.sync.GoJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Register nodes in the JSON that Go's encoder makes of Cilium's {@code Node}, byte for byte: all fields, in order. */
public final class RegisterNodeJson {
    /** A node takes less than a kilobyte; what a VM may write is up to the server's limit of a request. */
    private static final int MAX_BYTES = 256 << 10;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(32).build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    /** The text is not a node. */
    public static final class MalformedException extends Exception {
        private static final long serialVersionUID = 1;

        MalformedException(String message) {
            super(message);
        }

        MalformedException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private RegisterNodeJson() {}

    /** @throws MalformedException with one line that says what is wrong, which repeats nothing of the value */
    public static RegisterNode read(ByteString value) throws MalformedException {
        if (value.size() > MAX_BYTES) {
            throw new MalformedException("the value has " + value.size() + " bytes");
        }
        JsonNode json;
        try {
            json = MAPPER.readTree(value.newInput());
        } catch (JacksonException e) {
            throw new MalformedException("the value is not JSON", e);
        }
        if (json == null || !json.isObject()) {
            throw new MalformedException("the value is not a JSON object");
        }
        return new RegisterNode(
                text(json, "Name"),
                text(json, "Cluster"),
                addresses(json.path("IPAddresses")),
                cidr(json.path("IPv4AllocCIDR"), "IPv4AllocCIDR"),
                cidrs(json, "IPv4SecondaryAllocCIDRs"),
                cidr(json.path("IPv6AllocCIDR"), "IPv6AllocCIDR"),
                cidrs(json, "IPv6SecondaryAllocCIDRs"),
                ip(json, "IPv4HealthIP"),
                ip(json, "IPv6HealthIP"),
                ip(json, "IPv4IngressIP"),
                ip(json, "IPv6IngressIP"),
                number(json, "ClusterID", 0xffff_ffffL),
                text(json, "Source"),
                (int) number(json, "EncryptionKey", 0xff),
                map(json, "Labels"),
                map(json, "Annotations"),
                number(json, "NodeIdentity", 0xffff_ffffL),
                text(json, "WireguardPubKey"),
                text(json, "BootID"));
    }

    private static String text(JsonNode json, String field) throws MalformedException {
        JsonNode value = json.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return "";
        }
        if (!value.isString()) {
            throw new MalformedException(field + " is not text");
        }
        return value.stringValue();
    }

    private static long number(JsonNode json, String field, long max) throws MalformedException {
        JsonNode value = json.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return 0;
        }
        if (!value.isIntegralNumber()
                || !value.canConvertToLong()
                || value.longValue() < 0
                || value.longValue() > max) {
            throw new MalformedException(field + " is not a number up to " + max);
        }
        return value.longValue();
    }

    private static String ip(JsonNode json, String field) throws MalformedException {
        String text = text(json, field);
        String canonical = text.isEmpty() ? "" : Cidr.canonical(text);
        if (canonical == null) {
            throw new MalformedException(field + " is not an IP address");
        }
        return canonical;
    }

    private static List<RegisterNode.Address> addresses(JsonNode json) throws MalformedException {
        if (json.isMissingNode() || json.isNull()) {
            return null;
        }
        if (!json.isArray()) {
            throw new MalformedException("IPAddresses is not a list");
        }
        List<RegisterNode.Address> addresses = new ArrayList<>();
        for (JsonNode address : json) {
            String ip = ip(address, "IP");
            if (ip.isEmpty()) {
                throw new MalformedException("IPAddresses holds one without IP");
            }
            addresses.add(new RegisterNode.Address(text(address, "Type"), ip));
        }
        return List.copyOf(addresses);
    }

    private static Cidr cidr(JsonNode json, String field) throws MalformedException {
        if (json.isMissingNode() || json.isNull()) {
            return null;
        }
        Cidr cidr = Cidr.of(text(json, "IP"), text(json, "Mask"));
        if (cidr == null) {
            throw new MalformedException(field + " is not a range of addresses");
        }
        return cidr;
    }

    private static List<Cidr> cidrs(JsonNode json, String field) throws MalformedException {
        JsonNode list = json.path(field);
        if (list.isMissingNode() || list.isNull()) {
            return null;
        }
        if (!list.isArray()) {
            throw new MalformedException(field + " is not a list");
        }
        List<Cidr> cidrs = new ArrayList<>();
        for (JsonNode cidr : list) {
            if (cidr.isNull()) {
                throw new MalformedException(field + " holds null");
            }
            cidrs.add(cidr(cidr, field));
        }
        return List.copyOf(cidrs);
    }

    private static SortedMap<String, String> map(JsonNode json, String field) throws MalformedException {
        JsonNode map = json.path(field);
        if (map.isMissingNode() || map.isNull()) {
            return null;
        }
        if (!map.isObject()) {
            throw new MalformedException(field + " is not an object");
        }
        SortedMap<String, String> read = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            read.put(entry.getKey(), text(map, entry.getKey()));
        }
        return read;
    }

    /** The bytes that Go would write. */
    public static ByteString write(RegisterNode node) {
        GoJson out = new GoJson().open();
        out.name("Name").value(node.name());
        out.name("Cluster").value(node.cluster());
        list(out, "IPAddresses", node.addresses(), RegisterNodeJson::address);
        cidr(out.name("IPv4AllocCIDR"), node.ipv4AllocCidr());
        list(out, "IPv4SecondaryAllocCIDRs", node.ipv4SecondaryAllocCidrs(), RegisterNodeJson::cidr);
        cidr(out.name("IPv6AllocCIDR"), node.ipv6AllocCidr());
        list(out, "IPv6SecondaryAllocCIDRs", node.ipv6SecondaryAllocCidrs(), RegisterNodeJson::cidr);
        out.name("IPv4HealthIP").value(node.ipv4HealthIp());
        out.name("IPv6HealthIP").value(node.ipv6HealthIp());
        out.name("IPv4IngressIP").value(node.ipv4IngressIp());
        out.name("IPv6IngressIP").value(node.ipv6IngressIp());
        out.name("ClusterID").value(node.clusterId());
        out.name("Source").value(node.source());
        out.name("EncryptionKey").value(node.encryptionKey());
        out.name("Labels").value(node.labels());
        out.name("Annotations").value(node.annotations());
        out.name("NodeIdentity").value(node.identity());
        out.name("WireguardPubKey").value(node.wireguardPublicKey());
        out.name("BootID").value(node.bootId());
        return out.close().bytes();
    }

    private static <T> void list(GoJson out, String name, List<T> items, BiConsumer<GoJson, T> item) {
        out.name(name);
        if (items == null) {
            out.nothing();
            return;
        }
        out.openList();
        items.forEach(each -> item.accept(out, each));
        out.closeList();
    }

    private static void address(GoJson out, RegisterNode.Address address) {
        out.open()
                .name("Type")
                .value(address.type())
                .name("IP")
                .value(address.ip())
                .close();
    }

    private static void cidr(GoJson out, Cidr cidr) {
        if (cidr == null) {
            out.nothing();
        } else {
            out.open()
                    .name("IP")
                    .value(cidr.ip())
                    .name("Mask")
                    .value(cidr.mask())
                    .close();
        }
    }
}
