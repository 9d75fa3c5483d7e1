package io.headroom.host;

import io.headroom.model.Moment;
import io.headroom.model.VmName;
import io.headroom.model.VolumeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Decides which volumes this host tells the SPM that it uses, makes available to QEMU, and gives back.
 *
 * <pre>
 *               a VM has it, or         Claimed             Opened, for
 *               an operator wants it                        the operator
 *   (unknown) ──────────────────► CLAIM ────────► (OPEN) ───────────────► in use
 *       ▲                                                                    │ its last VM ended, or
 *       │ Released                         Closed                            ▼ an operator gives it back
 *       └───────────────── RELEASE ◄──────────────────────────────────── CLOSE
 * </pre>
 *
 * A volume that an operator made available stays so until a VM took it and ended. What does not work is tried again,
 * for as long as it is wanted: a volume is never left claimed because nobody answered.
 */
public final class Usage {
    private static final Map<Kind, String> NOT_DONE = Map.of(
            Kind.CLAIM, "is used here and the SPM does not note it",
            Kind.OPEN, "is not available here",
            Kind.CLOSE, "is not taken away from this host",
            Kind.RELEASE, "is taken away from this host and the SPM does not note it");

    /** How long after a failure a step is tried again. */
    static final Duration AGAIN = Duration.ofSeconds(10);

    public sealed interface Input {}

    /**
     * The VMs of this host, each with the volumes that its disks are; one that is missing has ended.
     *
     * @param silent those whose QEMU does not answer: what is said of them is what they had
     */
    public record Reported(Map<VmName, Set<VolumeId>> vms, Set<VmName> silent, Moment now) implements Input {}

    /** An operator wants the volume here. @param shared beside another host, for a migration */
    public record Activate(long ticket, VolumeId volume, boolean shared, Moment now) implements Input {}

    /** An operator no longer wants it here. */
    public record Deactivate(long ticket, VolumeId volume, Moment now) implements Input {}

    /** @param path what QEMU opens, after {@link Kind#OPEN}; empty otherwise */
    public record Done(Step step, String path, Moment now) implements Input {}

    /**
     * It was not done, or nobody knows whether it was.
     *
     * @param certain it was not done
     * @param cause with what to do about it
     */
    public record Failed(Step step, boolean certain, String cause, Moment now) implements Input {}

    public sealed interface Effect {}

    public enum Kind {
        /** The SPM notes that this host uses the volume. */
        CLAIM,
        /** The volume becomes available to QEMU here. */
        OPEN,
        /** The volume is taken away from this host. */
        CLOSE,
        /** The SPM forgets that this host uses the volume. */
        RELEASE
    }

    /** Answered by {@link Done} or {@link Failed}. @param shared only matters for a claim */
    public record Step(Kind kind, VolumeId volume, boolean shared) implements Effect {}

    /** What came of an operator's order. @param path what QEMU opens; empty after a deactivation */
    public record Told(long ticket, String path, Optional<String> refusal) implements Effect {}

    /** One volume and this host. */
    private static final class Use {
        private final Set<VmName> vms = new TreeSet<>();
        /** An operator made it available and no VM has taken it yet. */
        private boolean prepared;

        private boolean shared;
        private boolean claimed;
        /** Some claim may have been noted, though nobody answered. */
        private boolean maybeClaimed;

        private boolean open;
        private boolean closed;
        private Optional<Kind> underWay = Optional.empty();
        private Optional<Moment> notBefore = Optional.empty();
        private Optional<Long> activating = Optional.empty();
        private Optional<Long> deactivating = Optional.empty();
        /** Whether it was {@link #prepared} before the deactivation that is under way. */
        private boolean wasPrepared;

        private String problem = "";

        private boolean isWanted() {
            return prepared || !vms.isEmpty();
        }

        /** What is owed to the volume now. */
        private Optional<Kind> owed() {
            if (isWanted() && !claimed) {
                return Optional.of(Kind.CLAIM);
            }
            if (isWanted()) {
                return prepared && !open ? Optional.of(Kind.OPEN) : Optional.empty();
            }
            return Optional.of(closed ? Kind.RELEASE : Kind.CLOSE);
        }
    }

    private final Map<VolumeId, Use> uses = new TreeMap<>();

    /** Takes one input; what is to be done about it comes back in order. */
    public List<Effect> on(Input input) {
        List<Effect> effects = new ArrayList<>();
        if (input instanceof Reported reported) {
            reported(reported);
            uses.forEach((volume, use) -> go(volume, use, reported.now(), effects));
        } else if (input instanceof Activate activate) {
            activate(activate, effects);
        } else if (input instanceof Deactivate deactivate) {
            deactivate(deactivate, effects);
        } else if (input instanceof Done done) {
            done(done, effects);
        } else if (input instanceof Failed failed) {
            failed(failed, effects);
        } else {
            throw new AssertionError("unhandled " + input);
        }
        return effects;
    }

    private void reported(Reported reported) {
        Map<VmName, Set<VolumeId>> vms = reported.vms();
        vms.forEach((vm, volumes) -> volumes.forEach(volume -> {
            Use use = uses.computeIfAbsent(volume, unknown -> new Use());
            use.vms.add(vm);
            // What was made available after a QEMU died waits for the next one, not for the one that died.
            use.prepared = use.activating.isPresent()
                    || use.prepared && reported.silent().contains(vm);
            use.closed = false;
        }));
        // A volume below a snapshot is no disk any longer, and yet QEMU has it open: it stays until the VM ends.
        uses.values().forEach(use -> use.vms.retainAll(vms.keySet()));
    }

    private void activate(Activate activate, List<Effect> effects) {
        Use use = uses.computeIfAbsent(activate.volume(), unknown -> new Use());
        if (use.activating.isPresent() || use.deactivating.isPresent()) {
            effects.add(
                    refusal(activate.ticket(), "it is being made available or taken away already; ask again shortly"));
            return;
        }
        use.activating = Optional.of(activate.ticket());
        use.prepared = true;
        use.shared = activate.shared();
        use.claimed = false;
        use.open = false;
        use.closed = false;
        use.notBefore = Optional.empty();
        go(activate.volume(), use, activate.now(), effects);
    }

    private void deactivate(Deactivate deactivate, List<Effect> effects) {
        Use use = uses.computeIfAbsent(deactivate.volume(), unknown -> new Use());
        if (!use.vms.isEmpty()) {
            effects.add(refusal(
                    deactivate.ticket(), "VM " + use.vms.iterator().next() + " has it open here; stop the VM first"));
        } else if (use.activating.isPresent() || use.deactivating.isPresent()) {
            effects.add(refusal(
                    deactivate.ticket(), "it is being made available or taken away already; ask again shortly"));
        } else {
            use.deactivating = Optional.of(deactivate.ticket());
            use.wasPrepared = use.prepared;
            use.prepared = false;
            use.maybeClaimed = true;
            use.notBefore = Optional.empty();
            go(deactivate.volume(), use, deactivate.now(), effects);
        }
    }

    private void done(Done done, List<Effect> effects) {
        VolumeId volume = done.step().volume();
        Use use = ended(volume, done.step());
        use.problem = "";
        switch (done.step().kind()) {
            case CLAIM:
                use.claimed = true;
                use.maybeClaimed = true;
                break;
            case OPEN:
                use.open = true;
                tell(use.activating, done.path(), Optional.empty(), effects);
                use.activating = Optional.empty();
                break;
            case CLOSE:
                use.open = false;
                use.closed = !use.isWanted();
                break;
            case RELEASE:
                use.claimed = false;
                use.maybeClaimed = false;
                tell(use.deactivating, "", Optional.empty(), effects);
                use.deactivating = Optional.empty();
                if (!use.isWanted()) {
                    uses.remove(volume);
                    return;
                }
                break;
            default:
                throw new AssertionError("unhandled " + done.step());
        }
        go(volume, use, done.now(), effects);
    }

    private void failed(Failed failed, List<Effect> effects) {
        VolumeId volume = failed.step().volume();
        Kind kind = failed.step().kind();
        Use use = ended(volume, failed.step());
        use.notBefore = Optional.of(failed.now().plus(AGAIN));
        use.problem = "volume " + volume + " " + NOT_DONE.get(kind) + ": " + failed.cause() + "; tries again";
        use.maybeClaimed |= kind == Kind.CLAIM && !failed.certain();
        boolean isForgotten = kind == Kind.RELEASE && failed.certain() && !use.maybeClaimed;
        if (use.activating.isPresent()) {
            tell(use.activating, "", Optional.of(failed.cause()), effects);
            use.activating = Optional.empty();
            use.prepared = false;
        } else if (use.deactivating.isPresent()) {
            tell(use.deactivating, "", Optional.of(NOT_DONE.get(kind) + ": " + failed.cause()), effects);
            use.deactivating = Optional.empty();
            use.prepared = use.wasPrepared && kind == Kind.CLOSE;
            isForgotten |= kind == Kind.CLOSE && !use.claimed;
        }
        if (isForgotten) {
            uses.remove(volume);
        }
    }

    private Use ended(VolumeId volume, Step step) {
        Use use = uses.get(volume);
        if (use == null || !use.underWay.equals(Optional.of(step.kind()))) {
            throw new IllegalStateException(step + " ended and was not under way");
        }
        use.underWay = Optional.empty();
        return use;
    }

    private static void go(VolumeId volume, Use use, Moment now, List<Effect> effects) {
        boolean waits = use.notBefore.filter(now::isBefore).isPresent();
        if (use.underWay.isEmpty() && !waits) {
            use.underWay = use.owed();
            use.underWay.ifPresent(kind -> effects.add(new Step(kind, volume, use.shared)));
        }
    }

    private static void tell(Optional<Long> ticket, String path, Optional<String> refusal, List<Effect> effects) {
        ticket.ifPresent(to -> effects.add(new Told(to, path, refusal)));
    }

    private static Told refusal(long ticket, String cause) {
        return new Told(ticket, "", Optional.of(cause));
    }

    /** What does not work now, each with its next step. */
    public List<String> problems() {
        return uses.values().stream()
                .map(use -> use.problem)
                .filter(problem -> !problem.isEmpty())
                .toList();
    }
}
