package io.headroom.chaos;

import io.headroom.guest.GuestImage;
import io.headroom.guest.GuestVm;
import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.file.PoolFiles;
import io.headroom.rig.Networks;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import io.headroom.rig.Signals;
import io.headroom.rig.Watch;
import io.headroom.store.journal.JournalSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/** The pool that suffers: nodes in networks of their own, guests that write all the time, small disks for logs and journal. */
final class Stage implements AutoCloseable {
    static final Bytes RATE = Bytes.mebi(1);

    private static final Duration START_LIMIT = Duration.ofMinutes(8);
    private static final Duration SUCCESSOR_LIMIT = Duration.ofMinutes(2);
    private static final Duration CALM_LIMIT = Duration.ofMinutes(2);
    private static final Bytes INITIAL = Bytes.mebi(64);
    private static final String SMALL = "24m";

    private final Rig rig;
    private final Optional<Networks> network;
    private final Optional<Clocks> clocks;
    private final MailboxBlocks mailbox;
    private final Throttle throttle;
    private final Path directory;
    private final Path distribution;
    private final boolean smallDisks;
    private final GuestImage image;
    private final Thread lastWill = new Thread(this::end, "end-of-chaos");
    private final Map<Integer, Integer> earlierPauses = new HashMap<>();
    private int copies;

    private Stage(Rig.Plan plan, Rig rig, Optional<Networks> network, Optional<Clocks> clocks, GuestImage image)
            throws IOException {
        this.directory = plan.directory();
        this.distribution = plan.distribution();
        this.rig = rig;
        this.network = network;
        this.clocks = clocks;
        this.image = image;
        this.mailbox = MailboxBlocks.open(new PoolFiles(rig.pool()).mailbox());
        this.throttle = Throttle.on(rig.pool());
        Runtime.getRuntime().addShutdownHook(lastWill);
        this.smallDisks = mount(journalDisk()) && mount(logDisk());
        if (smallDisks) {
            for (int host = 1; host <= rig.nodes().size(); host++) {
                Files.createSymbolicLink(
                        directory.resolve("host" + host + ".log"), logDisk().resolve("host" + host));
            }
        }
    }

    /** Starts everything; returns when every guest is guarded. @param length for which the guests have to write */
    static Stage set(Path directory, Path distribution, int hosts, Duration length, boolean withClocks)
            throws Exception {
        Optional<Clocks> clocks =
                withClocks ? Optional.of(Clocks.in(directory.resolveSibling("clocks"))) : Optional.empty();
        Optional<Networks> network = Networks.arePossible() ? Optional.of(Networks.create(hosts)) : Optional.empty();
        Bytes region = Bytes.of(RATE.value() * length.toSeconds()).plus(Bytes.mebi(512));
        Rig.Plan plan = new Rig.Plan(
                directory,
                distribution,
                hosts,
                region.times(hosts + 1L).plus(Bytes.gibi(hosts)),
                region.plus(Bytes.mebi(64)),
                INITIAL,
                List.of(
                        // The first seed is gone for good: nobody listens there.
                        "cluster.seeds = [\"127.0.0.1:9\"]",
                        "mailbox.sign-of-life = 2s",
                        "growth.smallest-chunk = 8M",
                        "growth.largest-chunk = 64M",
                        "growth.takeover = 30s"));
        unmount(directory);
        Stage stage;
        try {
            Rig rig = Rig.create(plan, host -> {
                Rig.Place place = network.map(net -> net.place(host)).orElse(Rig.Place.LOOPBACK);
                return clocks.map(own -> own.with(place, host)).orElse(place);
            });
            GuestImage image = GuestImage.writing(1, region).perSecond(RATE);
            stage = new Stage(plan, rig, network, clocks, image);
        } catch (IOException failed) {
            network.ifPresent(Networks::close);
            throw failed;
        }
        try {
            for (NodeProcess node : stage.nodes()) {
                node.start();
                stage.rig.startGuest(node.host(), stage.image(node.host()));
            }
            Watch.until("an SPM serves", START_LIMIT, () -> stage.rig.serving().isPresent());
            return stage;
        } catch (Exception failed) {
            stage.close();
            throw failed;
        }
    }

    private GuestImage image(int host) {
        return new GuestImage(
                image.first(), image.sectors(), host, image.stride(), image.request(), image.pace(), image.disks());
    }

    private static boolean mount(Path disk) throws IOException {
        Files.createDirectories(disk);
        return Signals.succeeds("mount", "-t", "tmpfs", "-o", "size=" + SMALL, "headroom-chaos", disk.toString());
    }

    private static void unmount(Path directory) {
        for (Path disk : List.of(directory.resolve("pool/journal"), directory.resolve("logs"))) {
            Signals.succeeds("umount", disk.toAbsolutePath().toString());
        }
    }

    Rig rig() {
        return rig;
    }

    List<NodeProcess> nodes() {
        return rig.nodes();
    }

    Optional<Networks> network() {
        return network;
    }

    Optional<Clocks> clocks() {
        return clocks;
    }

    MailboxBlocks mailbox() {
        return mailbox;
    }

    Throttle throttle() {
        return throttle;
    }

    Path journalDisk() {
        return new PoolFiles(rig.pool()).journal();
    }

    Path logDisk() {
        return directory.resolve("logs").toAbsolutePath();
    }

    Optional<String> noSmallDisks() {
        return smallDisks ? Optional.empty() : Optional.of("'mount -t tmpfs' does not work here; it needs root");
    }

    String journalUrl() {
        return new JournalSettings.Embedded(journalDisk().resolve("ledger")).url();
    }

    NodeProcess any(RandomGenerator chance) {
        return nodes().get(chance.nextInt(nodes().size()));
    }

    NodeProcess spm() throws TimeoutException {
        return rig.node(serving().spm());
    }

    NodeProcess otherThanSpm(RandomGenerator chance) throws TimeoutException {
        int spm = serving().spm();
        return rig.node(1 + (spm - 1 + 1 + chance.nextInt(nodes().size() - 1)) % nodes().size());
    }

    /** The words of the SPM; a frozen one that woke up may have stepped down a moment ago, since it was removed. */
    Answer.Pool serving() throws TimeoutException {
        AtomicReference<Answer.Pool> found = new AtomicReference<>();
        Watch.until("an SPM serves", SUCCESSOR_LIMIT, () -> {
            rig.serving().ifPresent(found::set);
            return found.get() != null;
        });
        return found.get();
    }

    /** @return from {@code began} until an SPM of a later epoch was heard */
    Duration awaitSuccessor(long epoch, long began) throws Exception {
        Watch.until(
                "an SPM serves after epoch " + epoch,
                SUCCESSOR_LIMIT,
                () -> rig.serving().filter(pool -> pool.epoch() > epoch).isPresent());
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Returns when the node is a member that reaches the SPM, and guards its guest. */
    void awaitGuarded(NodeProcess node) throws Exception {
        Watch.until(
                "node " + node.host() + " guards its guest as a member",
                CALM_LIMIT,
                () -> node.api()
                                .status()
                                .filter(status -> status.member() && status.pool() != null)
                                .isPresent()
                        && disk(node).filter(disk -> disk.thresholdBytes() > 0).isPresent());
    }

    /** The host's own view of its guest's disk. */
    static Optional<Answer.Disk> disk(NodeProcess node) {
        return node.api().disks().flatMap(disks -> disks.disks().stream().findFirst());
    }

    /** Guests that write where they have not written yet; one that was started again begins with what it has. */
    List<Integer> growing() {
        return rig.guests().keySet().stream()
                .filter(host -> !earlierPauses.containsKey(host))
                .toList();
    }

    /** Returns when the volume of each guest that writes new space is larger than it is now. */
    void awaitGrowthOfAll() throws Exception {
        for (int host : growing()) {
            Bytes now = rig.volumeSize(host);
            Watch.until(
                    "the volume of host " + host + " grows",
                    CALM_LIMIT,
                    () -> rig.volumeSize(host).isOver(now));
        }
    }

    /** Nodes that a fault left dead run again. */
    void revive() throws IOException {
        for (NodeProcess node : nodes()) {
            if (!node.isAlive()) {
                node.start();
            }
        }
    }

    /** The same program in another directory, as an upgrade brings it. */
    Path copyOfDistribution() throws IOException {
        Path copy = directory.resolve("distribution-" + ++copies);
        Signals.run("cp", "-a", distribution.toString(), copy.toString());
        return copy;
    }

    /** {@code kill -9} of a host's QEMU, and the same VM again. */
    void restartGuest(int host, Duration pause) throws IOException {
        GuestVm guest = rig.guests().get(host);
        earlierPauses.merge(host, rig.pauses(host).pauses(), Integer::sum);
        rig.pauses(host).close();
        Signals.run("kill", "-KILL", Long.toString(guest.pid()));
        guest.close();
        Watch.pause(pause);
        rig.startGuest(host, image(host));
    }

    /** How often QEMU stopped the host's guests since the beginning. */
    int pauses(int host) {
        return earlierPauses.getOrDefault(host, 0) + rig.pauses(host).pauses();
    }

    /** However this process ends, nothing that it started goes on. */
    private void end() {
        try {
            endAll();
        } catch (IOException failed) {
            System.err.println("could not end everything: " + failed.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        try {
            Runtime.getRuntime().removeShutdownHook(lastWill);
        } catch (IllegalStateException shuttingDown) {
            // The last will is being carried out.
            return;
        }
        endAll();
    }

    private void endAll() throws IOException {
        throttle.close();
        rig.close();
        mailbox.close();
        network.ifPresent(Networks::close);
        keepLogs();
        unmount(directory);
    }

    private void keepLogs() throws IOException {
        if (smallDisks) {
            for (int host = 1; host <= nodes().size(); host++) {
                Path link = directory.resolve("host" + host + ".log");
                Path log = logDisk().resolve("host" + host);
                Files.delete(link);
                if (Files.exists(log)) {
                    Files.copy(log, link);
                }
            }
        }
    }
}
