package io.headroom.vm;

import io.headroom.model.Moment;
import io.headroom.model.VolumeId;
import io.headroom.port.Notebook.Notes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Decides whether a VM that was paused for want of space goes on.
 *
 * <pre>
 *   no disk starved ──DiskStarved──► starved ──the last starved disk grew──► owed a resume
 *          ▲                            ▲                                          │
 *          │                            └────────────── DiskStarved ───────────────┤
 *          └───── Looked: io-error, not held, rested, so resumed; or anything else ┘
 * </pre>
 *
 * A VM is resumed only on evidence that a disk of it had no space, only when all such disks have grown, and only while
 * QEMU says {@code io-error}: one that a person paused stays paused. So does one that a person holds, and one that was
 * also stopped by an error that space does not heal. A VM that is starved again soon after it was resumed rests before
 * the next resume, twice as long each time.
 *
 * <p>What the VM is paused for is noted before anything is done about it, and struck out when it runs: another start of
 * the node would find the disks grown, and no evidence why the VM stands. The same holds for another error, of which QEMU
 * tells only once.
 */
public final class Vm {
    /** How long after a resume the VM is looked at: QEMU answers success even when it stops again at once. */
    static final Duration LASTS = Duration.ofSeconds(1);

    /** A VM that is starved again within this time was resumed for too little. */
    static final Duration TOO_SOON = Duration.ofSeconds(10);

    /** From one resume to the next, after the first that came to too little; doubled with each further one. */
    static final Duration FIRST_REST = Duration.ofSeconds(2);

    static final Duration LONGEST_REST = Duration.ofMinutes(1);

    private static final String STOPPED_BY_IO_ERROR = "io-error";
    private static final Set<String> RUNNING = Set.of("", "running");

    public sealed interface Input {}

    public record Looked(String status, Moment now) implements Input {}

    public record DiskStarved(VolumeId volume, Moment now) implements Input {}

    public record DiskGrown(VolumeId volume, Moment now) implements Input {}

    /** The VM no longer has the disk. */
    public record DiskGone(VolumeId volume) implements Input {}

    /** QEMU stopped the VM for an error that space in the pool does not heal. @param what in words */
    public record OtherwiseFailed(String what) implements Input {}

    /** QEMU let the VM go on, whoever told it to. */
    public record WentOn() implements Input {}

    /** QEMU took the order to go on. */
    public record Resumed() implements Input {}

    /** Whether QEMU took the order to go on is unknown. */
    public record ResumeFailed() implements Input {}

    /** Nobody listens at the monitor's socket, where its QEMU did. */
    public record Deserted(Moment now) implements Input {}

    /** Its QEMU answers, or does not and nothing shows why. */
    public record MayLive() implements Input {}

    /** What was noted before this process began. */
    public record Recalled(Notes notes) implements Input {}

    /** A person holds the VM, or lets it go. */
    public record Hold(boolean held) implements Input {}

    public record Tick(Moment now) implements Input {}

    public sealed interface Effect {}

    /** Ask QEMU for the VM's state; answered by {@link Looked}. */
    public record Look() implements Effect {}

    /** Answered by {@link Resumed} or {@link ResumeFailed}. */
    public record Resume() implements Effect {}

    /** The VM has ended, and has no disk any longer. Told once, until its QEMU {@link MayLive} again. */
    public record Ended() implements Effect {}

    /** Replace what is noted. */
    public record Note(Notes notes) implements Effect {}

    private final Set<VolumeId> starved = new TreeSet<>();
    /** What the present pause is for; some of these disks may have grown already. */
    private final Set<VolumeId> pausedFor = new TreeSet<>();

    private String status = "";
    private boolean owedResume;
    /** It was told to go on, and not looked at since. */
    private boolean isToldToGoOn;

    private boolean held;
    private Optional<Notes> noted = Optional.empty();
    private Optional<String> otherFailure = Optional.empty();
    private Optional<Moment> lookAt = Optional.empty();
    private Optional<Moment> resumedAt = Optional.empty();
    private int tooSoon;
    private final Absence absence = new Absence();

    public List<Effect> on(Input input) {
        List<Effect> effects = new ArrayList<>(take(input));
        Notes notes = new Notes(held, pausedFor, otherFailure.orElse(""));
        if (noted.isPresent() && !noted.get().equals(notes)) {
            noted = Optional.of(notes);
            effects.add(0, new Note(notes));
        }
        return effects;
    }

    private List<Effect> take(Input input) {
        if (input instanceof Looked looked) {
            status = looked.status();
            isToldToGoOn = false;
            return resumeIfOwed(looked.now());
        }
        if (input instanceof DiskStarved disk) {
            starved(disk.volume(), disk.now());
        } else if (input instanceof DiskGrown disk) {
            owedResume |= starved.remove(disk.volume()) && starved.isEmpty();
            return lookIfItMayGoOn(disk.now());
        } else if (input instanceof DiskGone disk) {
            starved.remove(disk.volume());
            pausedFor.remove(disk.volume());
        } else if (input instanceof OtherwiseFailed failed) {
            otherFailure = Optional.of(failed.what());
        } else if (input instanceof Deserted deserted) {
            return absence.deserted(deserted.now()) ? ended() : List.of();
        } else if (input instanceof MayLive) {
            absence.doubted();
        } else if (input instanceof WentOn) {
            otherFailure = Optional.empty();
        } else if (input instanceof Resumed) {
            pausedFor.retainAll(starved);
        } else if (input instanceof ResumeFailed) {
            owedResume = starved.isEmpty();
        } else if (input instanceof Recalled recalled) {
            noted = Optional.of(recalled.notes());
            held = recalled.notes().held();
            pausedFor.addAll(recalled.notes().starved());
            otherFailure = otherFailure.or(
                    () -> Optional.of(recalled.notes().failure()).filter(failure -> !failure.isEmpty()));
        } else if (input instanceof Hold hold) {
            held = hold.held();
        } else if (input instanceof Tick tick) {
            return ticked(tick.now());
        } else {
            throw new AssertionError("unhandled " + input);
        }
        return List.of();
    }

    private void starved(VolumeId volume, Moment now) {
        if (starved.isEmpty() && !owedResume) {
            boolean isTooSoon =
                    resumedAt.map(at -> now.since(at).compareTo(TOO_SOON) < 0).orElse(false);
            tooSoon = isTooSoon ? tooSoon + 1 : 0;
        }
        starved.add(volume);
        pausedFor.add(volume);
        owedResume = false;
    }

    /** What is noted of a person's hold outlives the VM, as it does where the socket vanishes with its QEMU. */
    private List<Effect> ended() {
        status = "";
        starved.clear();
        pausedFor.clear();
        owedResume = false;
        isToldToGoOn = false;
        otherFailure = Optional.empty();
        lookAt = Optional.empty();
        return List.of(new Ended());
    }

    private List<Effect> ticked(Moment now) {
        boolean due = lookAt.map(at -> !now.isBefore(at)).orElse(false);
        if (due) {
            lookAt = Optional.empty();
            return List.of(new Look());
        }
        return lookIfItMayGoOn(now);
    }

    private List<Effect> lookIfItMayGoOn(Moment now) {
        return owedResume && isAllowed() && hasRested(now) ? List.of(new Look()) : List.of();
    }

    private List<Effect> resumeIfOwed(Moment now) {
        boolean isStopped = status.equals(STOPPED_BY_IO_ERROR);
        if (!isStopped) {
            otherFailure = Optional.empty();
        }
        if (!isStopped || otherFailure.isPresent()) {
            owedResume = false;
            if (starved.isEmpty()) {
                pausedFor.clear();
            }
            return List.of();
        }
        if (!owedResume || !isAllowed() || !hasRested(now)) {
            return List.of();
        }
        owedResume = false;
        lookAt = Optional.of(now.plus(LASTS));
        resumedAt = Optional.of(now);
        isToldToGoOn = true;
        return List.of(new Resume());
    }

    /** As long as it is unknown whether a person holds the VM, it is held. */
    private boolean isAllowed() {
        return noted.isPresent() && !held;
    }

    private boolean hasRested(Moment now) {
        return resumedAt.map(at -> !now.isBefore(at.plus(rest()))).orElse(true);
    }

    private Duration rest() {
        Duration rest = tooSoon == 0 ? Duration.ZERO : FIRST_REST;
        for (int doubled = 1; doubled < tooSoon && rest.compareTo(LONGEST_REST) < 0; doubled++) {
            rest = rest.multipliedBy(2);
        }
        return rest.compareTo(LONGEST_REST) < 0 ? rest : LONGEST_REST;
    }

    /** @param names what people call a volume */
    public Pause pause(Function<VolumeId, String> names) {
        if (absence.isCertain()) {
            return new Pause(
                    Pause.Cause.ENDED,
                    "its QEMU has ended; start the VM again, or remove the socket that it left behind");
        }
        if (RUNNING.contains(status)) {
            return Pause.NONE;
        }
        if (!status.equals(STOPPED_BY_IO_ERROR)) {
            return new Pause(Pause.Cause.OTHERWISE, "QEMU says " + status);
        }
        if (otherFailure.isPresent()) {
            return new Pause(Pause.Cause.OTHER_ERROR, otherFailure.get() + "; repair it, then tell QEMU to go on");
        }
        boolean isForSpace = !starved.isEmpty() || owedResume;
        if (isForSpace && held) {
            return new Pause(
                    Pause.Cause.HELD, spaceOf(names) + ", and a person holds the VM; release it to let it go on");
        }
        if (!starved.isEmpty()) {
            return new Pause(Pause.Cause.NO_SPACE, spaceOf(names));
        }
        if (owedResume && noted.isEmpty()) {
            return new Pause(Pause.Cause.RESTING, "space came; whether a person holds the VM could not be read yet");
        }
        if (owedResume && tooSoon > 0) {
            return new Pause(
                    Pause.Cause.RESTING,
                    "space came, but it was starved again within " + TOO_SOON.toSeconds() + " s of each of the last "
                            + tooSoon + " resumes; goes on " + rest().toSeconds() + " s after the last one");
        }
        return owedResume || isToldToGoOn
                ? new Pause(Pause.Cause.GOING_ON, "space came")
                : new Pause(
                        Pause.Cause.UNEXPLAINED,
                        "an I/O error, and nothing shows that it was for want of space; look at its storage, then tell"
                                + " QEMU to go on");
    }

    private String spaceOf(Function<VolumeId, String> names) {
        return starved.isEmpty()
                ? "space came"
                : "no space on " + starved.stream().map(names).collect(Collectors.joining(", "));
    }

    /** QEMU's own word for the VM's state; empty before the first look. */
    public String status() {
        return status;
    }

    /** Whether a disk of the VM has no space. */
    public boolean isStarved() {
        return !starved.isEmpty();
    }

    /** Whether a person holds the VM; false while that is unknown. */
    public boolean isHeld() {
        return held;
    }

    /** Whether what was noted before this process began is known. */
    public boolean hasRecalled() {
        return noted.isPresent();
    }

    /** Whether the VM was paused for this volume's space when it was noted last, and has not been seen to run since. */
    public boolean isPausedFor(VolumeId volume) {
        return pausedFor.contains(volume);
    }
}
