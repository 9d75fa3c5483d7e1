package io.headroom.mailbox;

import io.headroom.fake.FakeBlocks;
import io.headroom.fake.FakePool;
import io.headroom.host.Outbox;
import io.headroom.ledger.LogEntry;
import io.headroom.ledger.PoolEvent;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.Limits;
import io.headroom.model.Moment;
import io.headroom.model.PoolId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.HostMail;
import io.headroom.port.PoolLease;
import io.headroom.port.PoolLog;
import io.headroom.port.SpmMail;
import io.headroom.port.Tenure;
import io.headroom.spm.Levels;
import io.headroom.spm.Spm;
import io.headroom.spm.SpmActor;
import io.headroom.store.block.BlockDevice;
import io.headroom.store.event.PoolEventCodec;
import io.headroom.store.mailbox.Identity;
import io.headroom.store.mailbox.Layout;
import io.headroom.store.mailbox.MailboxArea;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The real bytes of a mailbox, with hosts and SPMs at both ends whose time passes as the test says. */
final class MailRoom {
    static final Duration SCAN = Duration.ofSeconds(2);

    private static final PoolId POOL = new PoolId("pool");
    private static final Duration TICK = Duration.ofMillis(100);
    private static final int FIRST_OUTGOING = 3;

    final FakeBlocks storage;
    final FakePool pool;
    final MailboxArea area;
    private final int hosts;
    private final Map<Integer, Host> living = new HashMap<>();
    private final List<Spm.Effect> spmDid = new ArrayList<>();
    private Spm spm;
    private SpmMail mail;
    private Tenure tenure;
    private long millis;

    MailRoom(int hosts, Bytes free) {
        this.pool = new FakePool(free);
        Layout layout = new Layout(hosts, 4, 64);
        this.hosts = hosts;
        this.storage = new FakeBlocks(layout.blocks());
        this.area = done(MailboxArea.create(storage, new Identity(POOL, layout)));
        newSpm();
    }

    /** One life of one host. */
    final class Host {
        private final HostMail mail;
        private final Outbox outbox;
        private final List<Outbox.Effect> did = new ArrayList<>();

        private Host(int id) {
            this.mail = area.hostMail(new HostId(id));
            HostMail.Left left = done(mail.previous());
            HostMail.Arrived arrived = done(mail.read(1));
            Incarnation life = Outbox.following(left.block(), arrived.blocks(), millis);
            this.outbox = new Outbox(
                    POOL,
                    new HostId(id),
                    life,
                    "host" + id,
                    new Outbox.Timing(Duration.ofMillis(200), SCAN, Duration.ofSeconds(10)));
            on(new Outbox.Arrived(arrived.header(), List.of(), now()));
        }

        void wants(String volume, Bytes size) {
            wants(volume, size, Urgency.within(Duration.ofSeconds(30)));
        }

        void wants(String volume, Bytes size, Urgency urgency) {
            on(new Outbox.Wanted(new VolumeId(volume), new VmName("vm1"), size, Why.THRESHOLD, urgency));
        }

        void takes(String volume, Bytes size) {
            on(new Outbox.Taken(new VolumeId(volume), size, LastDone.Steps.NONE));
        }

        List<Reply> replies(String volume) {
            return did.stream()
                    .filter(Outbox.Deliver.class::isInstance)
                    .map(Outbox.Deliver.class::cast)
                    .filter(deliver -> deliver.volume().equals(new VolumeId(volume)))
                    .map(Outbox.Deliver::reply)
                    .toList();
        }

        int openSlots() {
            return outbox.openSlots();
        }

        private void on(Outbox.Input first) {
            Deque<Outbox.Input> inputs = new ArrayDeque<>(List.of(first));
            while (!inputs.isEmpty()) {
                for (Outbox.Effect effect : outbox.on(inputs.remove())) {
                    did.add(effect);
                    if (effect instanceof Outbox.Write write) {
                        inputs.add(written(write.block()));
                    } else if (effect instanceof Outbox.Read read) {
                        inputs.add(read(read.blocks()));
                    }
                }
            }
        }

        private Outbox.Input written(OutgoingBlock block) {
            return mail.post(block).toCompletableFuture().isCompletedExceptionally()
                    ? new Outbox.WriteFailed(block.index())
                    : new Outbox.Written(block.index(), block.sequence(), now());
        }

        private Outbox.Input read(int count) {
            CompletionStage<HostMail.Arrived> stage = mail.read(count);
            if (stage.toCompletableFuture().isCompletedExceptionally()) {
                return new Outbox.ReadFailed();
            }
            HostMail.Arrived arrived = done(stage);
            return new Outbox.Arrived(arrived.header(), arrived.blocks(), now());
        }
    }

    /** A process of this host starts; the one before is dead. */
    Host starts(int host) {
        Host life = new Host(host);
        living.put(host, life);
        return life;
    }

    void dies(int host) {
        living.remove(host);
    }

    /** Another SPM's process starts; the one before is dead. */
    void newSpm() {
        if (tenure != null) {
            done(tenure.release());
        }
        spm = new Spm(
                POOL,
                new HostId(1),
                "host1",
                new Spm.Timing(Duration.ofSeconds(1), SCAN, Duration.ofMillis(200)),
                Levels.Limits.NONE);
        mail = area.spmMail();
    }

    void volume(String id, Bytes size) {
        pool.create(new VolumeId(id), size, Bytes.gibi(500));
    }

    Bytes size(String volume) {
        return pool.size(new VolumeId(volume));
    }

    void live(Duration time) {
        for (long end = millis + time.toMillis(); millis < end; ) {
            millis += TICK.toMillis();
            tick(new Spm.Tick());
            List.copyOf(living.values()).forEach(host -> host.on(new Outbox.Tick(now())));
        }
    }

    /** What the SPM did since this was asked last. */
    <S extends Spm.Step> List<S> spmDid(Class<S> kind) {
        List<S> did = spmDid.stream().filter(kind::isInstance).map(kind::cast).toList();
        spmDid.clear();
        return did;
    }

    List<String> spmNotes() {
        return spmDid.stream()
                .filter(Spm.Note.class::isInstance)
                .map(note -> ((Spm.Note) note).text())
                .toList();
    }

    List<PoolEvent> history() {
        return done(area.poolLog(new PoolEventCodec()).read()).entries().stream()
                .map(PoolLog.Placed::entry)
                .sorted(Comparator.comparing(LogEntry::position))
                .map(LogEntry::event)
                .toList();
    }

    List<String> spmProblems() {
        return spm.report().problems();
    }

    /** Cannot be read until it is written. */
    void spoilOutgoing(int host) {
        storage.spoil(FIRST_OUTGOING + host - 1L);
    }

    void spoilBell() {
        storage.spoil(FIRST_OUTGOING - 1L);
    }

    byte[] outgoing(int host) {
        return block(FIRST_OUTGOING + host - 1);
    }

    void outgoing(int host, byte[] bytes) {
        done(storage.write(FIRST_OUTGOING + host - 1, ByteBuffer.wrap(bytes)));
    }

    byte[] incoming(int host) {
        return block(FIRST_OUTGOING + hosts + host - 1);
    }

    void incoming(int host, byte[] bytes) {
        done(storage.write(FIRST_OUTGOING + hosts + host - 1, ByteBuffer.wrap(bytes)));
    }

    static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private byte[] block(int number) {
        byte[] bytes = new byte[BlockDevice.BLOCK];
        done(storage.read(number, 1)).get(bytes);
        return bytes;
    }

    private Moment now() {
        return new Moment(Duration.ofMillis(millis).toNanos());
    }

    private void tick(Spm.Input first) {
        Deque<Spm.Input> inputs = new ArrayDeque<>(List.of(first));
        while (!inputs.isEmpty()) {
            for (Spm.Effect effect : spm.on(
                    inputs.remove(),
                    now(),
                    Instant.parse("2026-03-01T12:00:00Z").plusMillis(millis))) {
                spmDid.add(effect);
                if (effect instanceof Spm.Step step) {
                    inputs.add(performed(step));
                }
            }
        }
    }

    private Spm.Input performed(Spm.Step step) {
        CompletionStage<?> stage = perform(step);
        return stage.toCompletableFuture().isCompletedExceptionally()
                ? new Spm.Failed(step, "the storage failed")
                : new Spm.Done(step, done(stage));
    }

    private CompletionStage<?> perform(Spm.Step step) {
        PoolLog log = area.poolLog(new PoolEventCodec());
        if (step instanceof Spm.Acquire) {
            return pool.acquire().thenApply(acquisition -> {
                tenure = ((PoolLease.Acquisition.Taken) acquisition).tenure();
                return acquisition;
            });
        }
        return new SpmActor.StepPorts(mail, area.headerStore(), log, () -> tenure).perform(step);
    }

    /** An incoming block with one reply, as somebody else could write it. */
    IncomingBlock forged(int host, Incarnation life, Epoch epoch, Reply reply) {
        List<Optional<Reply>> replies = new ArrayList<>(Collections.nCopies(Limits.SLOTS_PER_BLOCK, Optional.empty()));
        replies.set(0, Optional.of(reply));
        return new IncomingBlock(POOL, new HostId(host), 0, life, 99, epoch, replies);
    }
}
