package io.headroom.node.lvm;

import java.util.List;

/** One program with its arguments, and what of the machine it may touch. */
public record LvmCommand(Side side, List<String> argv) {
    /** Which configuration LVM runs with; see {@link LvmDirectory}. */
    public enum Side {
        /** The pool's metadata on its LUNs; never a device-mapper table. */
        METADATA,
        /** The device-mapper tables of this host; they change no metadata. */
        HOST,
        /** Every device that may be a LUN of the pool, to read which of them are. */
        CANDIDATES,
        /** Not a command of LVM. */
        PROGRAM
    }

    public LvmCommand {
        argv = List.copyOf(argv);
    }

    static LvmCommand lvm(Side side, String... arguments) {
        String[] argv = new String[arguments.length + 1];
        argv[0] = "lvm";
        System.arraycopy(arguments, 0, argv, 1, arguments.length);
        return new LvmCommand(side, List.of(argv));
    }

    static LvmCommand program(String... argv) {
        return new LvmCommand(Side.PROGRAM, List.of(argv));
    }

    /** As a person would type it, but for quotes; never for a shell. */
    @Override
    public String toString() {
        return String.join(" ", argv);
    }
}
