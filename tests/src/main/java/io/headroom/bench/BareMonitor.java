package io.headroom.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headroom.model.Bytes;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A QMP monitor with nothing around it: one command, one answer, on the caller's thread. */
final class BareMonitor implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel channel;
    private final BufferedReader lines;

    BareMonitor(Path socket) throws IOException {
        channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        lines.readLine();
        run("{'execute': 'qmp_capabilities'}");
    }

    /** Tells QEMU that the raw node over the file node has another size. */
    void reopen(String node, String file, Bytes size) throws IOException {
        run("{'execute': 'blockdev-reopen', 'arguments': {'options': [{'driver': 'raw', 'node-name': '" + node
                + "', 'file': '" + file + "', 'size': " + size.value() + "}]}}");
    }

    void setThreshold(String node, Bytes threshold) throws IOException {
        run("{'execute': 'block-set-write-threshold', 'arguments': {'node-name': '" + node + "', 'write-threshold': "
                + threshold.value() + "}}");
    }

    private void run(String command) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((command.replace('\'', '"') + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode answer = JSON.readTree(line);
            if (answer.has("return")) {
                return;
            }
            if (answer.has("error")) {
                throw new IOException("QEMU refused " + command + ": " + answer.get("error"));
            }
        }
        throw new IOException("QEMU closed the monitor after " + command);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
