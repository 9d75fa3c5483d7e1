package io.headroom.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Somebody who does to a VM, through a QMP socket of his own, what Headroom was not told of. */
public final class Operator implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final SocketChannel channel;
    private final BufferedReader answers;
    private final BufferedWriter commands;

    public Operator(Path socket) throws IOException {
        channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        answers = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
        commands = new BufferedWriter(Channels.newWriter(channel, StandardCharsets.UTF_8));
        answers.readLine();
        order("{'execute': 'qmp_capabilities'}");
    }

    /** Lets a VM go on, or a guest that waits begin. */
    public static void letGo(Path socket) throws IOException {
        try (Operator person = new Operator(socket)) {
            person.order("{'execute': 'cont'}");
        }
    }

    /**
     * @param command in QMP, with single quotes
     * @throws IOException where QEMU refuses it
     */
    public JsonNode order(String command) throws IOException {
        commands.write(command.replace('\'', '"'));
        commands.newLine();
        commands.flush();
        while (true) {
            JsonNode said = JSON.readTree(answers.readLine());
            if (said.has("error")) {
                throw new IOException(command + ": " + said);
            }
            if (said.has("return")) {
                return said.get("return");
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
