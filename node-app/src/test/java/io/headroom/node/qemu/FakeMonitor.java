package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A QMP server whose every line a test writes itself. Its calls block; the test's time limit bounds them. */
final class FakeMonitor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FakeMonitor.class);
    private static final String GREETING =
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, \"package\": \"\"},"
                    + " \"capabilities\": [\"oob\"]}}";

    private final ServerSocketChannel server;

    /** @param backlog how many clients the system lets wait */
    FakeMonitor(Path socket, int backlog) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket), backlog);
    }

    /** The next client, to whom nothing was said yet. */
    Client accept() throws IOException {
        return new Client(server.accept());
    }

    /** The next client, after greeting and capabilities. */
    Client negotiated() throws IOException {
        Client client = accept();
        client.say(GREETING);
        client.answer("qmp_capabilities", "{}");
        return client;
    }

    /** From now on on a thread of its own, until this is closed; a client that has given up meanwhile is passed over. */
    void negotiateWithEverybody() {
        Thread negotiating = new Thread(() -> {
            while (server.isOpen()) {
                try {
                    negotiated();
                } catch (IOException | AssertionError late) {
                    LOG.debug("a client has given up: {}", late.toString());
                }
            }
        });
        negotiating.setDaemon(true);
        negotiating.start();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    static final class Client implements AutoCloseable {
        private final SocketChannel channel;
        private final BufferedReader lines;

        private Client(SocketChannel channel) {
            this.channel = channel;
            this.lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        }

        void greet() throws IOException {
            say(GREETING);
        }

        void say(String line) throws IOException {
            ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        }

        /** Reads the next command and returns its id. */
        long hear(String command) throws IOException {
            String line = lines.readLine();
            assertThat(line).contains("\"execute\":\"" + command + "\"");
            return QmpCodec.json(line).get("id").longValue();
        }

        void answer(String command, String value) throws IOException {
            say("{\"return\": " + value + ", \"id\": " + hear(command) + "}");
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
