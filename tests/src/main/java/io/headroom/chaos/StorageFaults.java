package io.headroom.chaos;

import io.headroom.node.file.PoolFiles;
import io.headroom.rig.Interception;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Signals;
import io.headroom.rig.Watch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** Storage that reports errors or answers late, disks that are full, a database that is away. */
final class StorageFaults {
    /** So few orders of all nodes together are carried out in a second: one order then takes seconds. */
    private static final int SLOW = 8;

    private interface Victims {
        List<NodeProcess> of(Stage stage) throws Exception;
    }

    private StorageFaults() {}

    static List<Fault> all() {
        return List.of(
                errors("errors-spm", stage -> List.of(stage.spm()), StorageFaults::mailbox),
                errors("errors-everywhere", Stage::nodes, StorageFaults::mailbox),
                errors("errors-metadata", stage -> List.of(stage.spm()), StorageFaults::catalogue),
                new Fault("lose-storage", stage -> Interception.obstacle(), StorageFaults::lose),
                new Fault("late-storage", stage -> Interception.obstacle(), StorageFaults::delay),
                new Fault("slow-storage", stage -> stage.throttle().obstacle(), StorageFaults::slow),
                new Fault(
                        "full-journal",
                        Stage::noSmallDisks,
                        (stage, chance) -> fill(stage, chance, stage.journalDisk())),
                new Fault("full-logs", Stage::noSmallDisks, (stage, chance) -> fill(stage, chance, stage.logDisk())),
                Fault.of("journal-away", StorageFaults::takeJournal));
    }

    /** Too short for the SPM's node to give its role up. */
    private static Fault errors(String name, Victims nodes, Function<Stage, List<Path>> files) {
        return new Fault(name, stage -> Interception.obstacle(), (stage, chance) -> {
            Duration lasting = Fault.between(chance, 1, 7);
            return Interception.failing(nodes.of(stage), files.apply(stage)).during(() -> pause(lasting));
        });
    }

    private static List<Path> mailbox(Stage stage) {
        return List.of(new PoolFiles(stage.rig().pool()).mailbox());
    }

    private static List<Path> catalogue(Stage stage) {
        Path catalogue = new PoolFiles(stage.rig().pool()).catalogue();
        return List.of(catalogue, catalogue.resolveSibling(catalogue.getFileName() + ".new"));
    }

    /** The SPM's node alone reaches the mailbox no more, until another one serves. */
    private static Optional<Duration> lose(Stage stage, RandomGenerator chance) throws Exception {
        long epoch = stage.serving().epoch();
        long began = System.nanoTime();
        return Interception.failing(List.of(stage.spm()), mailbox(stage))
                .during(() -> Optional.of(stage.awaitSuccessor(epoch, began)));
    }

    private static Optional<Duration> delay(Stage stage, RandomGenerator chance) throws Exception {
        Duration late = Fault.between(chance, 1, 4);
        Duration lasting = Fault.between(chance, 4, 12);
        return Interception.delaying(stage.nodes(), mailbox(stage), late).during(() -> pause(lasting));
    }

    private static Optional<Duration> pause(Duration lasting) {
        Watch.pause(lasting);
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
