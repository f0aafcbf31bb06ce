package io.meshkeep.clustermesh.sync;

import com.google.protobuf.ByteString;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    /**
     * @param number of claims in the order in which they were made
     * @param next another claim of the same address; nearly all addresses have one alone
     */
    private record Claim(String owner, long born, long number, ByteString value, Claim next) {}

    private final Changes changes;
    private final Map<String, Claim> claims = new HashMap<>();
    private final Map<String, List<String>> ipsByOwner = new HashMap<>();
    private long nextNumber;

    IpOwners(Changes changes) {
        this.changes = changes;
    }

    /**
     * An object claims these addresses and no others.
     *
     * @param owner the object's key
     * @param born when it was created, in seconds; 0 if that is not known, or says nothing of its addresses' age
     */
    void claim(String owner, long born, Map<String, ByteString> valuesByIp) {
        for (String ip : ipsByOwner.getOrDefault(owner, List.of())) {
            if (!valuesByIp.containsKey(ip)) {
                release(owner, ip);
            }
        }
        valuesByIp.forEach((ip, value) -> claim(owner, born, ip, value));
        if (valuesByIp.isEmpty()) {
            ipsByOwner.remove(owner);
        } else {
            ipsByOwner.put(owner, List.copyOf(valuesByIp.keySet()));
        }
    }

    /** An object is gone. */
    void release(String owner) {
        claim(owner, 0, Map.of());
    }

    private void claim(String owner, long born, String ip, ByteString value) {
        Claim all = claims.get(ip);
        Claim before = find(all, owner);
        // an object that was replaced by one of its name claims anew
        long number = before != null && before.born == born ? before.number : nextNumber++;
        Claim now = new Claim(owner, born, number, value, without(all, owner));
        claims.put(ip, now);
        tell(ip, now);
    }

    private void release(String owner, String ip) {
        Claim left = without(claims.get(ip), owner);
        if (left == null) {
            claims.remove(ip);
            changes.delete(ip);
        } else {
            claims.put(ip, left);
            tell(ip, left);
        }
    }

    /** The one who is told of is not always another; the same value is not written twice. */
    private void tell(String ip, Claim all) {
        Claim youngest = all;
        for (Claim other = all.next; other != null; other = other.next) {
            if (other.born > youngest.born || other.born == youngest.born && other.number > youngest.number) {
                youngest = other;
            }
        }
        changes.upsert(ip, youngest.value);
    }

    private static Claim find(Claim all, String owner) {
        Claim claim = all;
        while (claim != null && !claim.owner.equals(owner)) {
            claim = claim.next;
        }
        return claim;
    }

    private static Claim without(Claim all, String owner) {
        if (all == null || all.owner.equals(owner)) {
            return all == null ? null : all.next;
        }
        return new Claim(all.owner, all.born, all.number, all.value, without(all.next, owner));
    }
}
