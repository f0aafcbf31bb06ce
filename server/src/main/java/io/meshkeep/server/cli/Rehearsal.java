package io.meshkeep.server.cli;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.meshkeep.proto.Compare;
import io.meshkeep.proto.LeaseGrantRequest;
import io.meshkeep.proto.LeaseKeepAliveRequest;
import io.meshkeep.proto.PutRequest;
import io.meshkeep.proto.RangeRequest;
import io.meshkeep.proto.RequestOp;
import io.meshkeep.proto.StatusRequest;
import io.meshkeep.proto.TxnRequest;
import io.meshkeep.proto.WatchCreateRequest;
import io.meshkeep.proto.WatchRequest;
import io.meshkeep.server.StartException;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.SocketFactory;

/**
 * What the first clients will ask, asked of a server that is started only for the JVM to learn which classes it loads and
 * which code runs often. It speaks as much HTTP/2 as that takes: a client's classes would be archived too, and mapped
 * by each server for nothing.
 */
final class Rehearsal {
    /** So many of the frequent calls; more than a few, for a JVM that keeps what it has learned of the code. */
    static final int ROUNDS = 100;

    private static final int PATIENCE_MILLIS = 20_000;
    private static final int LEASE = 1;

    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;

    private final DataInputStream in;
    private final DataOutputStream out;
    private int lastStream = -1;

    private Rehearsal(Socket socket) throws IOException {
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    }

    /**
     * @param sockets makes connections, with TLS if the server has it
     * @throws StartException if the server does not answer as it should
     */
    static void run(int port, SocketFactory sockets) throws StartException {
        try {
            askForHealth(port, sockets);
            try (Socket socket = connect(port, sockets)) {
                new Rehearsal(socket).call();
            }
        } catch (IOException e) {
            throw new StartException("the rehearsal failed: " + e, e);
        }
    }

    private static Socket connect(int port, SocketFactory sockets) throws IOException {
        Socket socket = sockets.createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static void askForHealth(int port, SocketFactory sockets) throws IOException {
        try (Socket socket = connect(port, sockets)) {
            socket.getOutputStream()
                    .write("GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (!answer.startsWith("HTTP/1.1 200 ")) {
                throw new IOException("GET /health was answered with " + answer);
            }
        }
    }

    private void call() throws IOException {
        out.write(PREFACE);
        frame(SETTINGS, 0, 0, new byte[0]);
        // all that will be answered, so that nothing has to be counted
        frame(WINDOW_UPDATE, 0, 0, new byte[] {0x3f, 0, 0, 0});
        one(
                "/etcdserverpb.Lease/LeaseGrant",
                LeaseGrantRequest.newBuilder().setID(LEASE).setTTL(600).build());
        int watch = open("/etcdserverpb.Watch/Watch");
        message(
                watch,
                0,
                WatchRequest.newBuilder()
                        .setCreateRequest(
                                WatchCreateRequest.newBuilder().setKey(key("")).setRangeEnd(key("~")))
                        .build());
        await(watch, DATA);
        for (int round = 0; round < ROUNDS; round++) {
            PutRequest put = PutRequest.newBuilder()
                    .setKey(key("put" + round % 50))
                    .setValue(ByteString.copyFrom(new byte[100]))
                    .build();
            one("/etcdserverpb.KV/Put", put);
            await(watch, DATA);
            one("/etcdserverpb.KV/Txn", create("created" + round));
            await(watch, DATA);
            one(
                    "/etcdserverpb.KV/Range",
                    RangeRequest.newBuilder().setKey(put.getKey()).build());
        }
        one(
                "/etcdserverpb.KV/Range",
                RangeRequest.newBuilder().setKey(key("")).setRangeEnd(key("~")).build());
        message(
                open("/etcdserverpb.Lease/LeaseKeepAlive"),
                END_STREAM,
                LeaseKeepAliveRequest.newBuilder().setID(LEASE).build());
        await(lastStream, DATA);
        one("/etcdserverpb.Maintenance/Status", StatusRequest.getDefaultInstance());
        frame(DATA, END_STREAM, watch, new byte[0]);
        out.flush();
    }

    private static TxnRequest create(String name) {
        return TxnRequest.newBuilder()
                .addCompare(Compare.newBuilder()
                        .setKey(key(name))
                        .setTarget(Compare.CompareTarget.CREATE)
                        .setCreateRevision(0))
                .addSuccess(RequestOp.newBuilder()
                        .setRequestPut(PutRequest.newBuilder().setKey(key(name)).setLease(LEASE)))
                .build();
    }

    private static ByteString key(String name) {
        return ByteString.copyFromUtf8("rehearsal/" + name);
    }

    private void one(String method, MessageLite request) throws IOException {
        int stream = open(method);
        message(stream, END_STREAM, request);
        // a call that failed has no message
        await(stream, DATA);
    }

    private int open(String method) throws IOException {
        lastStream += 2;
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        // of HPACK's static table: POST and http
        block.write(0x83);
        block.write(0x86);
        header(block, ":path", method);
        header(block, ":authority", "localhost");
        header(block, "content-type", "application/grpc");
        header(block, "te", "trailers");
        frame(HEADERS, END_HEADERS, lastStream, block.toByteArray());
        return lastStream;
    }

    /** As a literal that is not to be remembered, in plain text. */
    private static void header(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        block.write(name.length());
        block.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
        block.write(value.length());
        block.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
    }

    private void message(int stream, int flags, MessageLite message) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream framed = new DataOutputStream(bytes);
        framed.writeByte(0);
        framed.writeInt(message.getSerializedSize());
        message.writeTo(framed);
        frame(DATA, flags, stream, bytes.toByteArray());
        out.flush();
    }

    private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        out.writeShort(payload.length >> 8);
        out.writeByte(payload.length);
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(payload);
    }

    /** Reads up to the next frame of a type on a stream. */
    private void await(int stream, int wanted) throws IOException {
        while (true) {
            int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int on = in.readInt();
            in.readFully(new byte[length]);
            if (type == SETTINGS && (flags & ACK) == 0) {
                frame(SETTINGS, ACK, 0, new byte[0]);
                out.flush();
            }
            if (type == wanted && on == stream) {
                return;
            }
            boolean ended = type == HEADERS && (flags & END_STREAM) != 0 && on == stream;
            if (type == GOAWAY || type == RST_STREAM || ended) {
                throw new IOException("a call was refused");
            }
        }
    }
}
