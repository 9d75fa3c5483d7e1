package io.headroom.store.journal;

import io.headroom.model.LogPosition;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A node in a process of its own, to be killed: it says each place up to which the ledger has acknowledged. */
final class LedgerProcess {
    static final int EXTENSIONS = 20_000;

    /** Longer than a machine is busy with other things. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private LedgerProcess() {}

    /** @param args the embedded journal's file */
    public static void main(String[] args) throws IOException {
        PoolWriter log = new PoolWriter();
        log.extend(EXTENSIONS);
        LedgerNode node = LedgerNode.start(new JournalSettings.Embedded(Path.of(args[0])), log);
        try {
            LogPosition told = LogPosition.START;
            while (!told.equals(log.last())) {
                LogPosition before = told;
                told = Awaitility.await().atMost(LIMIT).until(log::acknowledged, now -> now.isAfter(before));
                System.out.println("acknowledged " + told.sequence());
            }
            // However late the killer comes, it finds a living process; where it is gone, this ends.
            System.in.read();
        } finally {
            // Else the process would live on, and whoever listens to it would wait for ever.
            node.stop();
        }
    }
}
