package io.headroom.host;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.PoolId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What one host knows of itself and its disks, for people and for machines.
 *
 * @param epoch the highest that the host has seen
 * @param spm the host that the mailbox header names as SPM; empty before the first header was read
 * @param spmSilent how long the header's heartbeat has not changed
 * @param openSlots requests that stand in the mailbox
 * @param problems what does not work now, each with its next step
 */
public record HostReport(
        PoolId pool,
        HostId host,
        String address,
        Incarnation incarnation,
        Epoch epoch,
        Optional<HostId> spm,
        String spmAddress,
        Duration spmSilent,
        int openSlots,
        List<Vm> vms,
        List<String> problems) {
    public HostReport {
        vms = List.copyOf(vms);
        problems = List.copyOf(problems);
    }

    /**
     * @param connected whether the VM's monitor answers
     * @param status QEMU's own word; empty before the first look
     * @param starved stopped because a disk has no space
     */
    public record Vm(VmName name, boolean connected, String status, boolean starved, List<Disk> disks) {
        public Vm {
            disks = List.copyOf(disks);
        }
    }

    /**
     * @param phase what the disk is doing, in lower case: {@code armed}, {@code asking}, …
     * @param device the device's size as this host measured it
     * @param limit the most that the volume may ever have
     * @param pointer the end of what the guest has written; empty while unknown
     * @param threshold armed in QEMU now; zero where none is
     * @param bytesPerSecond the guest's present rate
     * @param left time until the guest reaches the end of the device; empty while unknown or not writing
     * @param extensions finished since this process knows the disk
     * @param lastTook from QEMU's event to re-armed, the last time
     */
    public record Disk(
            VolumeId volume,
            String name,
            String node,
            String phase,
            Bytes device,
            Bytes virtualSize,
            Bytes limit,
            Optional<Bytes> pointer,
            Bytes threshold,
            long bytesPerSecond,
            Optional<Duration> left,
            long extensions,
            Optional<Duration> lastTook) {}
}
