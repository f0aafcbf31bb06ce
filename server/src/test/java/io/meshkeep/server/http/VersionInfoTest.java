package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class VersionInfoTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '`',
            value = {
                "3.5.33 {\"etcdserver\":\"3.5.33\",\"etcdcluster\":\"3.5.0\"}",
                "3.6.16 {\"etcdserver\":\"3.6.16\",\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\"}",
                "3.5.0-rc.1 {\"etcdserver\":\"3.5.0-rc.1\",\"etcdcluster\":\"3.5.0\"}",
                "4.0.0 {\"etcdserver\":\"4.0.0\",\"etcdcluster\":\"4.0.0\",\"storage\":\"4.0.0\"}"
            })
    void theStorageVersionAppearsWith36(String version, String json) {
        assertThat(VersionInfo.of(version).toJson()).isEqualTo(json);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "3.5", "v3.5.1", "3.5.x", "3.5.1\"", "3.5.1.2", "999999.1.1"})
    void otherThanVersionsAreRefused(String version) {
        assertThatThrownBy(() -> VersionInfo.of(version)).isInstanceOf(IllegalArgumentException.class);
    }
}
