package io.headroom.host;

import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.Incarnation;
import io.headroom.model.PoolId;
import io.headroom.vm.VmReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What one host knows of itself and its disks, for people and for machines.
 *
 * @param epoch the highest that the host has seen
 * @param spm the host that the mailbox header names as SPM; empty before the first header was read
 * @param spmSilent how long the header's heartbeat has not changed; empty before the first header was read
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
        Optional<Duration> spmSilent,
        int openSlots,
        List<VmReport> vms,
        List<String> problems) {
    public HostReport {
        vms = List.copyOf(vms);
        problems = List.copyOf(problems);
    }

    /** The same with more that does not work. */
    public HostReport withProblems(List<String> more) {
        return new HostReport(
                pool,
                host,
                address,
                incarnation,
                epoch,
                spm,
                spmAddress,
                spmSilent,
                openSlots,
                vms,
                Stream.concat(problems.stream(), more.stream()).toList());
    }
}
