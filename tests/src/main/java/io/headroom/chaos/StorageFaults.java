package io.headroom.chaos;

import io.headroom.model.HostId;
import io.headroom.port.PoolLog;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Watch;
import io.headroom.store.mailbox.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Blocks that are damaged or swapped, storage that is slow, disks that are full, a database that is away. */
final class StorageFaults {
    /** So few orders of all nodes together are carried out in a second: one order then takes seconds. */
    private static final int SLOW = 8;

    private static final int LOG_PLACES_IN_REACH = 8;

    private StorageFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.of(
                        "corrupt-outgoing",
                        (stage, chance) -> corrupt(
                                stage,
                                chance,
                                stage.mailbox()
                                        .layout()
                                        .outgoing(new HostId(stage.any(chance).host()), 0))),
                Fault.of(
                        "corrupt-incoming",
                        (stage, chance) -> corrupt(
                                stage,
                                chance,
                                stage.mailbox()
                                        .layout()
                                        .incoming(new HostId(stage.any(chance).host()), 0))),
                Fault.of("corrupt-header", (stage, chance) -> corrupt(stage, chance, Layout.HEADER)),
                Fault.of("corrupt-bell", (stage, chance) -> corrupt(stage, chance, Layout.BELL)),
                Fault.of("corrupt-log", StorageFaults::corruptLog),
                Fault.of("swap-outgoing", (stage, chance) -> swap(stage, chance, true)),
                Fault.of("swap-incoming", (stage, chance) -> swap(stage, chance, false)),
                new Fault("slow-storage", stage -> stage.throttle().obstacle(), StorageFaults::slow),
                new Fault(
                        "full-journal",
                        Stage::noSmallDisks,
                        (stage, chance) -> fill(stage, chance, stage.journalDisk())),
                new Fault("full-logs", Stage::noSmallDisks, (stage, chance) -> fill(stage, chance, stage.logDisk())),
                Fault.of("journal-away", StorageFaults::takeJournal));
    }

    private static Optional<Duration> corrupt(Stage stage, RandomGenerator chance, long block) throws IOException {
        stage.mailbox().corrupt(block, chance);
        return Optional.empty();
    }

    /** What the ledger has is no longer needed there; the rest is in the SPM's memory. */
    private static Optional<Duration> corruptLog(Stage stage, RandomGenerator chance) throws IOException {
        Layout layout = stage.mailbox().layout();
        PoolLog.Place place = new PoolLog.Place(chance.nextInt(layout.segments()), chance.nextInt(LOG_PLACES_IN_REACH));
        return corrupt(stage, chance, layout.log(place));
    }

    private static Optional<Duration> swap(Stage stage, RandomGenerator chance, boolean outgoing) throws IOException {
        HostId one = new HostId(stage.any(chance).host());
        HostId other = new HostId(1 + one.value() % stage.nodes().size());
        Layout layout = stage.mailbox().layout();
        stage.mailbox()
                .swap(
                        outgoing ? layout.outgoing(one, 0) : layout.incoming(one, 0),
                        outgoing ? layout.outgoing(other, 0) : layout.incoming(other, 0));
        return Optional.empty();
    }

    private static Optional<Duration> slow(Stage stage, RandomGenerator chance) throws IOException {
        stage.throttle().slow(stage.nodes().stream().map(NodeProcess::pid).toList(), SLOW);
        try {
            Watch.pause(Fault.between(chance, 2, 8));
        } finally {
            stage.throttle().mend();
        }
        return Optional.empty();
    }

    private static Optional<Duration> fill(Stage stage, RandomGenerator chance, Path disk) throws IOException {
        Path filler = disk.resolve("filler");
        try {
            Signals.succeeds("dd", "if=/dev/zero", "of=" + filler, "bs=64k");
            Watch.pause(Fault.between(chance, 3, 15));
        } finally {
            Files.deleteIfExists(filler);
        }
        return Optional.empty();
    }

    /** Whoever becomes SPM next finds the embedded database taken by another process. */
    private static Optional<Duration> takeJournal(Stage stage, RandomGenerator chance) throws Exception {
        long epoch = stage.serving().epoch();
        NodeProcess spm = stage.spm();
        long began = System.nanoTime();
        spm.kill();
        try (Connection taken = openJournal(stage.journalUrl())) {
            Duration gap = stage.awaitSuccessor(epoch, began);
            Watch.pause(Fault.between(chance, 2, 12));
            return taken.isValid(1) ? Optional.of(gap) : Optional.empty();
        } finally {
            spm.start();
        }
    }

    private static Connection openJournal(String url) throws Exception {
        Connection[] opened = {null};
        Watch.until("the journal can be opened here", Duration.ofSeconds(30), () -> {
            try {
                opened[0] = DriverManager.getConnection(url);
                return true;
            } catch (SQLException taken) {
                return false;
            }
        });
        return opened[0];
    }
}
