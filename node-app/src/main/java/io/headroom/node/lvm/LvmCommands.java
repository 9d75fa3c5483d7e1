package io.headroom.node.lvm;

import static io.headroom.node.lvm.LvmCommand.lvm;
import static io.headroom.node.lvm.LvmCommand.program;

import io.headroom.model.Bytes;
import io.headroom.node.lvm.LvmCommand.Side;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Every command that Headroom runs on one volume group. Sizes are absolute, so that repeating a command is harmless.
 *
 * <p>Those of {@link Side#METADATA} change the group and run under the lease alone. Everything else leaves its metadata
 * as it is: {@link #report()} and {@link #candidates()} with {@code --readonly}, and of {@link Side#HOST}
 * {@code lvchange -ay}, {@code -an} and {@code --refresh}. No other command of LVM runs outside the lease.
 */
public final class LvmCommands {
    /** LVM's own rules, less what needs quoting nowhere but in a terminal. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]*");

    /** Device-mapper writes VG and LV into one name of at most 127 characters, with every hyphen twice. */
    private static final int LONGEST_PAIR = 120;

    private static final int LONGEST = 64;

    private final String group;

    /** @throws IllegalArgumentException where the name is none for a volume group */
    public LvmCommands(String group) {
        this.group = checked("volume group", group);
    }

    /** @throws IllegalArgumentException naming what is allowed */
    static String checked(String kind, String name) {
        if (name.length() > LONGEST || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not the name of a " + kind + ": \"" + name + "\"; allowed are 1 to "
                    + LONGEST + " letters, digits and _ . + - with a letter, digit or _ first");
        }
        return name;
    }

    // Reading

    /** The whole group in one run: {@link LvmReport#group}. */
    LvmCommand report() {
        return lvm(
                Side.METADATA,
                "fullreport",
                "--readonly",
                "--reportformat",
                "json",
                "--units",
                "b",
                "--nosuffix",
                "--configreport",
                "vg",
                "-o",
                "vg_name,vg_uuid,vg_size,vg_free,vg_extent_size,vg_seqno,vg_tags",
                "--configreport",
                "pv",
                "-o",
                "pv_uuid,pv_name,pv_size,pv_free,pv_missing,pv_mda_count",
                "--configreport",
                "lv",
                "-o",
                "lv_uuid,lv_name,lv_size,lv_tags",
                "--configreport",
                "pvseg",
                "-o",
                "pv_uuid,lv_name",
                "-S",
                "pv_missing=missing && lv_name!=\"\"",
                "--configreport",
                "seg",
                "-o",
                "seg_start",
                "-S",
                "seg_size=0",
                group);
    }

    /** Which of the candidates hold which volume group: {@link LvmReport#candidates}. */
    static LvmCommand candidates() {
        return lvm(
                Side.CANDIDATES,
                "pvs",
                "--all",
                "--readonly",
                "--reportformat",
                "json",
                "--units",
                "b",
                "--nosuffix",
                "-o",
                "pv_name,pv_uuid,pv_in_use,vg_name,vg_uuid,vg_tags");
    }

    // This host's tables

    LvmCommand activate(String name) {
        return lvm(Side.HOST, "lvchange", "-ay", path(name));
    }

    LvmCommand deactivate(String name) {
        return lvm(Side.HOST, "lvchange", "-an", path(name));
    }

    /** On a volume that is inactive here, it succeeds and does nothing. */
    LvmCommand refresh(String name) {
        return lvm(Side.HOST, "lvchange", "--refresh", path(name));
    }

    // The group's metadata

    LvmCommand create(String name, Bytes size, Collection<String> tags) {
        List<String> arguments = new ArrayList<>(List.of("lvcreate", "-an", "-Zn", "-Wn"));
        for (String tag : tags) {
            arguments.addAll(List.of("--addtag", tag));
        }
        arguments.addAll(List.of("-L", size.value() + "b", "-n", checked("volume", name), group));
        path(name);
        return changing(arguments);
    }

    LvmCommand extend(String name, Bytes size) {
        return lvm(Side.METADATA, "lvextend", "-L", size.value() + "b", path(name));
    }

    LvmCommand tag(String name, Collection<String> gone, Collection<String> added) {
        return tags("lvchange", path(name), gone, added);
    }

    LvmCommand tagGroup(Collection<String> gone, Collection<String> added) {
        return tags("vgchange", group, gone, added);
    }

    LvmCommand remove(String name) {
        return lvm(Side.METADATA, "lvremove", "-y", path(name));
    }

    /**
     * Makes a device a physical volume that belongs to no group.
     *
     * @param id that it is to have
     * @param device as LVM is allowed to see it
     */
    static LvmCommand prepare(String id, String device, Metadata metadata) {
        List<String> arguments = new ArrayList<>(List.of("pvcreate", "--uuid", id, "--norestorefile"));
        arguments.addAll(metadata.arguments());
        arguments.add(device);
        return changing(arguments);
    }

    /** @param device a physical volume, as LVM is allowed to see it */
    LvmCommand join(String device) {
        return lvm(Side.METADATA, "vgextend", group, device);
    }

    /** @param device as LVM is allowed to see it */
    LvmCommand add(String device, Metadata metadata) {
        List<String> arguments = new ArrayList<>(List.of("vgextend"));
        arguments.addAll(metadata.arguments());
        arguments.addAll(List.of(group, device));
        return changing(arguments);
    }

    /** @param device as LVM is allowed to see it */
    static LvmCommand grow(String device) {
        return lvm(Side.METADATA, "pvresize", device);
    }

    /** @param devices as LVM is allowed to see them */
    LvmCommand createGroup(Bytes extent, Bytes metadata, Collection<String> tags, Collection<String> devices) {
        List<String> arguments =
                new ArrayList<>(List.of("vgcreate", "--setautoactivation", "n", "-s", extent.value() + "b"));
        arguments.addAll(new Metadata(metadata).arguments());
        for (String tag : tags) {
            arguments.addAll(List.of("--addtag", tag));
        }
        arguments.add(group);
        arguments.addAll(devices);
        return changing(arguments);
    }

    /** The group with everything in it. */
    LvmCommand removeGroup() {
        return lvm(Side.METADATA, "vgremove", "-f", "-y", group);
    }

    /**
     * What of the group's metadata stands on a LUN. Each copy makes every change slower.
     *
     * @param size zero for none
     */
    record Metadata(Bytes size) {
        static final Metadata NONE = new Metadata(Bytes.ZERO);

        private List<String> arguments() {
            return size.isZero()
                    ? List.of("--pvmetadatacopies", "0")
                    : List.of("--pvmetadatacopies", "1", "--metadatasize", size.value() + "b");
        }
    }

    // What is done to a device

    /** The table of a volume that is not in the group any more; refused while somebody has it open. */
    static LvmCommand removeTable(String group, String name) {
        return program("dmsetup", "remove", group.replace("-", "--") + "-" + name.replace("-", "--"));
    }

    /** Whatever says that the device holds something is gone. */
    static LvmCommand clear(String device) {
        return program("wipefs", "--quiet", "--all", device);
    }

    static LvmCommand createImage(String device, Bytes virtualSize) {
        return program("qemu-img", "create", "-q", "-f", "qcow2", device, Long.toString(virtualSize.value()));
    }

    static LvmCommand resizeImage(String device, Bytes virtualSize) {
        return program("qemu-img", "resize", "-q", "-f", "qcow2", device, Long.toString(virtualSize.value()));
    }

    static LvmCommand wipe(String device, Bytes from, Bytes length) {
        return program(
                "blkdiscard", "-z", "-o", Long.toString(from.value()), "-l", Long.toString(length.value()), device);
    }

    private LvmCommand tags(String command, String what, Collection<String> gone, Collection<String> added) {
        List<String> arguments = new ArrayList<>(List.of(command));
        gone.forEach(tag -> arguments.addAll(List.of("--deltag", tag)));
        added.forEach(tag -> arguments.addAll(List.of("--addtag", tag)));
        arguments.add(what);
        return changing(arguments);
    }

    private static LvmCommand changing(List<String> arguments) {
        return lvm(Side.METADATA, arguments.toArray(String[]::new));
    }

    /** @throws IllegalArgumentException where the name is none for a volume of this group */
    private String path(String name) {
        String pair = group + "/" + checked("volume", name);
        if (pair.replace("-", "--").length() > LONGEST_PAIR) {
            throw new IllegalArgumentException("the name \"" + name + "\" is too long for a volume of " + group
                    + "; both together may have " + LONGEST_PAIR + " characters, where a hyphen counts twice");
        }
        return pair;
    }
}
