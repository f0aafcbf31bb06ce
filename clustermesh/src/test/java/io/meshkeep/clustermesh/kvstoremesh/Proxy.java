package io.meshkeep.clustermesh.kvstoremesh;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A network that can be cut: passes connections on to a port of the loopback interface. */
public final class Proxy implements AutoCloseable {
    private final ServerSocket listening;
    private final List<Socket> open = new ArrayList<>();
    private volatile int target;
    private volatile boolean cut;

    public Proxy() throws IOException {
        listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start("accept", this::accept);
    }

    public int port() {
        return listening.getLocalPort();
    }

    /** Where new connections lead from now on. */
    public void target(int port) {
        target = port;
    }

    /** Ends all connections, and new ones as they come. */
    public void cut() {
        cut = true;
        cutConnections();
    }

    /** Ends all connections. */
    public void cutConnections() {
        synchronized (open) {
            open.forEach(Proxy::close);
            open.clear();
        }
    }

    /** Lets connections through again. */
    public void mend() {
        cut = false;
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                if (cut) {
                    close(client);
                    continue;
                }
                Socket server = new Socket();
                synchronized (open) {
                    open.add(client);
                    open.add(server);
                }
                try {
                    server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                } catch (IOException refused) {
                    close(client);
                    close(server);
                    continue;
                }
                start("to server", () -> pass(client, server));
                start("to client", () -> pass(server, client));
            } catch (IOException closed) {
                // told by the loop's condition
            }
        }
    }

    private static void pass(Socket from, Socket to) {
        byte[] buffer = new byte[1 << 14];
        try {
            InputStream in = from.getInputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException cutOff) {
            // both ends are closed below
        } finally {
            close(from);
            close(to);
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, "proxy " + name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new IllegalStateException("a socket could not be closed", e);
        }
    }

    @Override
    public void close() {
        cut();
        try {
            listening.close();
        } catch (IOException e) {
            throw new IllegalStateException("the proxy could not be closed", e);
        }
    }
}
