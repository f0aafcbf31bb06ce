package io.meshkeep.certs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A common name is read as Go reads it: it says which user a client is. */
class NamesTest {
    private static final Issued AUTHORITY = CertificateAuthority.create("CA", KeyAlgorithm.EC_P256, Duration.ofDays(1))
            .own();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "CN=remote|remote",
                "O=none|''",
                "CN=|''",
                "CN=alice,O=x,CN=root|root",
                "CN=alice+C=DE|alice",
                "C=DE+CN=alice,O=x|alice",
                "CN=a\\,b|a,b",
                "CN=\\ root\\ | root ",
                "CN=ü|ü"
            })
    void theLastCommonNameIsTheUser(String subject, String name) {
        assertThat(Names.commonName(Forgery.of(AUTHORITY, subject))).isEqualTo(name);
    }
}
