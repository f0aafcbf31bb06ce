package io.meshkeep.store.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Matching itself is compared with a look at everything in {@link MeshQueryTest}. */
class LabelSelectorTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "null",
            value = {
                "app=db,env in (prod,stage),!legacy | app=db,env in (prod,stage),!legacy",
                "  app == db ,  env in( stage , prod ) , ! legacy  | app=db,env in (prod,stage),!legacy",
                "app | app",
                "k8s:app!=db | k8s:app!=db",
                "any:app=db | app=db",
                "app= | app=",
                "app in () | app=",
                "app in (a,a,b) | app in (a,b)",
                "app notin (b,a) | app notin (a,b)",
                "in in (in) | in=in",
                "notin | notin",
                "k8s:io.kubernetes.pod.namespace=default | k8s:io.kubernetes.pod.namespace=default",
                "cidr:10.0.0.0/8 | cidr:10.0.0.0/8",
                "'' | ''"
            })
    void theSyntaxIsThatOfKubernetes(String text, String canonical) throws SelectorException {
        assertThat(LabelSelector.parse(text)).hasToString(canonical);
        assertThat(LabelSelector.parse(canonical)).isEqualTo(LabelSelector.parse(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                ",            | at character 1: expected the key of a label, found \",\"",
                "app,         | at character 5: expected the key of a label, found the end",
                "app=db env=x | at character 8: expected a comma or the end, found \"e\"",
                "app=(db)     | at character 5: expected a comma or the end, found \"(\"",
                "app within   | at character 5: expected a comma, =, ==, !=, in or notin after the key, found \"w\"",
                "app in db    | at character 8: expected ( and values, found \"d\"",
                "app in (a    | at character 10: expected a comma or ), found the end",
                "app in (a;b=) | at character 12: expected a comma or ), found \"=\"",
                "app<3        | at character 4: expected a comma, =, ==, !=, in or notin after the key, found \"<\"",
                "!            | at character 2: expected the key of a label, found the end",
                "!app=db      | at character 5: expected a comma or the end, found \"=\"",
                "k8s:=x       | at character 1: expected the key of a label, found \"k\"",
                ":app         | at character 1: expected the key of a label, found \":\"",
                "(app)        | at character 1: expected the key of a label, found \"(\""
            })
    void whatIsWrongIsSaidWithItsPlace(String text, String message) {
        assertThatExceptionOfType(SelectorException.class)
                .isThrownBy(() -> LabelSelector.parse(text))
                .withMessage("label selector: " + message);
    }

    @Test
    void sizeIsBounded() {
        assertThatExceptionOfType(SelectorException.class)
                .isThrownBy(() -> LabelSelector.parse("a,".repeat(64) + "a"))
                .withMessageContaining("64 requirements");
        assertThatExceptionOfType(SelectorException.class)
                .isThrownBy(() -> LabelSelector.parse("a".repeat(20_000)))
                .withMessageContaining("longer than");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anyTextIsReadOrRefusedAndWhatIsReadIsWrittenTheSame(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> pieces = List.of(
                "app", "env", "in", "notin", "!", "=", "==", "!=", "(", ")", ",", " ", ":", "k8s:", "a", "é", "\t", "<",
                "\u0000", "x.y/z");
        int read = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(8); n >= 0; n--) {
                text.append(pieces.get(random.nextInt(pieces.size())));
            }
            try {
                LabelSelector selector = LabelSelector.parse(text.toString());
                assertThat(LabelSelector.parse(selector.toString())).isEqualTo(selector);
                read++;
            } catch (SelectorException refused) {
                assertThat(refused).hasMessageContaining("at character ");
            }
        }
        assertThat(read).isGreaterThan(500);
    }
}
