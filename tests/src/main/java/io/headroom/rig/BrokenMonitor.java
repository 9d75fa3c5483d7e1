package io.headroom.rig;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A socket among the monitors behind which no sane QEMU is. It treats every client alike. */
public final class BrokenMonitor implements AutoCloseable {
    private static final String GREETING =
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7},"
                    + " \"package\": \"\"}, \"capabilities\": []}}\r\n";
    private static final String AGREED = "{\"return\": {}, \"id\": 0}\r\n";
    private static final String HALF_AN_ANSWER = "{\"return\": {\"status\": \"runn";

    private final Path socket;
    private final ServerSocketChannel server;
    private final List<SocketChannel> clients = new CopyOnWriteArrayList<>();

    private interface Manners {
        void attend(SocketChannel client) throws IOException;
    }

    private BrokenMonitor(Path socket, Manners manners) throws IOException {
        this.socket = socket;
        this.server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        daemon(() -> {
            while (true) {
                SocketChannel client = server.accept();
                clients.add(client);
                daemon(() -> manners.attend(client));
            }
        });
    }

    /** Accepts everybody and never says a word. */
    public static BrokenMonitor silent(Path socket) throws IOException {
        return new BrokenMonitor(socket, client -> {});
    }

    /** Greets, and then says what is no JSON, without an end. */
    public static BrokenMonitor babbling(Path socket) throws IOException {
        return new BrokenMonitor(socket, client -> {
            say(client, GREETING);
            while (true) {
                say(client, "\u0000\u0007{{{[\"%%%".repeat(1000));
            }
        });
    }

    /** Greets as it should, and hangs up in the middle of an answer. */
    public static BrokenMonitor breakingOff(Path socket) throws IOException {
        return new BrokenMonitor(socket, client -> {
            try (client) {
                say(client, GREETING);
                hear(client);
                say(client, AGREED);
                hear(client);
                say(client, HALF_AN_ANSWER);
            }
        });
    }

    private static void say(SocketChannel client, String words) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    private static void hear(SocketChannel client) throws IOException {
        if (client.read(ByteBuffer.allocate(64 << 10)) < 0) {
            throw new IOException("the client is gone");
        }
    }

    /** How many came so far. */
    public int clients() {
        return clients.size();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void daemon(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException ended) {
                        // The client or the test has closed its end: there is nobody left to annoy.
                    }
                },
                "broken-monitor");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
        for (SocketChannel client : clients) {
            client.close();
        }
    }
}
