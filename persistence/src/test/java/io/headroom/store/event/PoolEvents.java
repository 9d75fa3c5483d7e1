package io.headroom.store.event;

import io.headroom.ledger.Deed;
import io.headroom.ledger.PoolEvent;
import io.headroom.ledger.PoolEvent.Asked;
import io.headroom.mailbox.LastDone;
import io.headroom.mailbox.Why;
import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.PoolId;
import io.headroom.model.PoolLevel;
import io.headroom.model.Ticket;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** One event of each kind. */
final class PoolEvents {
    static final VolumeId VOLUME = new VolumeId("5e7b0f3c-2a4d-4c7e-9d51-0c1f6a1d2b3e");
    static final Asked ASKED =
            new Asked(new HostId(7), new VmName("web-1"), VOLUME, new Ticket(42), Bytes.gibi(3), Why.THRESHOLD, false);

    private PoolEvents() {}

    static List<PoolEvent> oneOfEachKind() {
        Bytes from = Bytes.gibi(2);
        Bytes to = Bytes.gibi(3);
        return List.of(
                new PoolEvent.PoolCreated(new PoolId("pool-1"), Bytes.gibi(100), Bytes.mebi(4)),
                new PoolEvent.VolumeCreated(VOLUME, "disk-1", Bytes.gibi(1), Bytes.gibi(20)),
                new PoolEvent.TakeoverIntended(
                        new HostId(7),
                        List.of(new PoolEvent.Seal(new Epoch(3), 120), new PoolEvent.Seal(new Epoch(4), 1))),
                new PoolEvent.TakenOver(new HostId(7), Duration.ofNanos(12_345_678_000L)),
                new PoolEvent.SteppedDown(new HostId(7), "the node stops"),
                new PoolEvent.ExtensionIntended(ASKED, from, to),
                new PoolEvent.VolumeExtended(ASKED, from, to, Duration.ofNanos(1_500_000), Duration.ofMillis(87)),
                new PoolEvent.ExtensionFoundDone(ASKED, from, to, new Epoch(4)),
                new PoolEvent.ExtensionAbandoned(ASKED, from, to, new Epoch(4), "the volume still has 2 GiB"),
                new PoolEvent.RequestHeld(ASKED, from, "the pool has no space"),
                new PoolEvent.HostFinished(
                        new HostId(7),
                        VOLUME,
                        new LastDone(
                                new Ticket(42),
                                to,
                                new LastDone.Steps(
                                        Duration.ofMillis(2),
                                        Duration.ofMillis(90),
                                        Duration.ofMillis(11),
                                        Duration.ofNanos(1_234_000)))),
                new PoolEvent.OrderIntended(deeds().get(0), "root at host 7"),
                new PoolEvent.OrderCarried(
                        deeds().get(0), Optional.of(VOLUME), "root", new Epoch(4), Duration.ofMillis(310)),
                new PoolEvent.OrderAbandoned(deeds().get(1), "root", new Epoch(4), "the storage does not show it"),
                new PoolEvent.OrderRecalled(
                        new Epoch(4),
                        17,
                        Instant.parse("2026-03-01T12:00:00Z"),
                        new PoolEvent.OrderCarried(
                                deeds().get(1), Optional.empty(), "root", new Epoch(4), Duration.ofMillis(95))),
                new PoolEvent.LunLost("Ma5q-lun", "/dev/mapper/san-2", "the SPM's host does not see it"),
                new PoolEvent.LunRecovered("Ma5q-lun", "/dev/mapper/san-2"),
                new PoolEvent.SizeFound(VOLUME, from, to),
                new PoolEvent.LevelChanged(PoolLevel.WARN, PoolLevel.CRITICAL, Bytes.gibi(9), Bytes.gibi(100)),
                new PoolEvent.JournalReplaced("9b1d", 5_000, "77aa", 1),
                new PoolEvent.Coalesced(
                        new Epoch(4),
                        2,
                        90,
                        new LogPosition(new Epoch(4), 1),
                        1,
                        1,
                        List.of(new PoolEvent.Growth(VOLUME, 12, from, to))));
    }

    /** One of each kind. */
    static List<Deed> deeds() {
        return List.of(
                new Deed.Creation("web-1", Bytes.gibi(1), Bytes.gibi(20)),
                new Deed.Deletion(VOLUME, "web-1", Bytes.gibi(3), true),
                new Deed.Resize(VOLUME, Bytes.gibi(20), Bytes.gibi(40)),
                new Deed.Assignment(VOLUME, List.of(new HostId(7)), List.of(new HostId(7), new HostId(8))),
                new Deed.NewLun("/dev/disk/by-id/wwn-0x5000c500a1b2c3d4", Bytes.ZERO, true),
                new Deed.LargerLun("lun-0", Bytes.gibi(500)));
    }
}
