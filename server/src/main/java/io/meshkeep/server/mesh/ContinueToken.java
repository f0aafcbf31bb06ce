package io.meshkeep.server.mesh;

import io.meshkeep.store.mesh.MeshDiff;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/**
 * Where a list goes on.
 *
 * @param revision the revision of the list
 * @param section which part of the list, for those that have several
 * @param key the last entry of the page before
 */
record ContinueToken(long revision, int section, byte[] key) {
    /** Where a difference goes on: the section holds the kind of entries and the part of its difference. */
    static ContinueToken of(long revision, int kind, MeshDiff.Place place) {
        return new ContinueToken(
                revision,
                kind * MeshDiff.Place.PARTS + place.part(),
                place.key().getBytes(StandardCharsets.UTF_8));
    }

    MeshDiff.Place place() {
        return new MeshDiff.Place(section % MeshDiff.Place.PARTS, keyText());
    }

    String text() {
        byte[] bytes = ByteBuffer.allocate(Long.BYTES + 1 + key.length)
                .putLong(revision)
                .put((byte) section)
                .put(key)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    String keyText() {
        return new String(key, StandardCharsets.UTF_8);
    }

    /** Reads a token; null if the text is empty. */
    static ContinueToken parse(String text) {
        if (text.isEmpty()) {
            return null;
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw MeshRefusal.invalid("the continue token is not one");
        }
        if (bytes.length <= Long.BYTES || ByteBuffer.wrap(bytes).getLong() <= 0) {
            throw MeshRefusal.invalid("the continue token is not one");
        }
        return new ContinueToken(
                ByteBuffer.wrap(bytes).getLong(),
                bytes[Long.BYTES],
                Arrays.copyOfRange(bytes, Long.BYTES + 1, bytes.length));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ContinueToken that
                && revision == that.revision
                && section == that.section
                && Arrays.equals(key, that.key);
    }

    @Override
    public int hashCode() {
        return Long.hashCode(revision) * 31 + Arrays.hashCode(key);
    }
}
