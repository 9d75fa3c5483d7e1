package io.headroom.node.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import io.headroom.node.qemu.Listeners.Sight;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenersTest {
    private static final String HEADING = "Num       RefCount Protocol Flags    Type St Inode Path\n";

    @TempDir
    Path directory;

    private final Listeners kernel = Listeners.ofTheKernel();

    @Test
    void listener_isSeen_untilItEnds_thoughItsFileStays() throws IOException {
        Path socket = directory.resolve("web.sock");
        try (ServerSocketChannel server = listen(socket)) {
            assertThat(server.isOpen()).isTrue();
            assertThat(kernel.at(socket)).isEqualTo(Sight.LISTENED);
        }

        assertThat(socket).exists();
        assertThat(kernel.at(socket)).isEqualTo(Sight.NOBODY);
    }

    @Test
    void listenerWhoseFileIsGone_isSeen_butNotWhoeverOnlyConnected() throws IOException {
        Path socket = directory.resolve("web.sock");
        ServerSocketChannel server = listen(socket);
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                SocketChannel accepted = server.accept()) {
            assertThat(client.isConnected() && accepted.isConnected()).isTrue();
            Files.delete(socket);
            assertThat(kernel.at(socket)).isEqualTo(Sight.LISTENED);

            server.close();

            assertThat(kernel.at(socket)).isEqualTo(Sight.NOBODY);
        }
    }

    @Test
    void listenerThroughALink_isTheSame_andOneElsewhereIsNot() throws IOException {
        Path real = Files.createDirectory(directory.resolve("real"));
        Path other = Files.createDirectory(directory.resolve("other"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), real);
        try (ServerSocketChannel server = listen(real.resolve("web.sock"))) {
            assertThat(server.isOpen()).isTrue();
            assertThat(kernel.at(link.resolve("web.sock"))).isEqualTo(Sight.LISTENED);
            assertThat(kernel.at(other.resolve("web.sock"))).isEqualTo(Sight.NOBODY);
            assertThat(kernel.at(real.resolve("web2.sock"))).isEqualTo(Sight.NOBODY);
        }
    }

    @Test
    void pathWithBlanks_isReadWhole() throws IOException {
        Path socket = directory.resolve("of the SAN/web.sock");
        Files.createDirectory(socket.getParent());

        assertThat(in("0000000000000000: 00000002 00000000 00010000 0001 01 16239718 " + socket)
                        .at(socket))
                .isEqualTo(Sight.LISTENED);
        assertThat(in("0000000000000000: 00000002 00000000 00000000 0001 01 16239718 " + socket)
                        .at(socket))
                .as("bound, and nobody listens yet")
                .isEqualTo(Sight.NOBODY);
        assertThat(in("0000000000000000: 00000002 00000000 00010000 0001 01 16239718")
                        .at(socket))
                .as("bound to no path")
                .isEqualTo(Sight.NOBODY);
    }

    @Test
    void listThatCannotBeRead_isNoEvidence() {
        assertThat(new Listeners(directory.resolve("nowhere")).at(directory.resolve("web.sock")))
                .isEqualTo(Sight.UNKNOWN);
    }

    private Listeners in(String line) throws IOException {
        return new Listeners(Files.writeString(directory.resolve("list"), HEADING + line + "\n"));
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        return server;
    }
}
