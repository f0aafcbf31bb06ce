package io.meshkeep.store.mesh;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a key of the mesh names. The forms are those of Cilium 1.16 to 1.18.
 *
 * @param cluster the cluster in the key; empty where the form has none
 * @param namespace of a service; otherwise empty
 * @param name of a node or service, or the text of an identity's number or an endpoint's address
 */
record MeshKey(MeshKind kind, Scope scope, String cluster, String namespace, String name) {
    private static final byte[] STATE = ascii("cilium/state/");
    private static final byte[] CACHE = ascii("cilium/cache/");

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static boolean startsWith(byte[] key, int from, byte[] prefix) {
        return key.length - from >= prefix.length
                && Arrays.equals(key, from, from + prefix.length, prefix, 0, prefix.length);
    }

    /**
     * Reads a key.
     *
     * @return null if it is none of the mesh
     * @throws MalformedException if it lies where only keys of the mesh lie and is not one
     */
    static MeshKey parse(byte[] key) throws MalformedException {
        boolean cached = startsWith(key, 0, CACHE);
        if (!cached && !startsWith(key, 0, STATE)) {
            return null;
        }
        int from = STATE.length;
        for (MeshKind kind : MeshKind.ALL) {
            if (startsWith(key, from, kind.directory()) && !(cached && kind == MeshKind.REGISTRATION)) {
                String rest = text(key, from + kind.directory().length);
                return switch (kind) {
                    case IDENTITY -> cached ? cachedIdentity(rest) : identity(Scope.LOCAL, rest);
                    case ENDPOINT -> cached ? cachedEndpoint(rest) : endpoint(rest);
                    case NODE -> named(kind, cached, rest, 2);
                    case REGISTRATION -> named(kind, false, rest, 1);
                    case SERVICE, SERVICE_EXPORT -> named(kind, cached, rest, 3);
                };
            }
        }
        return null;
    }

    /** Strict: what is not UTF-8 would not come out of the index as it went in. */
    private static String text(byte[] key, int from) throws MalformedException {
        for (int i = from; i < key.length; i++) {
            if (key[i] < 0) {
                try {
                    return StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(key, from, key.length - from))
                            .toString();
                } catch (CharacterCodingException e) {
                    throw new MalformedException("the key is not UTF-8");
                }
            }
        }
        return new String(key, from, key.length - from, StandardCharsets.ISO_8859_1);
    }

    private static MeshKey cachedIdentity(String rest) throws MalformedException {
        int slash = rest.indexOf('/');
        if (slash <= 0) {
            throw new MalformedException("the key names no cluster");
        }
        return identity(Scope.cached(rest.substring(0, slash)), rest.substring(slash + 1));
    }

    private static MeshKey identity(Scope scope, String rest) {
        // Beside id/ there are value/ and locks/ when Cilium allocates identities in the store. They say nothing more.
        return rest.startsWith("id/") ? new MeshKey(MeshKind.IDENTITY, scope, "", "", rest.substring(3)) : null;
    }

    private static MeshKey cachedEndpoint(String rest) throws MalformedException {
        int slash = rest.indexOf('/');
        if (slash <= 0) {
            throw new MalformedException("the key names no cluster");
        }
        return new MeshKey(
                MeshKind.ENDPOINT, Scope.cached(rest.substring(0, slash)), "", "", rest.substring(slash + 1));
    }

    private static MeshKey endpoint(String rest) throws MalformedException {
        if (!rest.startsWith("default/")) {
            throw new MalformedException("the address space in the key is not \"default\"");
        }
        return new MeshKey(MeshKind.ENDPOINT, Scope.LOCAL, "", "", rest.substring("default/".length()));
    }

    private static MeshKey named(MeshKind kind, boolean cached, String rest, int parts) throws MalformedException {
        String[] names = rest.split("/", -1);
        boolean whole = names.length == parts;
        for (String name : names) {
            whole &= !name.isEmpty();
        }
        if (!whole) {
            throw new MalformedException("the key does not have " + parts + " names after its kind");
        }
        Scope scope = cached ? Scope.cached(names[0]) : Scope.LOCAL;
        return switch (parts) {
            case 1 -> new MeshKey(kind, scope, "", "", names[0]);
            case 2 -> new MeshKey(kind, scope, names[0], "", names[1]);
            default -> new MeshKey(kind, scope, names[0], names[1], names[2]);
        };
    }

    /** The number of an identity's key. */
    long identityNumber() throws MalformedException {
        boolean digits = !name.isEmpty() && name.length() <= 10 && name.charAt(0) != '0';
        for (int i = 0; i < name.length() && digits; i++) {
            digits = name.charAt(i) >= '0' && name.charAt(i) <= '9';
        }
        long number = digits ? Long.parseLong(name) : 0;
        if (number < 1 || number > 0xffff_ffffL) {
            throw new MalformedException("the key's last part is not the number of an identity");
        }
        return number;
    }

    /** The address of an endpoint's key. */
    IpPrefix address() throws MalformedException {
        IpPrefix ip = IpPrefix.parse(name);
        // Written in two ways, one address would have two keys, and none of them would be the one that Cilium writes.
        if (ip == null || !ip.toString().equals(name) || ip.length() >= 0 && !ip.equals(ip.cut(ip.length()))) {
            throw new MalformedException("the key's last part is not an IP address or prefix in canonical form");
        }
        return ip;
    }
}
