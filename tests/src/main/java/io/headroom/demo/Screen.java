package io.headroom.demo;

import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.rig.NodeProcess;
import io.headroom.rig.Rig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What the terminal shows. */
final class Screen {
    private static final String HOME_AND_CLEAR = "\u001b[H\u001b[2J";
    private static final int LINES = 12;
    private static final int BAR = 30;

    private final Rig rig;

    Screen(Rig rig) {
        this.rig = rig;
    }

    /** One line for a log. */
    static String line(Rig rig) {
        List<String> parts = new ArrayList<>();
        for (Answer.Disk disk : disks(rig)) {
            Bytes pointer = Bytes.of(Optional.ofNullable(disk.pointerBytes()).orElse(0L));
            parts.add(disk.vm() + " " + pointer + " of " + Bytes.of(disk.deviceBytes()) + " " + disk.phase());
        }
        return String.join(", ", parts);
    }

    String draw() {
        StringBuilder page = new StringBuilder(HOME_AND_CLEAR);
        Optional<Answer.Pool> pool =
                first(NodeProcess::api).map(api -> api.pool()).orElse(Optional.empty());
        page.append("Headroom: three nodes, three guests that write. Ctrl-C ends everything.\n\n");
        pool.ifPresentOrElse(
                now -> page.append(String.format(
                        Locale.ROOT,
                        "SPM: node %d (process %d), epoch %d, %s; pool %s, %s free%n%n",
                        now.spm(),
                        rig.node(now.spm()).pid(),
                        now.epoch(),
                        now.phase(),
                        Bytes.of(now.capacityBytes()),
                        Bytes.of(now.freeBytes()))),
                () -> page.append("SPM: none answers at the moment; the disks live on their headroom\n\n"));
        page.append(String.format(
                "%-8s %-9s %-10s %10s %10s %9s %6s  %s%n",
                "GUEST", "STATE", "PHASE", "WRITTEN", "DEVICE", "RATE/s", "GREW", "WRITTEN | AHEAD"));
        disks(rig).forEach(disk -> page.append(row(disk)));
        page.append("\nThe last extensions: QEMU's event to re-armed, milliseconds\n");
        page.append(String.format(
                "%-14s %-8s %10s %10s %8s %8s %8s %8s %8s%n",
                "AT", "GUEST", "FROM", "TO", "posted", "answered", "refresh", "armed", "total"));
        first(NodeProcess::api)
                .flatMap(api -> api.audit(LINES))
                .ifPresent(trail -> trail.lines().forEach(line -> page.append(history(line))));
        page.append("\nkill -9 the SPM's process, and watch another node take over.\n");
        return page.toString();
    }

    private <T> Optional<T> first(java.util.function.Function<NodeProcess, T> of) {
        return rig.nodes().stream().filter(NodeProcess::isAlive).map(of).findFirst();
    }

    private static List<Answer.Disk> disks(Rig rig) {
        return rig.nodes().stream()
                .filter(NodeProcess::isAlive)
                .map(node -> node.api().disks())
                .flatMap(Optional::stream)
                .flatMap(disks -> disks.disks().stream())
                .toList();
    }

    private static String row(Answer.Disk disk) {
        Bytes pointer = Bytes.of(Optional.ofNullable(disk.pointerBytes()).orElse(0L));
        int written = disk.deviceBytes() == 0 ? 0 : (int) (BAR * pointer.value() / disk.deviceBytes());
        return String.format(
                Locale.ROOT,
                "%-8s %-9s %-10s %10s %10s %9s %6d  [%s%s]%n",
                disk.vm(),
                disk.vmStatus(),
                disk.phase(),
                pointer,
                Bytes.of(disk.deviceBytes()),
                Bytes.of(disk.bytesPerSecond()),
                disk.extensions(),
                "#".repeat(Math.min(BAR, written)),
                ".".repeat(BAR - Math.min(BAR, written)));
    }

    private static String history(Answer.Line line) {
        if (line.toBytes() == null || line.vm() == null) {
            return String.format("%-14s %s %s%n", line.at().substring(11, 23), line.kind(), line.text());
        }
        Optional<Double> total = Verdict.total(line);
        return String.format(
                Locale.ROOT,
                "%-14s %-8s %10s %10s %8s %8s %8s %8s %8s%n",
                line.at().substring(11, 23),
                line.vm(),
                line.fromBytes() == null ? "" : Bytes.of(line.fromBytes()),
                Bytes.of(line.toBytes()),
                millis(line.postedMillis()),
                millis(line.answeredMillis()),
                millis(line.refreshedMillis()),
                millis(line.armedMillis()),
                total.map(Screen::millis).orElse("…"));
    }

    private static String millis(Double value) {
        return value == null ? "…" : String.format(Locale.ROOT, "%.1f", value);
    }
}
