package io.headroom.vm;

/**
 * Why a VM does not run, as far as it is known.
 *
 * @param why in words, with the next step where a person has to take one; empty where the VM runs
 */
public record Pause(Cause cause, String why) {
    public static final Pause NONE = new Pause(Cause.NONE, "");

    public enum Cause {
        /** The VM runs, or nobody has looked yet. */
        NONE,
        /** A disk has no space; the VM goes on by itself when all its starved disks have. */
        NO_SPACE,
        /** It was for want of space, and a person holds the VM: it does not go on by itself. */
        HELD,
        /** Space came, and the VM was stopped again soon after the last resumes: the next one waits. */
        RESTING,
        /** Space came; the VM goes on now. */
        GOING_ON,
        /** Also by an error that space does not heal: a person decides. */
        OTHER_ERROR,
        /** By an I/O error, and nothing shows that it was for want of space: a person decides. */
        UNEXPLAINED,
        /** QEMU names another state: a person, a migration or the guest itself. */
        OTHERWISE,
        /** There is no QEMU any longer; it left its socket behind. */
        ENDED
    }

    /** For the log. */
    @Override
    public String toString() {
        return cause == Cause.NONE ? "runs" : "does not run, " + cause + ": " + why;
    }
}
