package io.meshkeep.server.abuse;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends whatever frames of HTTP/2 it is told to, and need not read what comes back. */
final class RawHttp2 implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int PRIORITY = 2;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int CONTINUATION = 9;

    static final int END_HEADERS = 4;

    private final Socket socket = new Socket();
    private final DataOutputStream out;

    RawHttp2(int port) throws IOException {
        // so that it does not take long until nothing more can be sent to it
        socket.setReceiveBufferSize(64 << 10);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setSoTimeout(60_000);
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 64 << 10));
        out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        send(SETTINGS, 0, 0);
    }

    /** Headers of a call of this method. */
    static byte[] call(String path) {
        return Hpack.literals(
                ":method",
                "POST",
                ":scheme",
                "http",
                ":path",
                path,
                ":authority",
                "localhost",
                "content-type",
                "application/grpc",
                "te",
                "trailers");
    }

    RawHttp2 send(int type, int flags, int stream, int... body) throws IOException {
        byte[] bytes = new byte[body.length];
        for (int i = 0; i < body.length; i++) {
            bytes[i] = (byte) body[i];
        }
        return send(type, flags, stream, bytes);
    }

    RawHttp2 send(int type, int flags, int stream, byte[] body) throws IOException {
        out.writeByte(body.length >> 16);
        out.writeShort(body.length);
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(body);
        return this;
    }

    RawHttp2 flush() throws IOException {
        out.flush();
        return this;
    }

    /** Sends one thing after the other; gives how many were sent before the server cut the connection. */
    int sendUntilCut(int most, Sending sending) {
        int sent = 0;
        try {
            for (; sent < most; sent++) {
                sending.send(sent);
            }
            flush();
        } catch (IOException cut) {
            // what the test is about
        }
        return sent;
    }

    interface Sending {
        void send(int number) throws IOException;
    }

    InputStream in() throws IOException {
        return socket.getInputStream();
    }

    /** Everything that comes until the connection ends. */
    String untilTheEnd() throws IOException {
        StringBuilder answer = new StringBuilder();
        byte[] buffer = new byte[64 << 10];
        try {
            for (int read = in().read(buffer); read >= 0; read = in().read(buffer)) {
                answer.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
            }
        } catch (java.net.SocketException e) {
            // reset, since not everything was read that was sent
        }
        return answer.toString();
    }

    /** Whether the server has ended the connection; waits a moment for it. */
    boolean isCut() throws IOException {
        socket.setSoTimeout(1);
        byte[] buffer = new byte[64 << 10];
        try {
            while (in().read(buffer) >= 0) {
                // what it had to say before
            }
            return true;
        } catch (java.net.SocketTimeoutException open) {
            return false;
        } catch (java.net.SocketException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
