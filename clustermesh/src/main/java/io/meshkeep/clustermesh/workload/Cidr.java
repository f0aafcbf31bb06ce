package io.meshkeep.clustermesh.workload;

import io.meshkeep.store.mesh.IpPrefix;
import java.math.BigInteger;
import java.util.Base64;

/**
 * A range of addresses, as Go's {@code net.IPNet} holds one.
 *
 * @param ip its first address, in canonical text
 * @param bits how many bits it fixes
 */
public record Cidr(String ip, int bits) {
    /**
     * Reads {@code address/bits} and cuts the address down to the first of its range.
     *
     * @return null if the text is not one
     */
    public static Cidr parse(String text) {
        IpPrefix prefix = IpPrefix.parse(text);
        if (prefix == null || prefix.length() == IpPrefix.NO_LENGTH) {
            return null;
        }
        int bits = prefix.length();
        IpPrefix first = prefix.v6()
                ? new IpPrefix(true, prefix.high() & top(bits), prefix.low() & top(bits - 64), IpPrefix.NO_LENGTH)
                : new IpPrefix(false, 0, prefix.low() & top(bits + 32), IpPrefix.NO_LENGTH);
        return new Cidr(first.toString(), bits);
    }

    /** The first so many of 64 bits. */
    private static long top(int bits) {
        return bits <= 0 ? 0 : bits >= 64 ? -1L : -1L << (64 - bits);
    }

    /** The range of Go's JSON; null if the parts make none. */
    static Cidr of(String ip, String base64Mask) {
        byte[] mask;
        try {
            mask = Base64.getDecoder().decode(base64Mask);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
        int bits = new BigInteger(1, mask).bitCount();
        IpPrefix prefix = IpPrefix.parse(ip + "/" + bits);
        Cidr cidr = prefix == null ? null : new Cidr(canonical(ip), bits);
        return cidr != null && cidr.mask().equals(base64Mask) ? cidr : null;
    }

    /** The mask in base64, as Go's JSON has it. */
    String mask() {
        byte[] mask = new byte[isV6() ? 16 : 4];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = (byte) maskByte(bits, i);
        }
        return Base64.getEncoder().encodeToString(mask);
    }

    private static int maskByte(int bits, int index) {
        int inByte = Math.max(0, Math.min(8, bits - 8 * index));
        return 0xff << (8 - inByte) & 0xff;
    }

    public boolean isV6() {
        return ip.indexOf(':') >= 0;
    }

    /** Whether there is an address that both hold. */
    public boolean overlaps(Cidr other) {
        IpPrefix mine = IpPrefix.parse(toString());
        IpPrefix others = IpPrefix.parse(other.toString());
        return mine.contains(others) || others.contains(mine);
    }

    /** The text of an address in the form in which Go writes it; null if it is none. */
    static String canonical(String ip) {
        IpPrefix parsed = ip.indexOf('/') >= 0 ? null : IpPrefix.parse(ip);
        return parsed == null ? null : parsed.toString();
    }

    @Override
    public String toString() {
        return ip + "/" + bits;
    }
}
