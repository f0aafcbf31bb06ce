package io.meshkeep.loadtest.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonTextTest {
    @Test
    void stringsAreEscaped() {
        assertThat(JsonText.string("a\"b\\c\n\u0001")).isEqualTo("\"a\\\"b\\\\c\\u000a\\u0001\"");
    }

    @Test
    void numbersAreJsonNumbers() {
        assertThat(JsonText.number(0.00012345678)).isEqualTo("0.0001235");
        assertThat(JsonText.number(1e12)).isEqualTo("1000000000000");
        assertThat(JsonText.number(0)).isEqualTo("0");
        assertThat(JsonText.number(Double.NaN)).isEqualTo("null");
        assertThat(JsonText.number(Double.POSITIVE_INFINITY)).isEqualTo("null");
    }
}
