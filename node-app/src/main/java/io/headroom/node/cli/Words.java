package io.headroom.node.cli;

import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import io.headroom.node.api.SpmAnswer;
import io.headroom.node.api.VolumeAnswer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
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
        List<String> lines = new ArrayList<>();
        Answer.Pool pool = status.pool();
        if (pool == null) {
            lines.add("pool      %s: %s"
                    .formatted(status.host().pool(), status.poolFailure().cause()));
            lines.add("          " + status.poolFailure().next());
        } else {
            pool(lines, pool);
        }
        lines.add("promise   guests that write up to %s/s never wait for space that the pool has"
                .formatted(size(status.sustainedBytesPerSecond())));
        for (Answer.Disk disk : status.tight()) {
            lines.add("tight     %s of %s lasts %s s; a takeover may take %s s"
                    .formatted(disk.name(), disk.vm(), number(disk.leftSeconds()), number(status.takeoverSeconds())));
        }
        powerLoss(status.powerLoss()).ifPresent(lines::add);
        for (Answer.Vm vm : status.host().vms()) {
            if (!vm.pauseWhy().isEmpty()) {
                String state = vm.pause().equals("ended") ? "ended" : "paused";
                lines.add("%-9s %s: %s".formatted(state, vm.name(), vm.pauseWhy()));
            }
        }
        hosts(lines, status);
        Stream<String> ofThePool = pool == null ? Stream.empty() : pool.problems().stream();
        Stream.concat(ofThePool, status.host().problems().stream())
                .forEach(problem -> lines.add("problem   " + problem));
        return text(lines);
    }

    /** One line however many there are: with sanlock's default that may be every disk that is written fast. */
    private static Optional<String> powerLoss(SpmAnswer.PowerLoss loss) {
        return Stream.ofNullable(loss)
                .flatMap(known -> known.disks().stream())
                .min(Comparator.comparing(Answer.Disk::leftSeconds))
                .map(first -> "power     %s of %s lasts %s s%s; losing the SPM's machine may take %s s"
                        .formatted(
                                first.name(),
                                first.vm(),
                                number(first.leftSeconds()),
                                loss.disks().size() > 1
                                        ? ", %d more too short"
                                                .formatted(loss.disks().size() - 1)
                                        : "",
                                number(loss.seconds())));
    }

    String pool(Answer.Pool pool) {
        List<String> lines = new ArrayList<>();
        pool(lines, pool);
        lines.add("allocated %s".formatted(size(pool.allocatedBytes())));
        pool.problems().forEach(problem -> lines.add("problem   " + problem));
        return text(lines);
    }

    private static void pool(List<String> lines, Answer.Pool pool) {
        lines.add("pool      %s: %s free of %s, %d volumes, %s promised to guests"
                .formatted(
                        pool.pool(),
                        size(pool.freeBytes()),
                        size(pool.capacityBytes()),
                        pool.volumes(),
                        size(pool.committedBytes())));
        lines.add("space     %s; %s times the capacity promised, %s free for certain, %s in reserve; %s"
                .formatted(
                        pool.level(),
                        number(pool.overcommit()),
                        size(pool.guaranteedFreeBytes()),
                        size(pool.reserveBytes()),
                        fills(pool)));
        lines.add("SPM       host %d, %s, epoch %d since %s; %d requests served, %d queued"
                .formatted(pool.spm(), pool.phase(), pool.epoch(), pool.since(), pool.served(), pool.queued()));
        lines.add("history   %s of %s in the journal".formatted(pool.journaled(), pool.logged()));
        for (Answer.Waiting waiting : pool.waiting()) {
            lines.add("waiting   %s on host %d lacks %s of %s for %s%s, for %s s"
                    .formatted(
                            waiting.vm(),
                            waiting.host(),
                            size(waiting.missingBytes()),
                            size(waiting.sizeBytes()),
                            waiting.name(),
                            waiting.paused() ? ", paused" : "",
                            number(waiting.waitsSeconds())));
        }
    }

    private static String fills(Answer.Pool pool) {
        if (pool.freeBytes() == 0) {
            return "it is full";
        }
        return pool.fullInSeconds() == null
                ? "no growth measured"
                : "full in %s at %s/s"
                        .formatted(
                                Duration.ofSeconds(Math.round(pool.fullInSeconds()))
                                        .toString()
                                        .substring(2)
                                        .toLowerCase(Locale.ROOT),
                                size(pool.fillsBytesPerSecond()));
    }

    private static void hosts(List<String> lines, Answer.Status status) {
        Answer.Host host = status.host();
        lines.add("host %-4d %s, %s; %d VMs, %d open requests"
                .formatted(
                        host.host(),
                        host.address(),
                        status.member() ? "in the cluster" : "in no cluster, guarding its disks over the storage",
                        host.vms().size(),
                        host.openSlots()));
        for (Answer.Peer peer : status.others()) {
            lines.add("host %-4d %s, %s, last sign %s s ago"
                    .formatted(
                            peer.host(),
                            peer.address(),
                            peer.alive() ? "alive" : "no sign of life",
                            number(peer.silentSeconds())));
        }
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
        List<String> lines = new ArrayList<>();
        lines.add(table.isEmpty() ? "no disk is guarded here" : table.toString());
        for (Answer.Disk disk : disks.disks()) {
            if (!disk.vmPause().isEmpty()) {
                lines.add("%s, %s: the VM is paused: %s".formatted(disk.vm(), disk.name(), disk.vmPause()));
            }
            if (!disk.problem().isEmpty()) {
                lines.add("%s, %s: %s".formatted(disk.vm(), disk.name(), disk.problem()));
            }
        }
        for (Answer.LeftAlone other : disks.leftAlone()) {
            lines.add("left alone: %s, %s (%s) %s".formatted(other.vm(), other.node(), other.path(), other.why()));
        }
        if (!disks.silent().isEmpty()) {
            lines.add("not shown: the disks of hosts %s, which live but do not answer over the network"
                    .formatted(disks.silent()));
        }
        return text(lines);
    }

    String vms(Answer.Vms vms) {
        Table table = new Table("HOST>", "VM", "QEMU", "DISKS>", "HELD", "WHY IT DOES NOT RUN");
        for (Answer.Vm vm : vms.vms()) {
            table.add(
                    Integer.toString(vm.host()),
                    vm.name(),
                    vm.connected() ? vm.status() : vm.pause().equals("ended") ? "ended" : "no answer",
                    Integer.toString(vm.disks()),
                    vm.held() ? "held" : UNKNOWN,
                    vm.pauseWhy());
        }
        List<String> lines = new ArrayList<>();
        lines.add(table.isEmpty() ? "no VM is here" : table.toString());
        if (!vms.silent().isEmpty()) {
            lines.add("not shown: the VMs of hosts %s, which live but do not answer over the network"
                    .formatted(vms.silent()));
        }
        return text(lines);
    }

    String vmHeld(Answer.VmHeld answer) {
        return answer.held()
                ? "%s is held: Headroom does not resume it until headroom vm release %s%n"
                        .formatted(answer.vm(), answer.vm())
                : "%s is released%n".formatted(answer.vm());
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
        List<String> lines = new ArrayList<>();
        lines.add(table.isEmpty() ? "nothing in the history matches" : table.toString());
        if (trail.next() > 0) {
            lines.add("older lines: --before " + trail.next());
        }
        if (trail.warning() != null) {
            lines.add("may be incomplete: " + trail.warning());
        }
        return text(lines);
    }

    String volumes(VolumeAnswer.Volumes volumes) {
        Table table = new Table("VOLUME", "STATE", "ALLOCATED>", "VIRTUAL>", "AT MOST>", "HOSTS", "ID");
        for (VolumeAnswer.Volume volume : volumes.volumes()) {
            table.add(
                    volume.name(),
                    volume.state(),
                    size(volume.sizeBytes()),
                    size(volume.virtualSizeBytes()),
                    size(volume.limitBytes()),
                    hosts(volume),
                    volume.id());
        }
        return text(List.of(
                table.isEmpty() ? "the pool has no volume" : table.toString(),
                "%s free of %s".formatted(size(volumes.freeBytes()), size(volumes.capacityBytes()))));
    }

    String volume(VolumeAnswer.Shown shown) {
        List<String> lines = new ArrayList<>(described(shown.volume()));
        for (Answer.Disk disk : shown.disks()) {
            lines.add("guest      %s on host %d has written %s, %s/s%s"
                    .formatted(
                            disk.vm(),
                            disk.host(),
                            disk.pointerBytes() == null ? "an unknown part" : size(disk.pointerBytes()),
                            size(disk.bytesPerSecond()),
                            disk.leftSeconds() == null ? "" : ", full in " + number(disk.leftSeconds()) + " s"));
        }
        return text(lines);
    }

    private static List<String> described(VolumeAnswer.Volume volume) {
        return List.of(
                "volume     %s, %s, id %s".formatted(volume.name(), volume.state(), volume.id()),
                "allocated  %s, at most %s".formatted(size(volume.sizeBytes()), size(volume.limitBytes())),
                "virtual    %s".formatted(size(volume.virtualSizeBytes())),
                "in use on  %s".formatted(hosts(volume)));
    }

    private static String hosts(VolumeAnswer.Volume volume) {
        SortedSet<Integer> hosts = new TreeSet<>(volume.hosts());
        hosts.addAll(Objects.requireNonNullElse(volume.guardedBy(), List.of()));
        return hosts.isEmpty()
                ? "no host"
                : hosts.stream().map(host -> "host " + host).collect(Collectors.joining(", "));
    }

    String luns(VolumeAnswer.Luns luns) {
        Table table = new Table("LUN", "SIZE>", "USED>", "FREE>", "HEALTH", "ID");
        List<String> problems = new ArrayList<>();
        for (VolumeAnswer.Lun lun : luns.luns()) {
            table.add(
                    lun.device().isEmpty() ? UNKNOWN : lun.device(),
                    size(lun.sizeBytes()),
                    size(lun.usedBytes()),
                    size(lun.freeBytes()),
                    lun.problem().isEmpty() ? "well" : "lost",
                    lun.id());
            if (!lun.problem().isEmpty()) {
                problems.add("LUN %s: %s".formatted(lun.id(), lun.problem()));
            }
        }
        List<String> lines = new ArrayList<>();
        lines.add(table.isEmpty() ? "the pool has no LUN" : table.toString());
        lines.addAll(problems);
        return text(lines);
    }

    String carried(VolumeAnswer.Carried carried) {
        List<String> lines = new ArrayList<>(List.of(carried.what()));
        if (carried.volume() != null) {
            lines.addAll(described(carried.volume()));
        }
        return text(lines);
    }

    String plan(VolumeAnswer.Plan plan) {
        List<String> lines = new ArrayList<>();
        lines.add(plan.steps().isEmpty() ? "nothing is to be done" : "nothing was done; it would, in this order:");
        plan.steps().forEach(step -> lines.add("  " + step));
        return text(lines);
    }

    private static String text(List<String> lines) {
        return String.join("\n", lines) + "\n";
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
