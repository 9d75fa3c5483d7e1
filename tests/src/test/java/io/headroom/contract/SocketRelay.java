package io.headroom.contract;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Passes on what is said between one UNIX socket and another, until it is cut or gets stuck. */
public final class SocketRelay implements AutoCloseable {
    private final Path front;
    private final Path back;
    private final List<SocketChannel> open = new CopyOnWriteArrayList<>();
    private ServerSocketChannel server;
    private boolean stuck;

    /** @param front where clients connect; @param back where they are passed on to */
    public SocketRelay(Path front, Path back) throws IOException {
        this.front = front;
        this.back = back;
        mend();
    }

    public void mend() throws IOException {
        ServerSocketChannel opened = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        opened.bind(UnixDomainSocketAddress.of(front));
        server = opened;
        start(() -> {
            while (true) {
                SocketChannel client = opened.accept();
                SocketChannel target = SocketChannel.open(UnixDomainSocketAddress.of(back));
                add(opened, client, target);
                start(() -> pass(client, target));
                start(() -> pass(target, client));
            }
        });
    }

    /** One that was accepted just before the cut is cut off with the others. */
    private synchronized void add(ServerSocketChannel by, SocketChannel client, SocketChannel target)
            throws IOException {
        if (by.isOpen()) {
            open.addAll(List.of(client, target));
        } else {
            client.close();
            target.close();
        }
    }

    /** From now on it takes clients and what they say, and passes nothing on in either direction. */
    public synchronized void stick() {
        stuck = true;
    }

    /** Passes on what was said meanwhile, and goes on. */
    public synchronized void goOn() {
        stuck = false;
        notifyAll();
    }

    private synchronized void awaitFlow() throws InterruptedIOException {
        try {
            while (stuck) {
                wait();
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the relay was interrupted while it was stuck");
        }
    }

    public synchronized void cut() throws IOException {
        server.close();
        Files.deleteIfExists(front);
        for (SocketChannel channel : open) {
            channel.close();
        }
        open.clear();
    }

    /** Somebody is connected. */
    public boolean isInUse() {
        return !open.isEmpty();
    }

    private void pass(SocketChannel from, SocketChannel to) throws IOException {
        try (from;
                to) {
            ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
            while (from.read(buffer.clear()) >= 0) {
                awaitFlow();
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException ended) {
                        // One end was closed: that is what the relay is cut by.
                    }
                },
                "relay");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        goOn();
        cut();
    }
}
