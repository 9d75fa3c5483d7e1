package io.headroom.spm;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.OverTheWire;
import io.headroom.model.PoolId;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What the SPM knows of the pool and is doing now.
 *
 * @param doing one sentence: the step at hand
 * @param since when this tenure began to serve; the epoch's start for people
 * @param allocated the sum of all volumes
 * @param committed the sum of the virtual sizes: what the pool would need if every guest filled its disk
 * @param queued requests that are read and not yet answered
 * @param logged the last entry of the pool log
 * @param journaled the last entry that the ledger holds
 * @param journal the journal's identity; empty while the ledger has not answered
 * @param served requests answered in this tenure
 * @param problems what does not work now, each with its next step
 */
public record SpmReport(
        PoolId pool,
        HostId host,
        Spm.Phase phase,
        String doing,
        Epoch epoch,
        Instant since,
        Bytes capacity,
        Bytes free,
        Bytes allocated,
        Bytes committed,
        int volumes,
        int queued,
        List<Waiting> waiting,
        LogPosition logged,
        LogPosition journaled,
        String journal,
        long served,
        List<String> problems)
        implements OverTheWire {
    public SpmReport {
        waiting = List.copyOf(waiting);
        problems = List.copyOf(problems);
    }

    /** Before the first look at the pool. */
    static SpmReport before(PoolId pool, HostId host, Spm.Phase phase, String doing, String problem) {
        return new SpmReport(
                pool,
                host,
                phase,
                doing,
                Epoch.NONE,
                Instant.EPOCH,
                Bytes.ZERO,
                Bytes.ZERO,
                Bytes.ZERO,
                Bytes.ZERO,
                0,
                0,
                List.of(),
                LogPosition.START,
                LogPosition.START,
                "",
                0,
                problem.isEmpty() ? List.of() : List.of(problem));
    }

    /** A request that the pool has no space for. */
    public record Waiting(HostId host, VmName vm, VolumeId volume, Bytes size, boolean paused, Duration waits) {}
}
