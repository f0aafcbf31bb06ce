package io.meshkeep.clustermesh.sync;

import io.meshkeep.store.mesh.IpPrefix;

/** Addresses and prefixes as Go's package {@code net} reads and writes them. */
final class Ip {
    private Ip() {}

    /** The canonical text of an address, IPv4 in IPv6 as IPv4; null if it is none. */
    static String canonical(String text) {
        IpPrefix ip = text == null ? null : IpPrefix.parse(text);
        return ip == null || ip.length() != IpPrefix.NO_LENGTH
                ? null
                : mapped(ip).toString();
    }

    /** The canonical text of an address, IPv4 in IPv6 as such; null if it is none. As Go's {@code netip} has it. */
    static String exact(String text) {
        IpPrefix ip = text == null ? null : IpPrefix.parse(text);
        return ip == null || ip.length() != IpPrefix.NO_LENGTH ? null : ip.toString();
    }

    private static IpPrefix mapped(IpPrefix ip) {
        boolean mapped = ip.v6() && ip.high() == 0 && ip.low() >>> 32 == 0xffff;
        return mapped ? new IpPrefix(false, 0, ip.low() & 0xffff_ffffL, IpPrefix.NO_LENGTH) : ip;
    }

    /** A prefix with its least address, or null if the text is none. */
    static Network network(String text) {
        IpPrefix ip = text == null ? null : IpPrefix.parse(text);
        if (ip == null || ip.length() == IpPrefix.NO_LENGTH) {
            return null;
        }
        byte[] mask = new byte[ip.v6() ? 16 : 4];
        for (int bit = 0; bit < ip.length(); bit++) {
            mask[bit / 8] |= (byte) (0x80 >>> bit % 8);
        }
        int bits = ip.length();
        long high = ip.v6() ? ip.high() & ones(bits) : 0;
        long low = ip.v6() ? ip.low() & ones(bits - 64) : ip.low() & ones(bits + 32);
        return new Network(ip.v6(), new IpPrefix(ip.v6(), high, low, IpPrefix.NO_LENGTH).toString(), mask);
    }

    /** The first so many of 64 bits. */
    private static long ones(int bits) {
        return bits <= 0 ? 0 : bits >= 64 ? -1L : -1L << (64 - bits);
    }

    /** A Go {@code net.IPNet}. */
    record Network(boolean v6, String ip, byte[] mask) {}
}
