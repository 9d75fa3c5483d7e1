package io.headroom.simulation;

import io.headroom.disk.GrowthPolicy;
import io.headroom.host.Outbox;
import io.headroom.mailbox.OutgoingBlock;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.VolumeId;
import io.headroom.port.Bell;
import io.headroom.port.HostMail;
import io.headroom.port.Volumes;
import io.headroom.store.mailbox.MailboxArea;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A host's process: carries out what its outbox decides, and tends the VMs of its host. */
class SimHost {
    static final GrowthPolicy POLICY = new GrowthPolicy(Bytes.mebi(64), Bytes.mebi(256), Duration.ofSeconds(4));
    static final Outbox.Timing TIMING =
            new Outbox.Timing(Duration.ofMillis(250), Duration.ofSeconds(2), Duration.ofSeconds(10));
    private static final Duration RETRY = Duration.ofSeconds(2);

    /** Hears what a host says on the storage. */
    interface Witness {
        void posting(Incarnation incarnation, OutgoingBlock block);
    }

    /** What a host's process needs of the world around it. */
    record Surroundings(
            Timeline timeline,
            Calls calls,
            SimPool pool,
            MailboxArea area,
            Bell spm,
            Execution execution,
            Witness witness) {}

    private final HostId id;
    private final Life life;
    private final Surroundings around;
    private final long nonce;
    private final List<SimGuest> guests;
    private final HostMail mail;
    private final List<HostedVm> vms = new ArrayList<>();
    private final Map<VolumeId, HostedVm> byVolume = new HashMap<>();
    private Outbox outbox;

    SimHost(HostId id, Life life, long nonce, List<SimGuest> guests, Surroundings around) {
        this.id = id;
        this.life = life;
        this.nonce = nonce;
        this.guests = guests;
        this.around = around;
        this.mail = around.area().hostMail(id);
        start();
    }

    private record Started(HostMail.Left left, HostMail.Arrived arrived) {}

    private void start() {
        Calls.hear(
                life,
                () -> mail.previous().thenCombine(mail.read(1), Started::new),
                this::started,
                cause -> life.after(RETRY, this::start));
    }

    private void started(Started started) {
        Incarnation incarnation =
                Outbox.following(started.left().block(), started.arrived().blocks(), nonce);
        outbox = new Outbox(World.POOL, id, incarnation, "host" + id + ":7600", TIMING);
        step(new Outbox.Arrived(
                started.arrived().header(), List.of(), around.timeline().now()));
        life.every(TIMING.hurry(), () -> step(new Outbox.Tick(around.timeline().now())));
        for (SimGuest guest : guests) {
            HostedVm vm = new HostedVm(guest, life, new OwnVolumes(), around, this::step);
            guest.images().forEach(image -> byVolume.put(image.volume(), vm));
            vms.add(vm);
        }
    }

    /** The SPM rings. */
    void rung() {
        life.tell(() -> {
            if (outbox != null) {
                step(new Outbox.Rung());
            }
        });
    }

    void step(Outbox.Input input) {
        for (Outbox.Effect effect : outbox.on(input)) {
            around.execution().run(life, effect, () -> run(effect));
        }
    }

    void run(Outbox.Effect effect) {
        if (effect instanceof Outbox.Write write) {
            OutgoingBlock block = write.block();
            around.witness().posting(outbox.incarnation(), block);
            Calls.hear(
                    life,
                    () -> mail.post(block),
                    done -> step(new Outbox.Written(
                            block.index(), block.sequence(), around.timeline().now())),
                    cause -> step(new Outbox.WriteFailed(block.index())));
        } else if (effect instanceof Outbox.Ring) {
            around.spm().ring(id);
            Calls.hear(life, mail::ring, done -> {}, cause -> {});
        } else if (effect instanceof Outbox.Read read) {
            Calls.hear(
                    life,
                    () -> mail.read(read.blocks()),
                    arrived -> step(new Outbox.Arrived(
                            arrived.header(),
                            arrived.blocks(),
                            around.timeline().now())),
                    cause -> step(new Outbox.ReadFailed()));
        } else if (effect instanceof Outbox.Posted posted) {
            tend(posted.volume(), vm -> vm.posted(posted.volume()));
        } else if (effect instanceof Outbox.Deliver deliver) {
            tend(deliver.volume(), vm -> vm.replied(deliver.volume(), deliver.reply()));
        } else if (effect instanceof Outbox.NoSlot none) {
            throw new AssertionError("the hosts of this world have few disks, yet " + none);
        } else if (!(effect instanceof Outbox.EpochSeen)) {
            throw new AssertionError("unhandled " + effect);
        }
    }

    private void tend(VolumeId volume, Consumer<HostedVm> message) {
        Optional.ofNullable(byVolume.get(volume)).ifPresent(vm -> life.tell(() -> message.accept(vm)));
    }

    List<HostedVm> vms() {
        return vms;
    }

    @Override
    public String toString() {
        return "host " + id + " " + vms;
    }

    /** The pool's volumes as this host sees them: a volume's growth is seen when it was refreshed. */
    private final class OwnVolumes implements Volumes {
        @Override
        public CompletionStage<Optional<Found>> find(String path) {
            return around.calls().call(life, () -> {
                VolumeId volume = new VolumeId(path.substring(path.lastIndexOf('/') + 1));
                return Optional.of(
                        new Found(volume, volume.value(), image(volume).device(), true));
            });
        }

        @Override
        public CompletionStage<String> activate(VolumeId volume) {
            return around.calls().call(life, volume::value);
        }

        @Override
        public CompletionStage<Void> deactivate(VolumeId volume) {
            return around.calls().call(life, () -> null);
        }

        @Override
        public CompletionStage<Bytes> refresh(VolumeId volume) {
            return around.calls()
                    .call(life, () -> image(volume).refresh(around.pool().size(volume)));
        }

        @Override
        public CompletionStage<Bytes> imageEnd(VolumeId volume) {
            return around.calls().call(life, () -> image(volume).end());
        }

        private SimGuest.Image image(VolumeId volume) {
            return guests.stream()
                    .flatMap(guest -> guest.images().stream())
                    .filter(image -> image.volume().equals(volume))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
