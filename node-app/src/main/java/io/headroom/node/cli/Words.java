package io.headroom.node.cli;

import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/** Answers in words and tables for a terminal of 80 to 120 columns. */
final class Words {
    private static final String UNKNOWN = "-";
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("MM-dd HH:mm:ss.SSS", Locale.ROOT);

    private final ZoneId zone;

    /** @param zone in which times are shown */
    Words(ZoneId zone) {
        this.zone = zone;
    }

    String status(Answer.Status status) {
        StringBuilder text = new StringBuilder();
        Answer.Host host = status.host();
        if (status.pool() == null) {
            text.append("pool      ")
                    .append(host.pool())
                    .append(": ")
                    .append(status.poolFailure().error())
                    .append(" (")
                    .append(status.poolFailure().cause())
                    .append(")\n");
        } else {
            pool(text, status.pool());
        }
        text.append("promise   guests that write up to ")
                .append(size(status.sustainedBytesPerSecond()))
                .append("/s never wait for space that the pool has\n");
        text.append("host ")
                .append(host.host())
                .append("    ")
                .append(host.address())
                .append(", ")
                .append(status.member() ? "in the cluster" : "in no cluster, guarding its disks over the storage")
                .append("; ")
                .append(host.vms().size())
                .append(" VMs, ")
                .append(host.openSlots())
                .append(" open requests\n");
        for (Answer.Peer peer : status.others()) {
            text.append("host ")
                    .append(peer.host())
                    .append("    ")
                    .append(peer.address())
                    .append(", ")
                    .append(peer.alive() ? "alive" : "no sign of life")
                    .append(", last sign ")
                    .append(number(peer.silentSeconds()))
                    .append(" s ago\n");
        }
        problems(text, status);
        return text.toString();
    }

    private static void pool(StringBuilder text, Answer.Pool pool) {
        text.append("pool      ")
                .append(pool.pool())
                .append(": ")
                .append(size(pool.freeBytes()))
                .append(" free of ")
                .append(size(pool.capacityBytes()))
                .append(", ")
                .append(pool.volumes())
                .append(" volumes, ")
                .append(size(pool.committedBytes()))
                .append(" promised to guests\n");
        text.append("SPM       host ")
                .append(pool.spm())
                .append(", ")
                .append(pool.phase())
                .append(", epoch ")
                .append(pool.epoch())
                .append(" since ")
                .append(pool.since())
                .append("; ")
                .append(pool.served())
                .append(" requests served, ")
                .append(pool.queued())
                .append(" queued\n");
        text.append("history   ")
                .append(pool.journaled())
                .append(" of ")
                .append(pool.logged())
                .append(" in the journal\n");
        for (Answer.Waiting waiting : pool.waiting()) {
            text.append("waiting   ")
                    .append(waiting.vm())
                    .append(" on host ")
                    .append(waiting.host())
                    .append(" wants ")
                    .append(size(waiting.sizeBytes()))
                    .append(waiting.paused() ? ", paused" : "")
                    .append(", for ")
                    .append(number(waiting.waitsSeconds()))
                    .append(" s\n");
        }
    }

    private static void problems(StringBuilder text, Answer.Status status) {
        Stream<String> ofThePool = status.pool() == null ? Stream.empty() : status.pool().problems().stream();
        Stream.concat(ofThePool, status.host().problems().stream())
                .forEach(problem -> text.append("problem   ").append(problem).append('\n'));
    }

    String disks(Answer.Disks disks) {
        Table table = new Table(
                "HOST>", "VM", "VOLUME", "PHASE", "SIZE>", "WRITTEN>", "OF>", "RATE/s>", "LEFT>", "GROWN>", "TOOK ms>");
        for (Answer.Disk disk : disks.disks()) {
            table.add(
                    Integer.toString(disk.host()),
                    disk.vm(),
                    disk.name(),
                    disk.phase(),
                    size(disk.deviceBytes()),
                    disk.pointerBytes() == null ? UNKNOWN : size(disk.pointerBytes()),
                    size(disk.virtualSizeBytes()),
                    size(disk.bytesPerSecond()),
                    disk.leftSeconds() == null ? UNKNOWN : number(disk.leftSeconds()) + " s",
                    Long.toString(disk.extensions()),
                    disk.lastTookMillis() == null ? UNKNOWN : number(disk.lastTookMillis()));
        }
        StringBuilder text = new StringBuilder(table.isEmpty() ? "no disk is guarded here\n" : table.toString());
        disks.disks().stream()
                .filter(disk -> !disk.problem().isEmpty())
                .forEach(disk -> text.append(disk.vm())
                        .append(", ")
                        .append(disk.name())
                        .append(": ")
                        .append(disk.problem())
                        .append('\n'));
        if (!disks.silent().isEmpty()) {
            text.append("not shown: the disks of hosts ")
                    .append(disks.silent())
                    .append(", which live but do not answer over the network\n");
        }
        return text.toString();
    }

    String trail(Answer.Trail trail) {
        Table table = new Table("WHEN", "WHAT", "HOST>", "VM", "VOLUME", "FROM>", "TO>", "STEPS ms>", "WHY");
        for (Answer.Line line : trail.lines()) {
            table.add(
                    TIME.format(Instant.parse(line.at()).atZone(zone)),
                    line.kind(),
                    Objects.toString(line.host(), UNKNOWN),
                    Objects.toString(line.vm(), UNKNOWN),
                    Objects.toString(line.name(), Objects.toString(line.volume(), UNKNOWN)),
                    line.fromBytes() == null ? UNKNOWN : size(line.fromBytes()),
                    line.toBytes() == null ? UNKNOWN : size(line.toBytes()),
                    steps(line),
                    why(line));
        }
        StringBuilder text = new StringBuilder(table.isEmpty() ? "nothing in the history matches\n" : table.toString());
        if (trail.next() > 0) {
            text.append("older lines: --before ").append(trail.next()).append('\n');
        }
        if (trail.warning() != null) {
            text.append("may be incomplete: ").append(trail.warning()).append('\n');
        }
        return text.toString();
    }

    private static String why(Answer.Line line) {
        String why = Objects.toString(line.why(), "") + (line.paused() ? " paused" : "");
        return (why + " " + line.text()).strip();
    }

    /** Queued and extended by the SPM, then posted, answered, refreshed and armed by the host. */
    private static String steps(Answer.Line line) {
        List<Double> steps = Stream.of(
                        line.queuedMillis(),
                        line.extendedMillis(),
                        line.postedMillis(),
                        line.answeredMillis(),
                        line.refreshedMillis(),
                        line.armedMillis())
                .filter(Objects::nonNull)
                .toList();
        return steps.isEmpty()
                ? UNKNOWN
                : String.join(" ", steps.stream().map(Words::number).toList());
    }

    private static String size(long bytes) {
        return Bytes.of(bytes).toString();
    }

    private static String number(double value) {
        return value < 10 ? String.format(Locale.ROOT, "%.1f", value) : String.format(Locale.ROOT, "%.0f", value);
    }
}
