package io.meshkeep.certs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.time.Duration;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.DERBMPString;
import org.bouncycastle.asn1.DERGeneralString;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DERNumericString;
import org.bouncycastle.asn1.DERPrintableString;
import org.bouncycastle.asn1.DERT61String;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.DERUniversalString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.util.IPAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    static Stream<Arguments> typesOfText() {
        return Stream.of(
                Arguments.of(new DERUTF8String("zoë"), "zoë"),
                Arguments.of(new DERPrintableString("zoe"), "zoe"),
                Arguments.of(new DERIA5String("zoe@x"), "zoe@x"),
                Arguments.of(new DERNumericString("12"), "12"),
                Arguments.of(new DERT61String("zoë"), "zoë"),
                Arguments.of(new DERBMPString("zoë"), "zoë"),
                // Go refuses these: they are nobody, and not the one whose name stands before.
                Arguments.of(new DERUniversalString("zoë".getBytes(Charset.forName("UTF-32BE"))), ""),
                Arguments.of(new DERGeneralString("zoe"), ""),
                Arguments.of(new DERIA5String(new String(new char[] {200}), false), ""));
    }

    @ParameterizedTest
    @MethodSource("typesOfText")
    void aNameIsReadWhateverItsTypeIs(ASN1Encodable value, String name) {
        X500Name subject = new X500NameBuilder(BCStyle.INSTANCE)
                .addRDN(BCStyle.CN, "root")
                .addRDN(BCStyle.CN, value)
                .build();
        assertThat(Names.commonName(Forgery.of(AUTHORITY, subject))).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1.2.3.4",
                "00001::1",
                "::00000",
                "12345::",
                "0.0.0.0",
                "255.255.255.255",
                "256.1.1.1",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.4.",
                "1..2.3",
                "1",
                "0x7f.1.1.1",
                "::",
                "::1",
                "2001:db8::1",
                "2001:DB8:0:0:0:0:0:1",
                "1:2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1::2::3",
                "::ffff:1.2.3.4",
                "12345::",
                ".:1",
                "1.2.3.4:1",
                "::1.2.3.4",
                ":::",
                "abcd",
                "a:b",
                "g::",
                "[::1]",
                "host",
                "a.b.c.d",
                "*.example.org"
            })
    void addressesAreToldFromOtherNamesAsBouncyCastleDoes(String name) {
        assertThat(SubjectNames.isAddress(name)).as(name).isEqualTo(IPAddress.isValid(name));
    }
}
