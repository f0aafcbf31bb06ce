package io.meshkeep.clustermesh.sync;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whose an address is. An address may be claimed by several objects for a while, when it moves from one pod to another and
 * Kubernetes tells of the new one before it tells that the old one is gone. Then it is the youngest object's, or of objects
 * of one age his who claimed it last; and when he gives it up, the next one's. It is given up for good only when nobody
 * claims it. Not thread-safe.
 */
final class IpOwners {
    /** Is told what becomes of an address. */
    interface Changes {
        void upsert(String ip, ByteString value);

        void delete(String ip);
    }

    /** @param number of claims in the order in which they were made */
    private record Claim(String owner, String born, long number, ByteString value) {}

    private static final Comparator<Claim> YOUNGEST =
            Comparator.comparing(Claim::born).thenComparingLong(Claim::number);

    private final Changes changes;
    /** Nearly all addresses have one claim. */
    private final Map<String, List<Claim>> claims = new HashMap<>();

    private final Map<String, Set<String>> ipsByOwner = new HashMap<>();
    private long nextNumber;

    IpOwners(Changes changes) {
        this.changes = changes;
    }

    /**
     * An object claims these addresses and no others.
     *
     * @param owner the object's key
     * @param born the time of its creation, as Kubernetes writes it; empty if it says nothing of its addresses' age
     */
    void claim(String owner, String born, Map<String, ByteString> valuesByIp) {
        Set<String> before = ipsByOwner.getOrDefault(owner, Set.of());
        for (String ip : before) {
            if (!valuesByIp.containsKey(ip)) {
                release(owner, ip);
            }
        }
        valuesByIp.forEach((ip, value) -> claim(owner, born, ip, value));
        if (valuesByIp.isEmpty()) {
            ipsByOwner.remove(owner);
        } else {
            ipsByOwner.put(owner, new TreeSet<>(valuesByIp.keySet()));
        }
    }

    /** An object is gone. */
    void release(String owner) {
        claim(owner, "", Map.of());
    }

    private void claim(String owner, String born, String ip, ByteString value) {
        List<Claim> of = claims.computeIfAbsent(ip, key -> new ArrayList<>(1));
        int index = indexOf(of, owner);
        // an object that was replaced by one of its name claims anew
        if (index >= 0 && of.get(index).born.equals(born)) {
            of.set(index, new Claim(owner, born, of.get(index).number, value));
        } else {
            if (index >= 0) {
                of.remove(index);
            }
            of.add(new Claim(owner, born, nextNumber++, value));
        }
        tell(ip, of);
    }

    private void release(String owner, String ip) {
        List<Claim> of = claims.get(ip);
        of.remove(indexOf(of, owner));
        if (of.isEmpty()) {
            claims.remove(ip);
            changes.delete(ip);
        } else {
            tell(ip, of);
        }
    }

    /** The one who is told of is not always another; the same value is not written twice. */
    private void tell(String ip, List<Claim> of) {
        changes.upsert(ip, of.stream().max(YOUNGEST).orElseThrow().value);
    }

    private static int indexOf(List<Claim> of, String owner) {
        for (int i = 0; i < of.size(); i++) {
            if (of.get(i).owner.equals(owner)) {
                return i;
            }
        }
        return -1;
    }
}
