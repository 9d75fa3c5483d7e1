package io.headroom.rig;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.node.api.Answer;
import io.headroom.node.file.FileVolumes;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.process.Command;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Volumes;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A pool of the file back end, its nodes as processes and its guests in QEMUs of their own: a killed node's guest
 * writes on. Everything that it started ends with {@link #close()}.
 */
public final class Rig implements AutoCloseable {
    private static final Duration CREATION_LIMIT = Duration.ofSeconds(60);
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(60);
    private static final int OUTPUT = 1 << 20;

    private static final Duration BUSY_LIMIT = Duration.ofMinutes(2);
    private static final Duration BUSY_PAUSE = Duration.ofMillis(250);
    private static final List<String> UNANSWERED = List.of(
            "no SPM answers",
            "the SPM does not know yet",
            "the SPM's tenure ended",
            "this host does not answer",
            "does not answer: no whole answer",
            "still going on",
            "the history cannot be read",
            "held is unknown",
            "released is unknown");

    /** Below the kernel's own choice, which begins at 32768 unless somebody has set it otherwise. */
    private static final int FIRST_PORT = 20_000;

    private static final int PORTS = 10_000;

    /** Two processes at a time hardly begin at the same port. */
    private static final AtomicInteger NEXT_PORT =
            new AtomicInteger((int) (ProcessHandle.current().pid() * 61 % PORTS));

    private final Plan plan;
    private final Path sockets;
    private final List<NodeProcess> nodes;
    private final Map<Integer, GuestVm> guests = new TreeMap<>();
    private final Map<Integer, PauseCounter> counters = new TreeMap<>();

    /**
     * @param directory for the pool and the logs; emptied first; its file system must know direct I/O
     * @param distribution the unpacked program: {@code bin/} and {@code lib/}
     * @param guests how many volumes there are, one for each guest; guest {@code n} is at home on host {@code n}, and
     *     more guests than hosts on the hosts in turn
     * @param settings further keys of every node's configuration, {@code growth.takeover = 10s}
     */
    public record Plan(
            Path directory,
            Path distribution,
            int hosts,
            int guests,
            Bytes capacity,
            Bytes virtualSize,
            Bytes initial,
            List<String> settings) {
        /** One guest for each host. */
        public Plan(
                Path directory,
                Path distribution,
                int hosts,
                Bytes capacity,
                Bytes virtualSize,
                Bytes initial,
                List<String> settings) {
            this(directory, distribution, hosts, hosts, capacity, virtualSize, initial, settings);
        }
    }

    /**
     * Where a node lives.
     *
     * @param entering the words before the program's own, {@code ip netns exec NAME}
     * @param clusterHost the address to which its cluster port binds
     * @param httpHost the address under which it answers
     */
    public record Place(List<String> entering, String clusterHost, String httpHost) {
        public static final Place LOOPBACK = new Place(List.of(), "127.0.0.1", "127.0.0.1");
    }

    private Rig(Plan plan, Path sockets, List<NodeProcess> nodes) {
        this.plan = plan;
        this.sockets = sockets;
        this.nodes = nodes;
    }

    /** Creates the pool and the nodes' configurations; nothing runs yet. */
    public static Rig create(Plan plan) throws IOException {
        return create(plan, host -> Place.LOOPBACK);
    }

    /** The same with each host's node in a place of its own. */
    public static Rig create(Plan plan, IntFunction<Place> places) throws IOException {
        remove(plan.directory());
        Files.createDirectories(plan.directory());
        Path launcher = NodeProcess.launcher(plan.distribution());
        if (!Files.isExecutable(launcher)) {
            throw new IOException("there is no program at " + launcher + "; build it first: mvn -DskipTests package");
        }
        createPool(plan, launcher);
        Path sockets = Files.createTempDirectory("headroom-");
        List<NodeProcess> nodes = new ArrayList<>();
        for (int host = 1; host <= plan.hosts(); host++) {
            nodes.add(node(plan, places.apply(host), sockets, host));
        }
        return new Rig(plan, sockets, List.copyOf(nodes));
    }

    private static void createPool(Plan plan, Path launcher) throws IOException {
        List<String> argv = new ArrayList<>(List.of(
                launcher.toString(),
                "pool",
                "create",
                pool(plan).toString(),
                "--capacity=" + plan.capacity().value(),
                "--initial=" + plan.initial().value(),
                "--extent=1M"));
        IntStream.rangeClosed(1, plan.guests())
                .forEach(guest -> argv.add(
                        "--volume=" + volume(guest) + "=" + plan.virtualSize().value()));
        Command.Outcome outcome = new Command(argv, CREATION_LIMIT, OUTPUT).run();
        if (!(outcome instanceof Command.Outcome.Exited exited) || exited.status() != 0) {
            throw new IOException("the pool could not be created: " + outcome);
        }
    }

    private static NodeProcess node(Plan plan, Place place, Path sockets, int host) throws IOException {
        Path monitors = Files.createDirectories(sockets.resolve("host" + host));
        int http = freePort();
        List<String> lines = new ArrayList<>(List.of(
                "headroom {",
                "host-id = " + host,
                "pool.directory = \"" + pool(plan) + "\"",
                "qemu.directory = \"" + monitors + "\"",
                "cluster.host = \"" + place.clusterHost() + "\"",
                "cluster.port = " + freePort(),
                "http.host = \"" + place.httpHost() + "\"",
                "http.port = " + http));
        lines.addAll(plan.settings());
        lines.add("}");
        Path config = plan.directory().resolve("host" + host + ".conf");
        Files.write(config, lines);
        Path log = plan.directory().resolve("host" + host + ".log");
        return new NodeProcess(host, place, plan.distribution(), config, log, http);
    }

    /**
     * A TCP port of the loopback that nobody listens on at the moment. This process gives none twice, and the kernel
     * none of them to whoever asks for just any, so it is still free when its node binds it, and at the node's restart.
     */
    public static int freePort() throws IOException {
        for (int tried = 0; tried < PORTS; tried++) {
            int port = FIRST_PORT + Math.floorMod(NEXT_PORT.getAndIncrement(), PORTS);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (BindException taken) {
                // Somebody else's: the next one may be free.
            }
        }
        throw new IOException("of the ports from " + FIRST_PORT + " on, all " + PORTS + " are taken");
    }

    /** Starts a VM on the guest's host, whose disk is the guest's volume. */
    public GuestVm startGuest(int guest, GuestImage image) throws IOException {
        VmName name = new VmName("guest" + guest);
        GuestVm.Disk disk = new GuestVm.Disk(new PoolFiles(pool()).image(volume(guest)), volumeSize(guest));
        Path monitor = monitors(hostOf(guest)).resolve(name + ".sock");
        GuestVm started = GuestVm.start(new GuestVm.Plan(name, sockets, monitor, List.of(disk), image, false));
        guests.put(guest, started);
        counters.put(guest, new PauseCounter(name, started.observer()));
        return started;
    }

    /** Where the guest is at home. */
    public int hostOf(int guest) {
        return (guest - 1) % plan.hosts() + 1;
    }

    /** Of the guest with this number, which is its host's where there is one for each. */
    public static String volume(int guest) {
        return "disk" + guest;
    }

    public Path pool() {
        return pool(plan);
    }

    private static Path pool(Plan plan) {
        return plan.directory().resolve("pool").toAbsolutePath();
    }

    /** What the storage itself says that the guest's volume may use. */
    public Bytes volumeSize(int guest) {
        PoolFiles files = new PoolFiles(pool());
        Volumes volumes = new FileVolumes(files, new QemuImg(CREATION_LIMIT), Runnable::run);
        String image = files.image(volume(guest)).toString();
        return volumes.find(image)
                .toCompletableFuture()
                .join()
                .orElseThrow(() -> new IllegalStateException(image + " is no volume"))
                .size();
    }

    /** Where the host's node finds its monitors: a socket that is put there is a VM. */
    public Path monitors(int host) {
        return sockets.resolve("host" + host);
    }

    /** Runs the program once with these arguments, as an operator does. */
    public Command.Outcome run(String... arguments) {
        List<String> argv = new ArrayList<>(
                List.of(NodeProcess.launcher(plan.distribution()).toString()));
        argv.addAll(List.of(arguments));
        return new Command(argv, COMMAND_LIMIT, OUTPUT).run();
    }

    /**
     * The same, again and again while it says that whoever lives had no time to answer: a machine that stands still for
     * seconds costs a node its own limits. Orders can be repeated, and so can questions.
     */
    public Command.Outcome runUntilAnswered(String... arguments) {
        long began = System.nanoTime();
        Command.Outcome outcome = run(arguments);
        while (isUnanswered(outcome) && System.nanoTime() - began < BUSY_LIMIT.toNanos()) {
            Watch.pause(BUSY_PAUSE);
            outcome = run(arguments);
        }
        return outcome;
    }

    private static boolean isUnanswered(Command.Outcome outcome) {
        return outcome instanceof Command.Outcome.Exited exited
                && exited.status() != 0
                && UNANSWERED.stream().anyMatch(exited.errors()::contains);
    }

    /** The words of the SPM that serves now, through the first node that reaches it. */
    public Optional<Answer.Pool> serving() {
        return nodes.stream()
                .filter(NodeProcess::isAlive)
                .map(node -> node.api().pool())
                .flatMap(Optional::stream)
                .filter(pool -> pool.phase().equals("serving"))
                .findFirst();
    }

    public List<NodeProcess> nodes() {
        return nodes;
    }

    public NodeProcess node(int host) {
        return nodes.get(host - 1);
    }

    /** By their numbers, which are their hosts' where there is one for each. */
    public Map<Integer, GuestVm> guests() {
        return guests;
    }

    public PauseCounter pauses(int guest) {
        return counters.get(guest);
    }

    /** Ends the guests in order; their images can be read then. */
    public void stopGuests() throws IOException {
        counters.values().forEach(PauseCounter::close);
        for (GuestVm guest : guests.values()) {
            guest.close();
        }
    }

    /** Ends guests and nodes, the nodes by force: nobody is left to whom one would hand over in order. */
    @Override
    public void close() throws IOException {
        try {
            stopGuests();
        } finally {
            nodes.stream().filter(NodeProcess::isAlive).forEach(NodeProcess::kill);
        }
        remove(sockets);
    }

    /** Removes a directory with everything in it, if it is there. */
    public static void remove(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> found = Files.walk(directory)) {
            for (Path path : found.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
