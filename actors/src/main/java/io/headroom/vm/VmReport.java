package io.headroom.vm;

import io.headroom.disk.DiskReport;
import io.headroom.model.VmName;
import java.util.List;

/**
 * What is known of one VM, for people and for machines.
 *
 * @param connected whether the VM's monitor answers
 * @param status QEMU's own word; empty before the first look
 * @param starved stopped because a disk has no space
 * @param held a person wants that Headroom does not resume it
 * @param pause why it does not run
 * @param leftAlone the VM's other writable disks, which are not guarded
 * @param problem what does not work now; empty where all does
 */
public record VmReport(
        VmName name,
        boolean connected,
        String status,
        boolean starved,
        boolean held,
        Pause pause,
        List<DiskReport> disks,
        List<LeftAlone> leftAlone,
        String problem) {
    public VmReport {
        disks = List.copyOf(disks);
        leftAlone = List.copyOf(leftAlone);
    }

    static VmReport of(
            VmName name,
            boolean connected,
            Vm vm,
            Pause pause,
            List<DiskReport> disks,
            List<LeftAlone> leftAlone,
            String problem) {
        return new VmReport(
                name, connected, vm.status(), vm.isStarved(), vm.isHeld(), pause, disks, leftAlone, problem);
    }

    /** What does not work now with one of its disks; while its monitor does not answer, nobody sees what it writes. */
    public String problemOf(DiskReport disk) {
        return disk.problem().isEmpty() && !connected ? "is not watched: " + problem : disk.problem();
    }

    /** Whether its QEMU is gone for certain: then it has nothing of the pool open. */
    public boolean hasEnded() {
        return pause.cause() == Pause.Cause.ENDED;
    }

    /**
     * @param node QEMU's name of the disk's format node
     * @param path what is at the bottom of it
     */
    public record LeftAlone(String node, String path, String why) {}
}
