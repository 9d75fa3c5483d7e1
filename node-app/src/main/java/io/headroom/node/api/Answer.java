package io.headroom.node.api;

import io.headroom.cluster.Peers;
import io.headroom.disk.DiskReport;
import io.headroom.host.HostReport;
import io.headroom.ledger.Audit;
import io.headroom.ledger.AuditLine;
import io.headroom.model.Bytes;
import io.headroom.model.HostId;
import io.headroom.spm.SpmReport;
import io.headroom.vm.VmReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The bodies of the answers, as they stand in JSON: sizes in bytes, times in seconds or milliseconds as named. */
public interface Answer {

    /**
     * What does not work.
     *
     * @param cause why, with the input that is at fault
     * @param next what the operator can do
     */
    record Failure(String error, String cause, String next) implements Answer {}

    /** The process lives. */
    record Alive(boolean alive) implements Answer {}

    /** @param member this node is in a cluster; it guards its disks without one too */
    record Ready(boolean ready, boolean member) implements Answer {}

    /**
     * The pool as its SPM sees it.
     *
     * @param overcommit what the guests are promised, as a part of the capacity
     * @param level normal, warn or critical
     * @param guaranteedFreeBytes what would be free if every guest filled its disk
     * @param reserveBytes what no new volume is given
     * @param fullInSeconds at the present rate; null where no growth was measured, as in the first minute of a tenure
     */
    record Pool(
            String pool,
            int spm,
            String phase,
            String doing,
            long epoch,
            String since,
            long capacityBytes,
            long freeBytes,
            long allocatedBytes,
            long committedBytes,
            double overcommit,
            String level,
            long guaranteedFreeBytes,
            long reserveBytes,
            long fillsBytesPerSecond,
            Double fullInSeconds,
            int volumes,
            int queued,
            List<Waiting> waiting,
            String logged,
            String journaled,
            String journal,
            long served,
            List<String> problems)
            implements Answer {
        public static Pool of(SpmReport report) {
            return new Pool(
                    report.pool().value(),
                    report.host().value(),
                    report.phase().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    report.doing(),
                    report.epoch().value(),
                    report.since().toString(),
                    report.capacity().value(),
                    report.free().value(),
                    report.allocated().value(),
                    report.committed().value(),
                    Math.round(report.overcommit() * 100) / 100.0,
                    report.health().level().name().toLowerCase(Locale.ROOT),
                    report.health().guaranteedFree().value(),
                    report.health().reserve().value(),
                    report.health().bytesPerSecond(),
                    report.health().untilFull().map(Answer::seconds).orElse(null),
                    report.volumes(),
                    report.queued(),
                    report.waiting().stream().map(Waiting::of).toList(),
                    report.logged().toString(),
                    report.journaled().toString(),
                    report.journal(),
                    report.served(),
                    report.problems());
        }
    }

    /** A request that the pool has no space for. */
    record Waiting(
            int host,
            String vm,
            String volume,
            String name,
            long sizeBytes,
            long missingBytes,
            boolean paused,
            double waitsSeconds) {
        static Waiting of(SpmReport.Waiting waiting) {
            return new Waiting(
                    waiting.host().value(),
                    waiting.vm().value(),
                    waiting.volume().value(),
                    waiting.name(),
                    waiting.size().value(),
                    waiting.missing().value(),
                    waiting.paused(),
                    seconds(waiting.waits()));
        }
    }

    /**
     * One host, by its own words.
     *
     * @param spm the host that the mailbox header names; null before the first header was read
     * @param spmSilentSeconds since the header's heartbeat changed; null before the first header was read
     */
    record Host(
            int host,
            String pool,
            String address,
            String incarnation,
            long epoch,
            Integer spm,
            String spmAddress,
            Double spmSilentSeconds,
            int openSlots,
            List<Vm> vms,
            List<String> problems) {
        public static Host of(HostReport report) {
            return new Host(
                    report.host().value(),
                    report.pool().value(),
                    report.address(),
                    report.incarnation().toString(),
                    report.epoch().value(),
                    report.spm().map(HostId::value).orElse(null),
                    report.spmAddress(),
                    report.spmSilent().map(Answer::seconds).orElse(null),
                    report.openSlots(),
                    report.vms().stream().map(vm -> Vm.of(report.host(), vm)).toList(),
                    report.problems());
        }
    }

    /**
     * @param held a person wants that Headroom does not resume it
     * @param pause why it does not run, one of none, no-space, held, resting, going-on, other-error, unexplained,
     *     otherwise, ended
     * @param pauseWhy the same in words; empty where it runs
     */
    record Vm(
            int host,
            String name,
            boolean connected,
            String status,
            boolean starved,
            boolean held,
            String pause,
            String pauseWhy,
            int disks,
            String problem) {
        static Vm of(HostId host, VmReport vm) {
            return new Vm(
                    host.value(),
                    vm.name().value(),
                    vm.connected(),
                    vm.status(),
                    vm.starved(),
                    vm.held(),
                    vm.pause().cause().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    vm.pause().why(),
                    vm.disks().size(),
                    vm.problem());
        }
    }

    /** @param silent hosts that live by their signs on the storage and did not answer over the network */
    record Vms(List<Vm> vms, List<Integer> silent) implements Answer {
        public static Vms of(List<HostReport> reports, List<Peers.Peer> peers) {
            List<Vm> vms = reports.stream()
                    .flatMap(report -> report.vms().stream().map(vm -> Vm.of(report.host(), vm)))
                    .toList();
            return new Vms(vms, hostsWithoutAnswer(reports, peers));
        }
    }

    /** What a person ordered is done, and stays so when the node is started again. */
    record VmHeld(String vm, boolean held) implements Answer {}

    private static List<Integer> hostsWithoutAnswer(List<HostReport> reports, List<Peers.Peer> peers) {
        List<HostId> told = reports.stream().map(HostReport::host).toList();
        return peers.stream()
                .filter(peer -> peer.alive() && !told.contains(peer.host()))
                .map(peer -> peer.host().value())
                .toList();
    }

    /**
     * A host by the signs that it leaves on the storage.
     *
     * @param alive it gave a sign within the time that counts
     * @param silentSeconds since its last sign that this node saw
     */
    record Peer(int host, String address, String incarnation, long epoch, boolean alive, double silentSeconds) {
        static Peer of(Peers.Peer peer) {
            return new Peer(
                    peer.host().value(),
                    peer.address(),
                    peer.incarnation().toString(),
                    peer.epoch().value(),
                    peer.alive(),
                    seconds(peer.silent()));
        }
    }

    /**
     * @param self the node that answers
     * @param others every other host that ever wrote to the mailbox
     */
    record Hosts(Host self, List<Peer> others) implements Answer {
        public static Hosts of(HostReport self, List<Peers.Peer> peers) {
            return new Hosts(
                    Host.of(self),
                    peers.stream()
                            .filter(peer -> !peer.host().equals(self.host()))
                            .map(Peer::of)
                            .toList());
        }
    }

    /**
     * @param vmPause why the VM does not run; empty where it does
     * @param pointerBytes the end of what the guest has written; null while unknown
     * @param leftSeconds until the guest reaches the end of the device; null while unknown or not writing
     * @param lastTookMillis from QEMU's event to re-armed, the last time; null before the first
     */
    record Disk(
            int host,
            String vm,
            String vmStatus,
            String vmPause,
            String volume,
            String name,
            String phase,
            long deviceBytes,
            long virtualSizeBytes,
            long limitBytes,
            Long pointerBytes,
            long thresholdBytes,
            long bytesPerSecond,
            Double leftSeconds,
            long extensions,
            Double lastTookMillis,
            String problem) {
        static Disk of(HostId host, VmReport vm, DiskReport disk) {
            return new Disk(
                    host.value(),
                    vm.name().value(),
                    vm.status(),
                    vm.pause().why(),
                    disk.volume().value(),
                    disk.name(),
                    disk.phase().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    disk.device().value(),
                    disk.virtualSize().value(),
                    disk.limit().value(),
                    disk.pointer().map(Bytes::value).orElse(null),
                    disk.threshold().value(),
                    disk.bytesPerSecond(),
                    disk.left().map(Answer::seconds).orElse(null),
                    disk.extensions(),
                    millis(disk.lastTook()),
                    vm.problemOf(disk));
        }
    }

    /** A writable disk of a VM that is not guarded. */
    record LeftAlone(int host, String vm, String node, String path, String why) {}

    /** @param silent hosts that live by their signs on the storage and did not answer over the network */
    record Disks(List<Disk> disks, List<LeftAlone> leftAlone, List<Integer> silent) implements Answer {
        public static Disks of(List<HostReport> reports, List<Peers.Peer> peers) {
            List<Disk> disks = new ArrayList<>();
            List<LeftAlone> leftAlone = new ArrayList<>();
            for (HostReport report : reports) {
                int host = report.host().value();
                for (VmReport vm : report.vms()) {
                    vm.disks().forEach(disk -> disks.add(Disk.of(report.host(), vm, disk)));
                    vm.leftAlone()
                            .forEach(other -> leftAlone.add(
                                    new LeftAlone(host, vm.name().value(), other.node(), other.path(), other.why())));
                }
            }
            return new Disks(disks, leftAlone, hostsWithoutAnswer(reports, peers));
        }
    }

    /** One line of the history; what does not belong to its kind is null. */
    record Line(
            long number,
            String at,
            String kind,
            Integer host,
            String vm,
            String volume,
            String name,
            String why,
            boolean paused,
            Long fromBytes,
            Long toBytes,
            long epoch,
            long sequence,
            Long ticket,
            Double queuedMillis,
            Double extendedMillis,
            Double postedMillis,
            Double answeredMillis,
            Double refreshedMillis,
            Double armedMillis,
            String text) {
        static Line of(AuditLine line) {
            return new Line(
                    line.number(),
                    line.at().toString(),
                    line.kind(),
                    line.host().orElse(null),
                    line.vm().orElse(null),
                    line.volume().orElse(null),
                    line.name().orElse(null),
                    line.why().orElse(null),
                    line.paused(),
                    line.from().orElse(null),
                    line.to().orElse(null),
                    line.epoch(),
                    line.sequence(),
                    line.ticket().orElse(null),
                    millis(line.queued()),
                    millis(line.extended()),
                    millis(line.posted()),
                    millis(line.answered()),
                    millis(line.refreshed()),
                    millis(line.armed()),
                    line.text());
        }
    }

    /**
     * @param next ask for what is before this number to go on; 0 where nothing older is wanted
     * @param warning why the answer may be incomplete; null where it is whole
     */
    record Trail(List<Line> lines, long next, String warning) implements Answer {
        public static Trail of(Audit.Page page) {
            return new Trail(
                    page.lines().stream().map(Line::of).toList(),
                    page.next(),
                    page.warning().orElse(null));
        }
    }

    /**
     * Everything at a glance.
     *
     * @param member this node is in a cluster
     * @param sustainedBytesPerSecond the write rate up to which no guest waits for space that the pool has
     * @param takeoverSeconds how long the pool may be without an SPM
     * @param tight this host's disks whose guests reach the end sooner than that
     * @param powerLoss what the loss of the SPM's machine takes; null where all nodes are on one machine
     * @param pool null where no SPM answered, for the reason in {@code poolFailure}
     */
    record Status(
            Host host,
            boolean member,
            long sustainedBytesPerSecond,
            double takeoverSeconds,
            List<Disk> tight,
            SpmAnswer.PowerLoss powerLoss,
            Pool pool,
            Failure poolFailure,
            List<Peer> others)
            implements Answer {}

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    private static Double millis(Optional<Duration> duration) {
        return duration.map(known -> known.toNanos() / 1000 / 1000.0).orElse(null);
    }
}
