package io.headroom.node.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * One connection to a QMP monitor, from the greeting to its end.
 *
 * <p>One thread opens it, attends to it and does all its input and output; commands come from any thread. Every wait
 * has a limit, a connection that says nothing at all included, so that a half-open one ends too. Events come in
 * QEMU's order; those before {@link #open} has returned are lost, and QEMU never repeats one.
 */
final class QmpConnection implements AutoCloseable {
    private static final int READ_BYTES = 64 << 10;

    private final QmpLimits limits;
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final ByteBuffer input = ByteBuffer.allocate(READ_BYTES);
    private final Lines lines;

    private final Deque<String> received = new ArrayDeque<>();
    private final Deque<ByteBuffer> unsent = new ArrayDeque<>();
    private final Map<Long, Order> unanswered = new LinkedHashMap<>();
    private long lastSign = System.nanoTime();
    /** When the first order since the last sign went out; not after that sign where none did. */
    private long asked = lastSign;

    /** Guarded by itself, as are the three fields below. */
    private final Deque<Order> orders = new ArrayDeque<>();

    private int inFlight;
    private long lastId;
    private String ended;

    private record Order(long id, String command, String line, long since, CompletableFuture<JsonNode> answer) {}

    private QmpConnection(SocketChannel channel, Selector selector, QmpLimits limits) throws IOException {
        this.limits = limits;
        this.channel = channel;
        this.selector = selector;
        this.lines = new Lines(limits.lineBytes());
        this.key = channel.register(selector, SelectionKey.OP_READ);
    }

    /**
     * Connects and negotiates; waits at most twice {@link QmpLimits#greeting()}.
     *
     * @throws DesertedSocket where nobody listens
     * @throws IOException naming what is wrong with the monitor
     */
    static QmpConnection open(Path socket, QmpLimits limits) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = null;
        try {
            selector = Selector.open();
            // A blocking connect to a monitor with a full backlog never returns.
            channel.configureBlocking(false);
            connect(channel, socket);
            QmpConnection connection = new QmpConnection(channel, selector, limits);
            connection.negotiate();
            return connection;
        } catch (IOException | RuntimeException failed) {
            if (selector != null) {
                selector.close();
            }
            channel.close();
            throw failed;
        }
    }

    private static void connect(SocketChannel channel, Path socket) throws IOException {
        boolean connected;
        try {
            connected = channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException failed) {
            String cause = "cannot connect to " + socket + ": " + failed.getMessage();
            // Of what connect(2) says of a UNIX socket, ECONNREFUSED alone becomes a ConnectException.
            if (failed instanceof ConnectException || Files.notExists(socket)) {
                throw new DesertedSocket(cause + "; no QEMU listens", failed);
            }
            throw new QmpException(cause + " (unavailable: too many clients wait for this monitor)", failed);
        }
        if (!connected) {
            throw new QmpException("cannot connect to " + socket + " at once: too many clients wait for this monitor");
        }
    }

    private void negotiate() throws IOException {
        if (!(QmpCodec.message(firstLine("the greeting")) instanceof QmpMessage.Greeting)) {
            throw new QmpException("what answers is no QMP monitor: its first line is no greeting");
        }
        unsent.add(bytes(QmpCodec.command(0, "qmp_capabilities", QmpCodec.arguments())));
        QmpMessage answer;
        do {
            answer = QmpCodec.message(firstLine("the answer to qmp_capabilities"));
        } while (answer instanceof QmpMessage.Told || answer instanceof QmpMessage.UnknownEvent);
        if (answer instanceof QmpMessage.Refusal refusal) {
            throw refused("qmp_capabilities", refusal);
        }
        if (!(answer instanceof QmpMessage.Return)) {
            throw new QmpException("the monitor did not answer qmp_capabilities but said " + answer);
        }
    }

    private String firstLine(String what) throws IOException {
        long start = System.nanoTime();
        while (received.isEmpty()) {
            Duration left = limits.greeting().minusNanos(System.nanoTime() - start);
            if (left.isNegative() || left.isZero()) {
                throw new QmpException(
                        "no sign of " + what + " within " + seconds(limits.greeting())
                                + ": a monitor serves one client and keeps the next one waiting; give Headroom a socket of its own");
            }
            exchange(left);
        }
        return received.remove();
    }

    /**
     * Sends a command. The stage fails when QEMU refuses it (nothing was done), when it stays unanswered or when the
     * connection ends (the outcome is unknown); it completes on the thread that attends.
     */
    CompletionStage<JsonNode> execute(String command, ObjectNode arguments) {
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        synchronized (orders) {
            if (ended != null) {
                return CompletableFuture.failedFuture(new QmpException(command + ": not sent: " + ended));
            }
            if (inFlight == limits.commands()) {
                return CompletableFuture.failedFuture(new QmpException(
                        command + ": not sent: " + inFlight + " commands wait for their answer, the most allowed"));
            }
            inFlight++;
            long id = ++lastId;
            orders.add(new Order(id, command, QmpCodec.command(id, command, arguments), System.nanoTime(), answer));
        }
        selector.wakeup();
        return answer;
    }

    /**
     * Attends to the connection until it ends, and closes it.
     *
     * <p>Interrupting the thread ends the connection.
     *
     * @param events takes {@link QmpMessage.Told} and {@link QmpMessage.UnknownEvent}; it must not block
     * @throws IOException always, with the cause of the end
     */
    void attend(Consumer<QmpMessage> events) throws IOException {
        String cause = "the monitor's connection was given up";
        try {
            takeReceived(events);
            while (true) {
                sendOrders();
                exchange(untilNextLimit());
                // Before any limit: where this thread stood still, the answer is here although its time is over.
                takeReceived(events);
                refuseOverdue();
                askForSign();
            }
        } catch (IOException | RuntimeException failed) {
            cause = String.valueOf(failed.getMessage());
            throw failed;
        } finally {
            end(cause);
        }
    }

    private void takeReceived(Consumer<QmpMessage> events) throws QmpException {
        while (!received.isEmpty()) {
            take(QmpCodec.message(received.remove()), events);
        }
    }

    private void take(QmpMessage message, Consumer<QmpMessage> events) throws QmpException {
        if (message instanceof QmpMessage.Return done) {
            Order order = answered(done.id());
            if (order != null) {
                order.answer.complete(done.value());
            }
        } else if (message instanceof QmpMessage.Refusal refusal) {
            Order order = answered(refusal.id());
            if (order != null) {
                order.answer.completeExceptionally(refused(order.command, refusal));
            }
        } else if (message instanceof QmpMessage.Greeting) {
            throw new QmpException("the monitor greets in the middle of a connection");
        } else {
            events.accept(message);
        }
    }

    /** The order with this id, or null where its time limit was over before the answer came. */
    private Order answered(long id) throws QmpException {
        synchronized (orders) {
            if (id < 1 || id > lastId) {
                throw new QmpException("the monitor answers a command that was never sent: id " + id);
            }
            Order order = unanswered.remove(id);
            if (order != null) {
                inFlight--;
            }
            return order;
        }
    }

    private void sendOrders() {
        synchronized (orders) {
            for (Order order = orders.poll(); order != null; order = orders.poll()) {
                unanswered.put(order.id, order);
                unsent.add(bytes(order.line));
                if (asked - lastSign <= 0) {
                    asked = System.nanoTime();
                }
            }
        }
    }

    /** Writes what the socket takes, waits for bytes or an order, and reads what has come. */
    private void exchange(Duration wait) throws IOException {
        while (!unsent.isEmpty()) {
            channel.write(unsent.element());
            if (unsent.element().hasRemaining()) {
                break;
            }
            unsent.remove();
        }
        key.interestOps(unsent.isEmpty() ? SelectionKey.OP_READ : SelectionKey.OP_READ | SelectionKey.OP_WRITE);
        selector.select(Math.max(1, wait.toMillis()));
        selector.selectedKeys().clear();
        if (Thread.currentThread().isInterrupted()) {
            throw new QmpException("Headroom closed the connection");
        }
        int count = channel.read(input.clear());
        if (count < 0) {
            throw new QmpException("QEMU closed the connection");
        }
        if (count > 0) {
            lastSign = System.nanoTime();
            received.addAll(lines.add(input.flip()));
        }
    }

    private Duration untilNextLimit() {
        Duration next = limits.heartbeat().minusNanos(System.nanoTime() - lastSign);
        if (next.isNegative()) {
            next = untilGivenUp();
        }
        if (unanswered.isEmpty()) {
            return next;
        }
        long oldest = unanswered.values().iterator().next().since;
        Duration left = limits.command().minusNanos(System.nanoTime() - oldest);
        return left.compareTo(next) < 0 ? left : next;
    }

    /** Silence counts once QEMU had time for an answer: this thread may have slept through its own limits. */
    private Duration untilGivenUp() {
        long now = System.nanoTime();
        Duration silence = limits.heartbeat().plus(limits.command()).minusNanos(now - lastSign);
        Duration question = asked - lastSign > 0 ? limits.command().minusNanos(now - asked) : limits.command();
        return silence.compareTo(question) > 0 ? silence : question;
    }

    private void refuseOverdue() throws QmpException {
        for (Order order : List.copyOf(unanswered.values())) {
            if (System.nanoTime() - order.since > limits.command().toNanos()) {
                answered(order.id);
                order.answer.completeExceptionally(new QmpException(order.command + ": unanswered for "
                        + seconds(limits.command()) + "; whether QEMU did it is unknown"));
            }
        }
    }

    private void askForSign() throws QmpException {
        long quiet = System.nanoTime() - lastSign;
        if (untilGivenUp().isNegative()) {
            throw new QmpException(
                    "QEMU has said nothing for " + seconds(Duration.ofNanos(quiet)) + ", a question included");
        }
        if (quiet > limits.heartbeat().toNanos() && unanswered.isEmpty()) {
            execute("query-status", QmpCodec.arguments());
        }
    }

    private void end(String cause) throws IOException {
        List<Order> lost = new ArrayList<>(unanswered.values());
        synchronized (orders) {
            ended = cause;
            lost.addAll(orders);
            orders.clear();
        }
        unanswered.clear();
        close();
        for (Order order : lost) {
            order.answer.completeExceptionally(
                    new QmpException(order.command + ": whether QEMU did it is unknown: " + cause));
        }
    }

    /** For the thread that attends; others interrupt it. */
    @Override
    public void close() throws IOException {
        channel.close();
        selector.close();
    }

    private static QmpException refused(String command, QmpMessage.Refusal refusal) {
        return new QmpException(command + ": QEMU refused: " + refusal.errorClass() + ": " + refusal.description());
    }

    private static ByteBuffer bytes(String line) {
        return ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    }

    private static String seconds(Duration duration) {
        return duration.toMillis() / 1000.0 + " s";
    }
}
