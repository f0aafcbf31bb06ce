package io.meshkeep.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FirstBytesTest {
    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    @Test
    void thePrefaceIsHttp2() {
        for (int i = 0; i <= PREFACE.length(); i++) {
            assertThat(FirstBytes.of(ascii(PREFACE.substring(0, i))))
                    .as("%s bytes", i)
                    .isEqualTo(i < PREFACE.length() ? FirstBytes.UNDECIDED : FirstBytes.HTTP2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /version HTTP/1.1",
                "get / HTTP/1.0",
                "VERSION-CONTROL /",
                "PRI * HTTP/1.1",
                "PRI * HTTP/2.0\r\n\r\nXX",
                "PRINT /x HTTP/1.1",
                "P /",
                "! /",
                "PRI /"
            })
    void aMethodAndASpaceAreHttp1(String request) {
        int space = request.indexOf(' ');
        for (int i = 0; i < space; i++) {
            assertThat(FirstBytes.of(ascii(request.substring(0, i)))).isEqualTo(FirstBytes.UNDECIDED);
        }
        assertThat(FirstBytes.of(ascii(request))).isEqualTo(FirstBytes.HTTP1);
    }

    @ParameterizedTest
    @CsvSource({"16,UNDECIDED", "1603,TLS", "160301020001,TLS", "1604,UNKNOWN", "15030100,UNKNOWN", "80,UNKNOWN"})
    void aHandshakeRecordIsTls(String hex, FirstBytes expected) {
        assertThat(FirstBytes.of(Unpooled.wrappedBuffer(ByteBufUtil.decodeHexDump(hex))))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {" GET", "\r\n", "\u0000", "GET\t/", "{\"a\":1}", "GET/", "ÿ", "AAAAAAAAAAAAAAAAAAAAAAAAAA"})
    void anythingElseIsUnknown(String bytes) {
        assertThat(FirstBytes.of(ascii(bytes))).isEqualTo(FirstBytes.UNKNOWN);
    }

    @Test
    void decidesWithinABoundAndLeavesTheBytesUnread() {
        Random random = new Random(20261123);
        for (int i = 0; i < 10_000; i++) {
            // Mostly letters, so that many of them look like a method for long.
            byte[] bytes = new byte[FirstBytes.MAX_UNDECIDED + 1];
            for (int j = 0; j < bytes.length; j++) {
                bytes[j] = (byte) (random.nextInt(50) == 0 ? random.nextInt(256) : 'A' + random.nextInt(26));
            }
            ByteBuf buffer = Unpooled.wrappedBuffer(bytes);
            assertThat(FirstBytes.of(buffer)).isNotEqualTo(FirstBytes.UNDECIDED);
            assertThat(buffer.readerIndex()).isZero();
        }
    }

    private static ByteBuf ascii(String s) {
        return Unpooled.copiedBuffer(s, StandardCharsets.ISO_8859_1);
    }
}
