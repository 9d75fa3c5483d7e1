package io.headroom.vm;

import io.headroom.model.Moment;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides whether a VM that was paused for want of space goes on.
 *
 * <pre>
 *   no disk starved ──DiskStarved──► starved ──the last starved disk grew──► owed a resume
 *          ▲                            ▲                                          │
 *          │                            └────────────── DiskStarved ───────────────┤
 *          └──────────── Looked: io-error, so resumed; or anything else ───────────┘
 * </pre>
 *
 * A VM is resumed only on evidence that a disk of it had no space, only when all such disks have grown, and only while
 * QEMU says {@code io-error}: one that a person paused stays paused.
 */
public final class Vm {
    /** How long after a resume the VM is looked at: QEMU answers success even when it stops again at once. */
    static final Duration LASTS = Duration.ofSeconds(1);

    public sealed interface Input {}

    public record Looked(String status, Moment now) implements Input {}

    public record DiskStarved(VolumeId volume) implements Input {}

    public record DiskGrown(VolumeId volume, Moment now) implements Input {}

    /** The VM no longer has the disk. */
    public record DiskGone(VolumeId volume) implements Input {}

    /** Whether QEMU took the order to go on is unknown. */
    public record ResumeFailed() implements Input {}

    public record Tick(Moment now) implements Input {}

    public sealed interface Effect {}

    /** Ask QEMU for the VM's state; answered by {@link Looked}. */
    public record Look() implements Effect {}

    public record Resume() implements Effect {}

    private final Set<VolumeId> starved = new TreeSet<>();
    private String status = "";
    private boolean owedResume;
    private Optional<Moment> lookAt = Optional.empty();

    public List<Effect> on(Input input) {
        if (input instanceof Looked looked) {
            status = looked.status();
            return resumeIfOwed(looked.now());
        }
        if (input instanceof DiskStarved disk) {
            starved.add(disk.volume());
            owedResume = false;
            return List.of();
        }
        if (input instanceof DiskGrown disk) {
            owedResume |= starved.remove(disk.volume()) && starved.isEmpty();
            return owedResume ? List.of(new Look()) : List.of();
        }
        if (input instanceof DiskGone disk) {
            starved.remove(disk.volume());
            return List.of();
        }
        if (input instanceof ResumeFailed) {
            owedResume = starved.isEmpty();
            return List.of();
        }
        if (input instanceof Tick tick) {
            boolean due = lookAt.map(at -> !tick.now().isBefore(at)).orElse(false);
            if (due) {
                lookAt = Optional.empty();
            }
            return due || owedResume ? List.of(new Look()) : List.of();
        }
        throw new AssertionError("unhandled " + input);
    }

    private List<Effect> resumeIfOwed(Moment now) {
        if (!owedResume) {
            return List.of();
        }
        owedResume = false;
        if (!status.equals("io-error")) {
            return List.of();
        }
        lookAt = Optional.of(now.plus(LASTS));
        return List.of(new Resume());
    }

    /** QEMU's own word for the VM's state; empty before the first look. */
    public String status() {
        return status;
    }

    /** Whether a disk of the VM has no space. */
    public boolean isStarved() {
        return !starved.isEmpty();
    }
}
