package io.headroom.spm;

import io.headroom.model.Bytes;
import io.headroom.model.Epoch;
import io.headroom.model.HostId;
import io.headroom.model.LogPosition;
import io.headroom.model.OverTheWire;
import io.headroom.model.PoolId;
import io.headroom.model.PoolLevel;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import io.headroom.port.Tenure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the SPM knows of the pool and is doing now.
 *
 * @param doing one sentence: the step at hand
 * @param since when this tenure began to serve; the epoch's start for people
 * @param allocated the sum of all volumes
 * @param committed the sum of the virtual sizes: what the pool would need if every guest filled its disk
 * @param luns as the storage was looked at last; of a lost one what its problem is
 * @param queued requests that are read and not yet answered
 * @param logged the last entry of the pool log
 * @param journaled the last entry that the ledger holds
 * @param unledgered how many records of the pool log the ledger lacks
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
        List<Tenure.Lun> luns,
        Health health,
        int queued,
        List<Waiting> waiting,
        LogPosition logged,
        LogPosition journaled,
        int unledgered,
        String journal,
        long served,
        List<String> problems)
        implements OverTheWire {
    public SpmReport {
        luns = List.copyOf(luns);
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
                List.of(),
                new Health(PoolLevel.NORMAL, Bytes.ZERO, Bytes.ZERO, 0, Optional.empty()),
                0,
                List.of(),
                LogPosition.START,
                LogPosition.START,
                0,
                "",
                0,
                problem.isEmpty() ? List.of() : List.of(problem));
    }

    /** What the pool would need if every guest filled its disk, as a part of what it has; 1 and less is enough. */
    public double overcommit() {
        return capacity.isZero() ? 0 : (double) committed.value() / capacity.value();
    }

    /**
     * How far the pool is from being full.
     *
     * @param guaranteedFree what would be free if every guest filled its disk
     * @param reserve what no new volume is given
     * @param bytesPerSecond by which it fills, measured over the last quarter of an hour; zero where it does not
     * @param untilFull at this rate; empty where it does not fill
     */
    public record Health(
            PoolLevel level, Bytes guaranteedFree, Bytes reserve, long bytesPerSecond, Optional<Duration> untilFull) {}

    /**
     * A request that the pool has no space for.
     *
     * @param name the volume's, for people
     * @param size that it should have
     * @param missing what it lacks of that
     */
    public record Waiting(
            HostId host,
            VmName vm,
            VolumeId volume,
            String name,
            Bytes size,
            Bytes missing,
            boolean paused,
            Duration waits) {}
}
