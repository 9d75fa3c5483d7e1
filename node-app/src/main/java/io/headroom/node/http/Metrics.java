package io.headroom.node.http;

import io.headroom.disk.DiskReport;
import io.headroom.disk.GrowthPolicy;
import io.headroom.host.HostReport;
import io.headroom.model.Bytes;
import io.headroom.model.PoolLevel;
import io.headroom.port.Tenure;
import io.headroom.spm.SpmReport;
import io.headroom.vm.Pause;
import io.headroom.vm.VmReport;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What Prometheus is told: the state as it is when it asks, in bytes, seconds and parts of one; nothing is counted for its
 * sake. A node tells of its host and its host's own disks, and the SPM's node of the pool too, so that sums over all
 * nodes are right.
 */
final class Metrics {
    private final MetricFamilies told;
    private final HostReport self;

    private Metrics(HostReport self) {
        this.self = self;
        this.told = new MetricFamilies(Labels.of("pool", self.pool().value()));
    }

    /**
     * @param member this node is in a cluster
     * @param policy what the host promises its guests
     * @param pool where this node serves as SPM; otherwise empty
     */
    static MetricSnapshots of(HostReport self, boolean member, GrowthPolicy policy, Optional<SpmReport> pool) {
        Metrics metrics = new Metrics(self);
        metrics.host(member, policy);
        metrics.role(pool.isPresent());
        metrics.vms();
        metrics.disks();
        pool.ifPresent(report -> {
            metrics.pool(report);
            metrics.luns(report);
            metrics.waiting(report);
            metrics.spm(report);
        });
        return metrics.told.all();
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private static double one(boolean holds) {
        return holds ? 1 : 0;
    }

    private Labels here() {
        return Labels.of("host", self.host().toString());
    }

    private void host(boolean member, GrowthPolicy policy) {
        told.gauge("headroom_host_ready", "1 where the host has read the mailbox and guards its disks.")
                .add(one(self.incarnation().number() > 0), here());
        told.gauge("headroom_host_member", "1 where the node is in a cluster; it guards its disks without one too.")
                .add(one(member), here());
        told.gauge("headroom_host_problems", "What does not work on this host; headroom status names it.")
                .add(self.problems().size(), here());
        told.gauge("headroom_host_open_requests", "Requests of this host that stand in the mailbox.")
                .add(self.openSlots(), here());
        told.gauge("headroom_takeover_seconds", "How long guests may be without an SPM: headroom.growth.takeover.")
                .add(seconds(policy.takeover()), here());
        told.gauge(
                        "headroom_sustained_bytes_per_second",
                        "The write rate up to which no guest waits for space that the pool has.")
                .add(policy.sustainedPerSecond().value(), here());
    }

    private void role(boolean serves) {
        told.gauge("headroom_spm_serving", "1 on the node that serves as SPM; its sum over all nodes is 1.")
                .add(one(serves), here());
        told.gauge("headroom_spm_epoch", "The highest epoch that this host has seen; grows with every takeover.")
                .add(self.epoch().value(), here());
        MetricFamilies.Family silent = told.gauge(
                "headroom_spm_silent_seconds",
                "Since the SPM's heartbeat on the storage changed, as this host sees it.");
        self.spmSilent().ifPresent(since -> silent.add(seconds(since), here()));
    }

    private void vms() {
        MetricFamilies.Family vms =
                told.gauge("headroom_vms", "VMs of this host, by why they do not run; none for those that do.");
        for (Pause.Cause cause : Pause.Cause.values()) {
            long count = self.vms().stream()
                    .filter(vm -> vm.pause().cause() == cause)
                    .count();
            vms.add(count, here().add("cause", word(cause)));
        }
        MetricFamilies.Family paused =
                told.gauge("headroom_vm_paused", "1 for each VM that does not run, with the cause.");
        self.vms().stream()
                .filter(vm -> vm.pause().cause() != Pause.Cause.NONE)
                .forEach(vm -> paused.add(1, of(vm).add("cause", word(vm.pause().cause()))));
        told.gauge("headroom_vms_unreachable", "VMs of this host whose monitor does not answer.")
                .add(
                        self.vms().stream()
                                .filter(vm -> !vm.connected() && !vm.hasEnded())
                                .count(),
                        here());
        told.gauge("headroom_disks_left_alone", "Writable disks of this host's VMs that are not guarded.")
                .add(self.vms().stream().mapToLong(vm -> vm.leftAlone().size()).sum(), here());
    }

    private Labels of(VmReport vm) {
        return here().add("vm", vm.name().value());
    }

    private void disks() {
        MetricFamilies.Family size =
                told.gauge("headroom_disk_size_bytes", "The size of the disk's device on this host.");
        MetricFamilies.Family virtual = told.gauge("headroom_disk_virtual_size_bytes", "The size that the guest sees.");
        MetricFamilies.Family headroom = told.gauge(
                "headroom_disk_headroom_bytes", "Free space ahead of the guest's highest write; none while unknown.");
        MetricFamilies.Family left = told.gauge(
                "headroom_disk_headroom_seconds",
                "Until the guest reaches the end of the device at its present rate; none while it does not write.");
        MetricFamilies.Family rate =
                told.gauge("headroom_disk_write_bytes_per_second", "By which the guest moves towards the end.");
        MetricFamilies.Family phase = told.gauge("headroom_disk_phase", "1 for the disk's present phase.");
        MetricFamilies.Family extensions = told.counter(
                "headroom_disk_extensions", "Extensions that came to their end since this process knows the disk.");
        MetricFamilies.Family took =
                told.gauge("headroom_disk_last_extension_seconds", "From QEMU's event to armed again, the last time.");
        for (VmReport vm : self.vms()) {
            for (DiskReport disk : vm.disks()) {
                Labels labels = of(vm).add("disk", disk.name());
                size.add(disk.device().value(), labels);
                virtual.add(disk.virtualSize().value(), labels);
                disk.pointer()
                        .ifPresent(end ->
                                headroom.add(disk.device().minusOrZero(end).value(), labels));
                disk.left().ifPresent(time -> left.add(seconds(time), labels));
                rate.add(disk.bytesPerSecond(), labels);
                phase.add(1, labels.add("phase", word(disk.phase())));
                extensions.add(disk.extensions(), labels);
                disk.lastTook().ifPresent(time -> took.add(seconds(time), labels));
            }
        }
    }

    private void pool(SpmReport pool) {
        bytes("headroom_pool_capacity_bytes", "What the pool's LUNs have in all.", pool.capacity());
        bytes("headroom_pool_free_bytes", "What no volume has.", pool.free());
        bytes("headroom_pool_allocated_bytes", "The sum of all volumes.", pool.allocated());
        bytes("headroom_pool_committed_bytes", "The sum of all virtual sizes.", pool.committed());
        told.gauge("headroom_pool_overcommit_ratio", "What is promised to guests as a part of the capacity.")
                .add(pool.overcommit(), Labels.EMPTY);
        SpmReport.Health health = pool.health();
        bytes(
                "headroom_pool_guaranteed_free_bytes",
                "What would be free if every guest filled its disk.",
                health.guaranteedFree());
        bytes("headroom_pool_reserve_bytes", "What no new volume is given.", health.reserve());
        told.gauge("headroom_pool_fill_bytes_per_second", "By which the pool fills, over the last quarter of an hour.")
                .add(health.bytesPerSecond(), Labels.EMPTY);
        told.gauge("headroom_pool_full_seconds", "Until the pool is full at this rate; +Inf where it does not fill.")
                .add(health.untilFull().map(Metrics::seconds).orElse(Double.POSITIVE_INFINITY), Labels.EMPTY);
        MetricFamilies.Family level = told.gauge("headroom_pool_level", "1 for the pool's present level.");
        for (PoolLevel each : PoolLevel.values()) {
            level.add(one(each == health.level()), Labels.of("level", word(each)));
        }
        told.gauge("headroom_pool_volumes", "How many volumes the pool has.").add(pool.volumes(), Labels.EMPTY);
    }

    private void luns(SpmReport pool) {
        MetricFamilies.Family size = told.gauge("headroom_lun_size_bytes", "What the pool has of the LUN.");
        MetricFamilies.Family free = told.gauge("headroom_lun_free_bytes", "What no volume has of it.");
        MetricFamilies.Family well = told.gauge("headroom_lun_well", "1 where the SPM's host sees the LUN.");
        for (Tenure.Lun lun : pool.luns()) {
            Labels labels = Labels.of("lun", lun.id());
            size.add(lun.size().value(), labels);
            free.add(lun.free().value(), labels);
            well.add(one(lun.problem().isEmpty()), labels);
        }
    }

    private void bytes(String name, String help, Bytes value) {
        told.gauge(name, help).add(value.value(), Labels.EMPTY);
    }

    private void waiting(SpmReport pool) {
        MetricFamilies.Family requests =
                told.gauge("headroom_waiting_requests", "Requests that the pool has no space for.");
        MetricFamilies.Family missing = told.gauge("headroom_waiting_bytes", "What those requests lack in all.");
        for (boolean paused : List.of(false, true)) {
            List<SpmReport.Waiting> those = pool.waiting().stream()
                    .filter(one -> one.paused() == paused)
                    .toList();
            Labels labels = Labels.of("paused", Boolean.toString(paused));
            requests.add(those.size(), labels);
            missing.add(those.stream().mapToLong(one -> one.missing().value()).sum(), labels);
        }
        told.gauge("headroom_waiting_oldest_seconds", "How long the oldest of them has waited in this epoch.")
                .add(
                        pool.waiting().stream()
                                .map(SpmReport.Waiting::waits)
                                .max(Duration::compareTo)
                                .map(Metrics::seconds)
                                .orElse(0.0),
                        Labels.EMPTY);
    }

    private void spm(SpmReport pool) {
        told.gauge("headroom_spm_since_timestamp_seconds", "When this tenure of the SPM began.")
                .add(pool.since().toEpochMilli() / 1e3, Labels.EMPTY);
        told.counter("headroom_spm_requests_served", "Requests answered in this tenure.")
                .add(pool.served(), Labels.EMPTY);
        told.gauge("headroom_spm_queued_requests", "Requests that are read and not yet answered.")
                .add(pool.queued(), Labels.EMPTY);
        told.gauge("headroom_spm_problems", "What does not work in the pool; headroom pool show names it.")
                .add(pool.problems().size(), Labels.EMPTY);
        told.gauge("headroom_ledger_lag_records", "Records of the pool log that the history lacks.")
                .add(pool.unledgered(), Labels.EMPTY);
    }
}
