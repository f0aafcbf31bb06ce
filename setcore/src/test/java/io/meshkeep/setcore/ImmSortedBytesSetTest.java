package io.meshkeep.setcore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What {@link ImmSortedBytesSet} promises besides what {@link SortedSetContractTest} covers. */
class ImmSortedBytesSetTest {
    private static final ImmSortedBytesSet KEYS = set("node/b", "node/a", "node", "pod/a", "nodf");

    @Test
    void orderIsUnsignedAndAPrefixComesFirst() {
        byte[][] strings = {{(byte) 0x80}, {0x7f}, {}, {0}, {0, 0}, {(byte) 0xff}, {0x7f, 1}};
        assertThat(ImmSortedBytesSet.of(strings)).hasToString("[, 00, 0000, 7f, 7f01, 80, ff]");
    }

    @Test
    void stringsOfEveryLengthBehaveAsInATreeSet() {
        Random random = new Random(8);
        for (int round = 0; round < 50; round++) {
            TreeSet<byte[]> one = new TreeSet<>(Arrays::compareUnsigned);
            TreeSet<byte[]> other = new TreeSet<>(Arrays::compareUnsigned);
            for (TreeSet<byte[]> set : List.of(one, other)) {
                int count = random.nextInt(random.nextBoolean() ? 10 : 400);
                for (int i = 0; i < count; i++) {
                    byte[] string = new byte[random.nextInt(4)];
                    random.nextBytes(string);
                    set.add(string);
                }
            }
            ImmSortedBytesSet set = ImmSortedBytesSet.copyOf(one);
            ImmSortedBytesSet otherSet = ImmSortedBytesSet.copyOf(other);
            TreeSet<byte[]> union = new TreeSet<>(one);
            union.addAll(other);
            assertThat(set.union(otherSet).toArray()).isDeepEqualTo(union.toArray(new byte[0][]));
            TreeSet<byte[]> difference = new TreeSet<>(one);
            other.forEach(difference::remove);
            assertThat(set.difference(otherSet).toArray()).isDeepEqualTo(difference.toArray(new byte[0][]));
            assertThat(set.union(otherSet).byteSize())
                    .isEqualTo(union.stream().mapToInt(string -> string.length).sum());
        }
    }

    @Test
    void prefixes() {
        assertThat(texts(KEYS.prefix(bytes("node")))).containsExactly("node", "node/a", "node/b");
        assertThat(texts(KEYS.prefix(bytes("node/")))).containsExactly("node/a", "node/b");
        assertThat(texts(KEYS.prefix(bytes("node/a")))).containsExactly("node/a");
        assertThat(KEYS.prefix(bytes("node/a/x"))).isEmpty();
        assertThat(KEYS.prefix(bytes("zz"))).isEmpty();
        assertThat(KEYS.prefix(new byte[0])).isSameAs(KEYS);
        assertThat(ImmSortedBytesSet.of(new byte[] {-1}, new byte[] {-1, -1}, new byte[] {-2})
                        .prefix(new byte[] {-1})
                        .size())
                .isEqualTo(2);
        assertThat(texts(KEYS.prefix(bytes("node/")).insert(bytes("x")))).containsExactly("node/a", "node/b", "x");
    }

    @Test
    void nobodyCanChangeAString() {
        byte[] given = bytes("key");
        ImmSortedBytesSet set = ImmSortedBytesSet.of(given);
        ImmSortedBytesSet built = ImmSortedBytesSet.builder().add(given).build();
        given[0] = 'x';
        set.first()[0] = 'x';
        set.iterator().next()[0] = 'x';
        set.toArray()[0][0] = 'x';
        assertThat(texts(set)).containsExactly("key");
        assertThat(built).isEqualTo(set);
        ByteBuffer buffer = set.buffer(0);
        assertThatExceptionOfType(ReadOnlyBufferException.class).isThrownBy(() -> buffer.put(0, (byte) 1));
        assertThat(UTF_8.decode(buffer).toString()).isEqualTo("key");
        assertThat(KEYS.buffer(1).capacity()).isEqualTo(6);
    }

    @Test
    void equalBytesInOtherPlacesMakeAnotherSet() {
        assertThat(set("a", "bc")).isNotEqualTo(set("ab", "c"));
        assertThat(set("a", "b", "c").tail(bytes("b"))).isEqualTo(set("b", "c"));
    }

    @Test
    void errorsAndEnds() {
        ImmSortedBytesSet empty = ImmSortedBytesSet.empty();
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty::first);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty::last);
        assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(empty.iterator()::next);
        assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(() -> empty.buffer(0));
        assertThatNullPointerException().isThrownBy(() -> ImmSortedBytesSet.of(bytes("a"), null));
        assertThatNullPointerException().isThrownBy(() -> KEYS.contains(null));
        assertThatIllegalArgumentException().isThrownBy(() -> KEYS.range(bytes("b"), bytes("a")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ImmSortedBytesSet.ofSorted(List.of(bytes("a"), bytes("a"))));
        assertThat(new String(KEYS.last(), UTF_8)).isEqualTo("pod/a");
        assertThat(texts(KEYS.tail(bytes("nodf")).compact())).containsExactly("nodf", "pod/a");
        assertThat(KEYS.compact()).isSameAs(KEYS);
        assertThat(texts(KEYS.deleteAll(List.of(bytes("node"), bytes("none"))).insertAll(List.of(bytes("a")))))
                .containsExactly("a", "node/a", "node/b", "nodf", "pod/a");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static ImmSortedBytesSet set(String... texts) {
        return ImmSortedBytesSet.of(
                Stream.of(texts).map(ImmSortedBytesSetTest::bytes).toArray(byte[][]::new));
    }

    private static List<String> texts(ImmSortedBytesSet set) {
        return set.stream().map(string -> new String(string, UTF_8)).toList();
    }
}
