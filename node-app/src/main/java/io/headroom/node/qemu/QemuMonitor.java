package io.headroom.node.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.port.Qemu;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One VM's QEMU through its QMP socket. A daemon thread named after the VM keeps the connection and builds it again,
 * without end and with growing pauses, until {@link #close()}.
 *
 * <p>Stages complete on that thread, and events are told on it in QEMU's order: whoever takes them must not block.
 * {@link Event.Disconnected} is told when a connection is lost, and when an attempt fails for another cause than
 * before. Every failed stage has a message for operators with the VM, the command and QEMU's own words.
 */
public final class QemuMonitor implements Qemu {
    private static final Logger LOG = LoggerFactory.getLogger(QemuMonitor.class);
    private static final int UNKNOWN_EVENTS_REPORTED = 100;

    private final VmName vm;
    private final Path socket;
    private final QmpLimits limits;
    private final Listeners listeners = Listeners.ofTheKernel();
    private final Consumer<Event> events;
    private final Thread thread;
    private final Set<String> unknownEvents = new HashSet<>();

    private volatile QmpConnection connection;
    private volatile String trouble = "none was tried yet";
    private volatile boolean closed;
    /** The QEMU that was connected last stood in the kernel's list: that it does not any longer means something. */
    private boolean wasListed;

    private QemuMonitor(VmName vm, Path socket, QmpLimits limits, Consumer<Event> events) {
        this.vm = vm;
        this.socket = socket;
        this.limits = limits;
        this.events = events;
        this.thread = new Thread(this::stayConnected, "qmp-" + vm);
        thread.setDaemon(true);
    }

    /**
     * Begins to connect, and returns at once.
     *
     * @param socket the QMP socket; it need not exist yet
     * @param events takes what QEMU says, on the monitor's own thread; it must not block
     */
    public static QemuMonitor watch(VmName vm, Path socket, QmpLimits limits, Consumer<Event> events) {
        QemuMonitor monitor = new QemuMonitor(vm, socket, limits, events);
        monitor.thread.start();
        return monitor;
    }

    @Override
    public CompletionStage<View> look() {
        CompletableFuture<JsonNode> status = ask("query-status");
        CompletableFuture<JsonNode> block = ask("query-block");
        CompletableFuture<JsonNode> stats = ask("query-blockstats");
        CompletableFuture<JsonNode> nodes = namedNodes();
        return CompletableFuture.allOf(status, block, stats, nodes)
                .thenApply(answered -> understood(() -> new View(
                        Fields.text(status.join(), "status"),
                        new BlockGraph(nodes.join()).disks(block.join(), stats.join()))));
    }

    @Override
    public CompletionStage<Bytes> arm(String storageNode, Bytes threshold) {
        ObjectNode arguments =
                QmpCodec.arguments().put("node-name", storageNode).put("write-threshold", threshold.value());
        return ask("block-set-write-threshold", arguments)
                .thenCompose(armed -> statsByNode())
                .thenApply(stats -> understood(() -> BlockGraph.pointer(storageNode, stats)));
    }

    @Override
    public CompletionStage<Void> resize(String storageNode, Bytes size) {
        CompletableFuture<JsonNode> nodes = namedNodes();
        return statsByNode()
                .thenCombine(
                        nodes,
                        (stats, named) -> understood(() -> new BlockGraph(named).resized(storageNode, size, stats)))
                .thenCompose(options -> {
                    ObjectNode arguments = QmpCodec.arguments();
                    arguments.putArray("options").add(options);
                    return ask("blockdev-reopen", arguments);
                })
                .thenApply(done -> null);
    }

    @Override
    public CompletionStage<Void> resume() {
        return ask("cont").thenApply(done -> null);
    }

    /** Also ends the thread, and fails what is under way. Nothing is told afterwards. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    private CompletableFuture<JsonNode> namedNodes() {
        return ask("query-named-block-nodes", QmpCodec.arguments().put("flat", true));
    }

    private CompletableFuture<JsonNode> statsByNode() {
        return ask("query-blockstats", QmpCodec.arguments().put("query-nodes", true));
    }

    private CompletableFuture<JsonNode> ask(String command) {
        return ask(command, QmpCodec.arguments());
    }

    private CompletableFuture<JsonNode> ask(String command, ObjectNode arguments) {
        QmpConnection present = connection;
        if (present == null) {
            return CompletableFuture.failedFuture(
                    new QmpException("VM " + vm + ": " + command + ": not sent: no monitor connection: " + trouble));
        }
        return present.execute(command, arguments).toCompletableFuture().handle((answer, failure) -> {
            if (failure != null) {
                throw failed(failure);
            }
            return answer;
        });
    }

    private interface Reading<T> {
        T read() throws QmpException;
    }

    private <T> T understood(Reading<T> reading) {
        try {
            return reading.read();
        } catch (QmpException misunderstood) {
            throw failed(misunderstood);
        }
    }

    private CompletionException failed(Throwable cause) {
        return new CompletionException(new QmpException("VM " + vm + ": " + cause.getMessage(), cause));
    }

    private void stayConnected() {
        Duration pause = limits.firstRetry();
        while (!closed) {
            boolean stood = false;
            long began = System.nanoTime();
            try (QmpConnection opened = QmpConnection.open(socket, limits)) {
                connection = opened;
                stood = true;
                wasListed = listeners.at(socket) == Listeners.Sight.LISTENED;
                LOG.info("VM {}: monitor connected at {}", vm, socket);
                tell(new Event.Connected());
                opened.attend(this::take);
            } catch (DesertedSocket nobody) {
                connection = null;
                deserted(nobody);
            } catch (IOException | RuntimeException ended) {
                connection = null;
                report(stood, ended);
            }
            // A monitor that hangs up on everybody at once is no reason to hurry.
            if (stood && System.nanoTime() - began > limits.lastRetry().toNanos()) {
                pause = limits.firstRetry();
            }
            pause = pauseFor(pause);
        }
    }

    private void take(QmpMessage message) {
        if (message instanceof QmpMessage.Told told) {
            tell(told.event());
        } else if (message instanceof QmpMessage.UnknownEvent unknown) {
            if (unknownEvents.size() < UNKNOWN_EVENTS_REPORTED && unknownEvents.add(unknown.name())) {
                LOG.info("VM {}: event {} means nothing to Headroom; it is ignored from now on", vm, unknown.name());
            }
        } else {
            throw new AssertionError("unhandled " + message);
        }
    }

    /** It is believed only where nothing contradicts it: while a QEMU lives, what it has open is not given up. */
    private void deserted(DesertedSocket nobody) {
        Listeners.Sight sight = listeners.at(socket);
        report(false, new QmpException(nobody.getMessage() + next(sight), nobody));
        if (sight == Listeners.Sight.NOBODY && wasListed) {
            tell(new Event.Deserted());
        }
    }

    private static String next(Listeners.Sight sight) {
        switch (sight) {
            case LISTENED:
                return ", but a process listens at the socket whose file was here before, as a VM's QEMU does after a"
                        + " second start of the VM; it is not guarded: end that process, then start the VM again";
            case NOBODY:
                return "; if the VM has ended, remove the socket";
            case UNKNOWN:
                return ", and the kernel's list of sockets cannot be read; if the VM has ended, remove the socket";
            default:
                throw new AssertionError("unhandled " + sight);
        }
    }

    private void report(boolean stood, Exception ended) {
        String cause = String.valueOf(ended.getMessage());
        if (closed || (!stood && cause.equals(trouble))) {
            return;
        }
        trouble = cause;
        if (ended instanceof IOException) {
            LOG.warn("VM {}: no monitor connection: {}; it is tried again", vm, cause);
        } else {
            LOG.error("VM {}: the monitor connection is built again after a defect of Headroom", vm, ended);
        }
        tell(new Event.Disconnected(cause));
    }

    private void tell(Event event) {
        if (!closed) {
            events.accept(event);
        }
    }

    /** Waits, and returns the next, longer pause. */
    private Duration pauseFor(Duration pause) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException stop) {
            // Only close() interrupts, after it has set the flag that ends the loop.
            Thread.currentThread().interrupt();
        }
        Duration longer = pause.multipliedBy(2);
        return longer.compareTo(limits.lastRetry()) > 0 ? limits.lastRetry() : longer;
    }
}
