package io.meshkeep.store.mesh;

/**
 * An IP address, or a prefix of addresses. Text is read strictly: no names, no shortened IPv4, no leading zeros, no
 * zones.
 *
 * @param v6 whether it is an IPv6 address
 * @param high the first eight bytes of an IPv6 address; 0 for IPv4
 * @param low the last eight bytes of an IPv6 address, or the four of an IPv4 address
 * @param length bits of the prefix, or {@link #NO_LENGTH} if none was given, which means one address
 */
public record IpPrefix(boolean v6, long high, long low, int length) {
    /** Stands for an address that was written without a prefix length. */
    public static final int NO_LENGTH = -1;

    /**
     * Reads {@code address} or {@code address/bits}.
     *
     * @return null if the text is neither
     */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        String address = slash < 0 ? text : text.substring(0, slash);
        boolean v6 = address.indexOf(':') >= 0;
        int length = NO_LENGTH;
        if (slash >= 0) {
            length = decimal(text, slash + 1, text.length(), v6 ? 128 : 32);
            if (length < 0) {
                return null;
            }
        }
        if (!v6) {
            long low = v4(address, 0);
            return low < 0 ? null : new IpPrefix(false, 0, low, length);
        }
        return v6(address, length);
    }

    /** A number without sign or leading zeros; -1 if it is not one, or above the maximum. */
    private static int decimal(String text, int from, int to, int max) {
        if (from == to || to - from > 3 || to - from > 1 && text.charAt(from) == '0') {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (c < '0' || c > '9') {
                return -1;
            }
            number = number * 10 + (c - '0');
        }
        return number <= max ? number : -1;
    }

    private static long v4(String text, int from) {
        long address = 0;
        int at = from;
        for (int i = 0; i < 4; i++) {
            int end = i == 3 ? text.length() : text.indexOf('.', at);
            int octet = end < 0 ? -1 : decimal(text, at, end, 255);
            if (octet < 0) {
                return -1;
            }
            address = address << 8 | octet;
            at = end + 1;
        }
        return address;
    }

    private static IpPrefix v6(String text, int length) {
        int[] groups = new int[8];
        int count = 0;
        int gap = -1;
        int at = 0;
        if (text.startsWith("::")) {
            gap = 0;
            at = 2;
        }
        while (at < text.length()) {
            if (count == 8) {
                return null;
            }
            int end = text.indexOf(':', at);
            if (end < 0) {
                end = text.length();
                if (text.indexOf('.', at) >= 0) {
                    long v4 = count <= 6 ? v4(text, at) : -1;
                    if (v4 < 0) {
                        return null;
                    }
                    groups[count++] = (int) (v4 >>> 16);
                    groups[count++] = (int) (v4 & 0xffff);
                    break;
                }
            }
            int group = hex(text, at, end);
            if (group < 0) {
                return null;
            }
            groups[count++] = group;
            at = end;
            if (at < text.length()) {
                at++;
                if (at == text.length()) {
                    return null;
                }
                if (text.charAt(at) == ':') {
                    if (gap >= 0) {
                        return null;
                    }
                    gap = count;
                    at++;
                }
            }
        }
        if (gap < 0 ? count != 8 : count > 7) {
            return null;
        }
        if (gap >= 0) {
            int moved = count - gap;
            System.arraycopy(groups, gap, groups, 8 - moved, moved);
            java.util.Arrays.fill(groups, gap, 8 - moved, 0);
        }
        long high = 0;
        long low = 0;
        for (int i = 0; i < 4; i++) {
            high = high << 16 | groups[i];
            low = low << 16 | groups[i + 4];
        }
        return new IpPrefix(true, high, low, length);
    }

    private static int hex(String text, int from, int to) {
        if (from == to || to - from > 4) {
            return -1;
        }
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) < 128 ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                return -1;
            }
            number = number << 4 | digit;
        }
        return number;
    }

    /** An address from its bytes, or null if they are neither 4 nor 16. */
    static IpPrefix of(byte[] bytes) {
        if (bytes.length != 4 && bytes.length != 16) {
            return null;
        }
        long high = 0;
        long low = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (i < bytes.length - 8) {
                high = high << 8 | bytes[i] & 0xff;
            } else {
                low = low << 8 | bytes[i] & 0xff;
            }
        }
        return new IpPrefix(bytes.length == 16, high, low, NO_LENGTH);
    }

    /** Bits that the prefix fixes: all of a single address. */
    public int bits() {
        return length == NO_LENGTH ? width() : length;
    }

    private int width() {
        return v6 ? 128 : 32;
    }

    /** The least address of the prefix, without a prefix length. */
    IpPrefix first() {
        int bits = bits();
        return v6
                ? new IpPrefix(true, high & mask(bits), low & mask(bits - 64), NO_LENGTH)
                : new IpPrefix(false, 0, low & (bits == 0 ? 0 : 0xffff_ffffL << (32 - bits) & 0xffff_ffffL), NO_LENGTH);
    }

    /** The greatest address of the prefix, without a prefix length. */
    IpPrefix last() {
        IpPrefix first = first();
        int bits = bits();
        return v6
                ? new IpPrefix(true, first.high | ~mask(bits), first.low | ~mask(bits - 64), NO_LENGTH)
                : new IpPrefix(false, 0, first.low | (bits == 0 ? 0xffff_ffffL : 0xffff_ffffL >>> bits), NO_LENGTH);
    }

    /** This prefix with fewer bits, of its least address. */
    IpPrefix cut(int bits) {
        IpPrefix first = new IpPrefix(v6, high, low, bits).first();
        return new IpPrefix(v6, first.high, first.low, bits);
    }

    /** The first so many of 64 bits. */
    private static long mask(int bits) {
        return bits <= 0 ? 0 : bits >= 64 ? -1L : -1L << (64 - bits);
    }

    /** Whether every address of the other prefix is one of this. */
    public boolean contains(IpPrefix other) {
        return v6 == other.v6
                && bits() <= other.bits()
                && compareAddress(v6, other.high, other.low, first()) >= 0
                && compareAddress(v6, other.high, other.low, last()) <= 0;
    }

    /** Compares an address with that of a prefix: IPv4 first, then by the bytes. */
    static int compareAddress(boolean v6, long high, long low, IpPrefix other) {
        return compareAddress(v6, high, low, other.v6, other.high, other.low);
    }

    static int compareAddress(boolean v6, long high, long low, boolean otherV6, long otherHigh, long otherLow) {
        if (v6 != otherV6) {
            return v6 ? 1 : -1;
        }
        int byHigh = Long.compareUnsigned(high, otherHigh);
        return byHigh != 0 ? byHigh : Long.compareUnsigned(low, otherLow);
    }

    /** The canonical text: as RFC 5952 has it for IPv6, with {@code /bits} if there is a length. */
    @Override
    public String toString() {
        return text(v6, high, low, length);
    }

    static String text(boolean v6, long high, long low, int length) {
        StringBuilder text = new StringBuilder(24);
        if (!v6) {
            appendV4(text, low);
        } else if (high == 0 && low >>> 32 == 0xffff) {
            appendV4(text.append("::ffff:"), low & 0xffff_ffffL);
        } else {
            appendV6(text, high, low);
        }
        if (length != NO_LENGTH) {
            text.append('/').append(length);
        }
        return text.toString();
    }

    private static void appendV4(StringBuilder text, long address) {
        text.append(address >>> 24)
                .append('.')
                .append(address >>> 16 & 0xff)
                .append('.')
                .append(address >>> 8 & 0xff)
                .append('.')
                .append(address & 0xff);
    }

    private static void appendV6(StringBuilder text, long high, long low) {
        int zerosFrom = -1;
        int zeros = 1;
        for (int i = 0; i < 8; i++) {
            int run = i;
            while (run < 8 && group(high, low, run) == 0) {
                run++;
            }
            if (run - i > zeros) {
                zerosFrom = i;
                zeros = run - i;
            }
        }
        for (int i = 0; i < 8; i++) {
            if (i == zerosFrom) {
                text.append("::");
                i += zeros - 1;
                continue;
            }
            if (i > 0 && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(group(high, low, i)));
        }
    }

    private static int group(long high, long low, int i) {
        return (int) ((i < 4 ? high : low) >>> (48 - 16 * (i & 3))) & 0xffff;
    }
}
