package io.headroom.bench;

import io.headroom.disk.GrowthPolicy;
import io.headroom.fake.FakeNotebook;
import io.headroom.fake.FakeQemu;
import io.headroom.host.HostActor;
import io.headroom.host.HostReport;
import io.headroom.host.Outbox;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.node.file.FilePool;
import io.headroom.node.file.FileVolumes;
import io.headroom.node.file.PoolFiles;
import io.headroom.node.qemu.QemuImg;
import io.headroom.port.Bell;
import io.headroom.port.Clock;
import io.headroom.port.Qemu;
import io.headroom.port.Volumes;
import io.headroom.rig.Watch;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.mailbox.MailboxArea;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * A host as a node runs it, with its own way to the mailbox; only its QEMUs are fakes, one for each volume, whose
 * guests write when they are told to.
 */
final class BenchHost implements AutoCloseable {
    /** What each request asks for; also the extent of the pools. */
    static final Bytes CHUNK = Bytes.mebi(1);

    private static final GrowthPolicy POLICY = new GrowthPolicy(CHUNK, CHUNK, Duration.ofSeconds(1));
    private static final Duration QEMU_IMG_LIMIT = Duration.ofSeconds(30);
    private static final Duration LIFE = Duration.ofSeconds(10);
    private static final Duration ROUND_LIMIT = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(1);
    private static final Bytes CLUSTER = Bytes.of(64 << 10);
    private static final Bytes VIRTUAL_SIZE = Bytes.gibi(100);
    private static final String DISK = "disk";

    private final ActorSystem<?> system;
    private final BlockDevice device;
    private final ActorRef<HostActor.Command> actor;
    private final List<String> volumes;
    private final Map<VmName, FakeQemu> guests = new ConcurrentHashMap<>();
    private final BlockingQueue<TimedMail.Answered> answered = new LinkedBlockingQueue<>();

    /**
     * @param address where its node is reached by others; empty where it is in no cluster
     * @param volumes the names of those that its guests write to
     */
    record Plan(HostId host, String address, List<String> volumes, Rhythm rhythm) {}

    /** @param spm rings the SPM over the network */
    BenchHost(ActorSystem<?> system, PoolFiles files, ExecutorService blocking, Plan plan, Bell spm)
            throws IOException {
        this.system = system;
        this.volumes = plan.volumes();
        this.device = BlockDevice.open(files.mailbox(), BlockDevice.Settings.DIRECT);
        MailboxArea area = MailboxArea.open(device, FilePool.open(files).id())
                .toCompletableFuture()
                .join();
        HostActor.Settings settings = new HostActor.Settings(
                area.identity().pool(),
                plan.host(),
                plan.address(),
                ThreadLocalRandom.current().nextLong(),
                new Outbox.Timing(plan.rhythm().hurry(), plan.rhythm().scan(), LIFE),
                POLICY);
        Volumes seen = new EmptyImages(new FileVolumes(files, new QemuImg(QEMU_IMG_LIMIT), blocking));
        HostActor.Surroundings around = new HostActor.Surroundings(
                new TimedMail(area.hostMail(plan.host()), answered::add), seen, spm, Clock.system());
        this.actor = system.systemActorOf(HostActor.create(settings, around), "host-" + plan.host(), Props.empty());
        for (String volume : volumes) {
            String image = files.image(volume).toString();
            Bytes size =
                    seen.find(image).toCompletableFuture().join().orElseThrow().size();
            VmName vm = new VmName("vm-" + volume);
            actor.tell(new HostActor.VmFound(vm, new FakeNotebook(), events -> guest(vm, image, size, events)));
        }
    }

    private Qemu guest(VmName vm, String image, Bytes size, Consumer<Qemu.Event> events) {
        FakeQemu guest = new FakeQemu(events);
        guest.attach(DISK, image, VIRTUAL_SIZE, size, true);
        guest.connect();
        guests.put(vm, guest);
        return guest;
    }

    /** The SPM has written a reply for this host. */
    void rung() {
        actor.tell(new HostActor.Rung());
    }

    CompletionStage<HostReport> report() {
        return AskPattern.ask(actor, HostActor.Describe::new, Duration.ofSeconds(3), system.scheduler());
    }

    /** Waits until every disk's threshold is armed with the guest below it, so that a write is told. */
    void awaitArmed() throws TimeoutException {
        long end = System.nanoTime() + ROUND_LIMIT.toNanos();
        while (guests.size() < volumes.size() || !guests.values().stream().allMatch(BenchHost::isArmed)) {
            if (System.nanoTime() > end) {
                throw new TimeoutException("a disk was not armed within " + ROUND_LIMIT.toSeconds() + " s");
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    /** Waits until every disk is found and armed, whatever its guest has written. */
    void awaitGuarded() throws TimeoutException {
        Watch.until(
                "every disk is armed",
                ROUND_LIMIT,
                () -> guests.size() == volumes.size()
                        && guests.values().stream()
                                .noneMatch(guest -> disk(guest).threshold().isZero()));
    }

    private static boolean isArmed(FakeQemu guest) {
        Qemu.Disk disk = disk(guest);
        return !disk.threshold().isZero() && !disk.pointer().isOver(disk.threshold());
    }

    private static Qemu.Disk disk(FakeQemu guest) {
        return guest.look().toCompletableFuture().join().disks().get(0);
    }

    /** Every guest writes a little more than its disk's threshold: every disk asks for space. */
    void write() {
        guests.values()
                .forEach(guest -> guest.write(DISK, disk(guest).threshold().plus(CLUSTER)));
    }

    /** Every guest writes beyond the end of its device, and is stopped. */
    void exhaust() {
        guests.values().forEach(guest -> guest.write(DISK, disk(guest).size().plus(CLUSTER)));
    }

    /** How many of its guests are stopped. */
    long stopped() {
        return guests.values().stream()
                .filter(guest -> guest.look().toCompletableFuture().join().isStoppedByIoError())
                .count();
    }

    /** Waits for the next grant that the host reads. */
    TimedMail.Answered nextGrant() throws TimeoutException, InterruptedException {
        TimedMail.Answered next = answered.poll(ROUND_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new TimeoutException("a request had no reply within " + ROUND_LIMIT.toSeconds() + " s");
        }
        return next;
    }

    /** One round of a host with one volume. */
    TimedMail.Answered round() throws TimeoutException, InterruptedException {
        awaitArmed();
        write();
        return nextGrant();
    }

    /** Gives its device back, after its actor system has ended. */
    @Override
    public void close() throws IOException {
        device.close();
    }

    /** The volumes of the pool, whose images no QEMU has ever written to: there is nothing to measure in them. */
    private record EmptyImages(Volumes pool) implements Volumes {
        @Override
        public CompletionStage<java.util.Optional<Found>> find(String path) {
            return pool.find(path);
        }

        @Override
        public CompletionStage<String> activate(VolumeId volume) {
            return pool.activate(volume);
        }

        @Override
        public CompletionStage<Void> deactivate(VolumeId volume) {
            return pool.deactivate(volume);
        }

        @Override
        public CompletionStage<Bytes> refresh(VolumeId volume) {
            return pool.refresh(volume);
        }

        @Override
        public CompletionStage<Bytes> imageEnd(VolumeId volume) {
            return CompletableFuture.completedFuture(Bytes.ZERO);
        }
    }
}
