package io.meshkeep.server.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A socket that knows where an HTTP/1.1 answer ends and nothing more. */
final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)\r\n");

    /** An answer: status line and headers with their line ends, then the body. */
    record Answer(String head, byte[] body) {
        int status() {
            return Integer.parseInt(head.split(" ")[1]);
        }

        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }

        /** Everything but the date's value, with LF for the header lines' ends. */
        String transcript() {
            return head.replaceAll("Date: [^\r]*", "Date: *").replace("\r\n", "\n") + text();
        }
    }

    private final Socket socket;

    RawClient(InetSocketAddress address) throws IOException {
        socket = new Socket();
        socket.connect(address, TIMEOUT_MILLIS);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
    }

    RawClient send(String latin1) throws IOException {
        return send(latin1.getBytes(StandardCharsets.ISO_8859_1));
    }

    RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Sends a GET for the path. */
    RawClient get(String path) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }

    /** Reads the next answer to anything but HEAD. */
    Answer answer() throws IOException {
        String head = head();
        Matcher length = LENGTH.matcher(head);
        if (!length.find()) {
            throw new IOException("no Content-Length in " + head);
        }
        return new Answer(head, socket.getInputStream().readNBytes(Integer.parseInt(length.group(1))));
    }

    /** Reads the next answer to HEAD. */
    Answer answerToHead() throws IOException {
        return new Answer(head(), new byte[0]);
    }

    private String head() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("connection ended after: " + head.toString(StandardCharsets.ISO_8859_1));
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** What one call of read gives, up to the given size. */
    String singleRead(int size) throws IOException {
        byte[] buffer = new byte[size];
        int n = socket.getInputStream().read(buffer);
        return new String(buffer, 0, Math.max(n, 0), StandardCharsets.ISO_8859_1);
    }

    /** Waits for the server to end the connection; what it sends before that is thrown away. */
    boolean closedByServer() throws IOException {
        byte[] buffer = new byte[8192];
        try {
            while (socket.getInputStream().read(buffer) >= 0) {
                // Only the end matters.
            }
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException reset) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
