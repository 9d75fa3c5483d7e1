package io.headroom.rig;

import io.headroom.cluster.Metadata;
import io.headroom.model.Bytes;
import io.headroom.node.lvm.LvmPool;
import io.headroom.node.lvm.LvmPoolCreation;
import io.headroom.node.qemu.QemuImg;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A pool of real LVM on loop devices, without device-mapper; everything of it is gone when this is closed. Only root can
 * make one.
 */
public final class LoopPool implements AutoCloseable {
    public static final QemuImg QEMU_IMG = new QemuImg(Duration.ofSeconds(30));

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final Path directory;
    private final Luns luns;
    private final StandInTables tables;
    private final String group = "headroom-" + UUID.randomUUID().toString().substring(0, 8);
    private final List<String> devices = new ArrayList<>();
    private LvmPool pool;

    /** LUNs without a pool on them. @param directory for all that it needs */
    public LoopPool(Path directory, List<Long> mebibytes) throws IOException {
        this.directory = directory;
        this.luns = new Luns(directory);
        this.tables = new StandInTables(luns, directory.resolve("machine"));
        for (long size : mebibytes) {
            addLun(size);
        }
    }

    /** One more LUN that the pool may have. */
    public Path addLun(long mebibytes) throws IOException {
        Path device = luns.add(mebibytes);
        list(device);
        return device;
    }

    /** Names a device among those that may be the pool's. */
    public void list(Path device) throws IOException {
        tables.show(device);
        devices.add(device.toString());
    }

    public void unlist(Path device) {
        devices.remove(device.toString());
    }

    public LvmPoolCreation creation(Bytes extent) {
        return new LvmPoolCreation(devices.stream().map(Path::of).toList(), extent, 4, Optional.empty(), false);
    }

    /** Makes the pool on all LUNs. */
    public LoopPool create(Bytes extent) throws IOException {
        creation(extent).create(settings(), tables.machine(), tables, Instant.now());
        pool = LvmPool.open(settings(), tables.machine());
        return this;
    }

    /** Makes a group of LVM on devices that the pool's commands do not see, as somebody else would. */
    public void foreignGroup(String name, List<String> options, Path... on) throws IOException {
        List<String> argv = new ArrayList<>(List.of("vgcreate"));
        argv.addAll(options);
        argv.add(name);
        Stream.of(on).map(Path::toString).forEach(argv::add);
        foreign(List.of(on), argv);
    }

    /** A configuration of LVM that sees the pool's devices by a filter, for {@code LVM_SYSTEM_DIR}. */
    public Path administrator() throws IOException {
        return configuration("administrator", devices.stream().map(Path::of).toList());
    }

    /** Runs a command of LVM that sees these devices alone. */
    public void foreign(List<Path> on, List<String> arguments) throws IOException {
        List<String> argv = new ArrayList<>(List.of("env", "LVM_SYSTEM_DIR=" + configuration("foreign", on), "lvm"));
        argv.addAll(arguments);
        Luns.run(argv.toArray(String[]::new));
    }

    private Path configuration(String name, List<Path> on) throws IOException {
        Path configuration = Files.createDirectories(directory.resolve(name));
        String filter = on.stream().map(device -> "\"a|^" + device + "$|\"").collect(Collectors.joining(", "));
        Files.writeString(
                configuration.resolve("lvm.conf"),
                "devices { filter = [ " + filter + ", \"r|.*|\" ] use_devicesfile = 0 hints = \"none\" }\n"
                        + "global { activation = 0 use_aio = 0 }\nbackup { backup = 0 archive = 0 }\n");
        return configuration;
    }

    /** Makes the pool by hand, without a mailbox. @param metadata of each LUN, such as {@code 64k} */
    public LoopPool createByHand(Bytes extent, String metadata) throws IOException {
        foreignGroup(
                group,
                List.of("-s", extent.value() + "b", "--metadatasize", metadata, "--addtag", "headroom.pool"),
                devices.stream().map(Path::of).toArray(Path[]::new));
        reopen();
        return this;
    }

    public LvmPool.Settings settings() {
        return new LvmPool.Settings(group, Optional.empty(), devices, directory.resolve("lvm"), LIMIT);
    }

    public String group() {
        return group;
    }

    public Luns luns() {
        return luns;
    }

    public StandInTables tables() {
        return tables;
    }

    public LvmPool pool() {
        return pool;
    }

    /** Looks for the pool as another node would. */
    public LvmPool reopen() throws IOException {
        pool = LvmPool.open(settings(), tables.machine());
        return pool;
    }

    /** The metadata for a new tenure. */
    public Metadata metadata() throws IOException {
        return pool.metadata(tables, QEMU_IMG);
    }

    /** @return the device of the volume */
    public Path activate(String volume) throws IOException {
        lvchange("-ay", volume);
        return tables.machine().devices().resolve(group).resolve(volume);
    }

    public void deactivate(String volume) throws IOException {
        lvchange("-an", volume);
    }

    private void lvchange(String what, String volume) throws IOException {
        tables.run(
                List.of("lvm", "lvchange", what, group + "/" + volume),
                Map.of("LVM_SYSTEM_DIR", directory.resolve("lvm/host").toString()),
                LIMIT);
    }

    /** Runs LVM's own command on these LUNs, as an administrator would who knows them. */
    public String lvm(String... arguments) throws IOException {
        List<String> argv = new ArrayList<>(List.of(
                "env", "LVM_SUPPRESS_FD_WARNINGS=1", "LVM_SYSTEM_DIR=" + directory.resolve("lvm/metadata"), "lvm"));
        argv.addAll(List.of(arguments));
        argv.addAll(List.of("--config", "global/wait_for_locks=1"));
        return Luns.run(argv.toArray(String[]::new)).strip();
    }

    /** It grows with every change of the metadata. */
    public long sequence() throws IOException {
        return Long.parseLong(lvm("vgs", "--readonly", "--noheadings", "-o", "vg_seqno", group));
    }

    @Override
    public void close() throws IOException {
        tables.close();
    }
}
