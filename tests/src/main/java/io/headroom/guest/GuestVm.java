package io.headroom.guest;

import io.headroom.model.Bytes;
import io.headroom.model.VmName;
import io.headroom.node.process.Command;
import io.headroom.node.qemu.QemuImg;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A real QEMU, without KVM, whose guest runs a {@link GuestImage} on thin disks that QEMU itself bounds. It runs apart
 * from the process that started it, in a session of its own, so that neither Ctrl-C nor that process's end reach it.
 */
public final class GuestVm implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(60);
    private static final int OUTPUT = 64 << 10;
    /** Ports of QEMU's AHCI controller. */
    private static final int DISKS = 6;

    private final Plan plan;
    private final ProcessHandle process;
    private final Thread lastWill;

    /**
     * @param image a qcow2 file, as long (sparsely) as it can ever get: QEMU allows no larger size later
     * @param size by which QEMU bounds the image now
     * @param broken the first write across this offset of the image fails once, by an error that no space heals
     */
    public record Disk(Path image, Bytes size, Optional<Bytes> broken) {
        public Disk(Path image, Bytes size) {
            this(image, size, Optional.empty());
        }

        /** Makes an empty image that can grow up to what its virtual size takes. */
        public static Disk create(Path image, Bytes virtualSize, Bytes size, QemuImg qemuImg) throws IOException {
            qemuImg.create(image.toAbsolutePath(), virtualSize);
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.setLength(qemuImg.measure(virtualSize).max(size).value());
            }
            return new Disk(image, size);
        }

        /** The same with a medium that fails once. */
        public Disk brokenAt(Bytes offset) {
            return new Disk(image, size, Optional.of(offset));
        }
    }

    /**
     * @param directory for the VM's own files; the sockets' paths have room for 107 bytes
     * @param monitor the QMP socket that Headroom gets
     * @param disks the guest's disks in its order, 1 to 6; their format nodes are called {@code disk0}, {@code disk1},
     *     …, their storage nodes {@code disk0-storage}, …
     * @param outlivesJvm whether it runs on when this JVM ends in order
     * @param waits whether the guest begins only when QEMU is told {@code cont}, so that whoever watches it is there first
     */
    public record Plan(
            VmName name,
            Path directory,
            Path monitor,
            List<Disk> disks,
            GuestImage image,
            boolean outlivesJvm,
            boolean waits) {
        public Plan {
            disks = List.copyOf(disks);
            if (disks.isEmpty() || disks.size() > DISKS) {
                throw new IllegalArgumentException("a guest has 1 to " + DISKS + " disks, not " + disks.size());
            }
        }

        /** Of a guest that begins at once. */
        public Plan(
                VmName name, Path directory, Path monitor, List<Disk> disks, GuestImage image, boolean outlivesJvm) {
            this(name, directory, monitor, disks, image, outlivesJvm, false);
        }

        /** The same with a guest that waits. */
        public Plan waiting() {
            return new Plan(name, directory, monitor, disks, image, outlivesJvm, true);
        }

        private Path file(String ending) {
            return directory.resolve(name + ending).toAbsolutePath();
        }
    }

    private GuestVm(Plan plan, ProcessHandle process) {
        this.plan = plan;
        this.process = process;
        this.lastWill = new Thread(process::destroyForcibly, "last-will-of-" + plan.name());
        if (!plan.outlivesJvm()) {
            Runtime.getRuntime().addShutdownHook(lastWill);
        }
    }

    /** Starts the VM; when this returns, its monitors can be connected to. */
    public static GuestVm start(Plan plan) throws IOException {
        plan.image().writeTo(plan.file("-boot.img"));
        Command.Outcome outcome = new Command(argv(plan), START_LIMIT, OUTPUT).run();
        if (!(outcome instanceof Command.Outcome.Exited exited) || exited.status() != 0) {
            throw new IOException("VM " + plan.name() + " did not start: " + outcome);
        }
        long pid = Long.parseLong(Files.readString(plan.file(".pid")).strip());
        ProcessHandle process = ProcessHandle.of(pid)
                .orElseThrow(() -> new IOException("VM " + plan.name() + " has ended already, process " + pid));
        return new GuestVm(plan, process);
    }

    private static List<String> argv(Plan plan) {
        List<String> argv = new ArrayList<>(
                List.of("qemu-system-x86_64", "-name", plan.name().value()));
        argv.addAll(List.of("-machine", "pc", "-accel", "tcg", "-m", "16", "-nodefaults", "-no-user-config"));
        argv.addAll(List.of("-display", "none", "-vga", "none"));
        if (plan.waits()) {
            argv.add("-S");
        }
        argv.addAll(List.of("-daemonize", "-pidfile", plan.file(".pid").toString()));
        argv.addAll(List.of("-chardev", "file,id=progress,path=" + option(plan.file(".progress"))));
        argv.addAll(List.of("-device", "isa-debugcon,iobase=0xe9,chardev=progress"));
        for (Path socket : List.of(plan.monitor().toAbsolutePath(), plan.file("-observer.sock"))) {
            argv.addAll(List.of("-qmp", "unix:" + option(socket) + ",server=on,wait=off"));
        }
        argv.addAll(List.of(
                "-blockdev",
                "driver=file,node-name=boot,read-only=on,filename=" + option(plan.file("-boot.img")),
                "-device",
                "virtio-blk-pci,drive=boot,bootindex=0",
                "-device",
                "ahci,id=ahci"));
        for (int i = 0; i < plan.disks().size(); i++) {
            argv.addAll(disk("disk" + i, i, plan.disks().get(i)));
        }
        return argv;
    }

    private static List<String> disk(String name, int port, Disk disk) {
        List<String> argv = new ArrayList<>(List.of(
                "-blockdev",
                "driver=file,node-name=" + name + "-file,filename="
                        + option(disk.image().toAbsolutePath())));
        String medium = disk.broken().isPresent() ? name + "-broken" : name + "-file";
        disk.broken()
                .ifPresent(offset -> argv.addAll(List.of(
                        "-blockdev",
                        "driver=blkdebug,node-name=" + medium + ",image=" + name
                                + "-file,inject-error.0.event=none,inject-error.0.iotype=write,inject-error.0.once=on,"
                                + "inject-error.0.errno=5,inject-error.0.sector="
                                + offset.value() / GuestImage.SECTOR)));
        argv.addAll(List.of(
                "-blockdev",
                "driver=raw,node-name=" + name + "-storage,file=" + medium + ",size="
                        + disk.size().value(),
                "-blockdev",
                "driver=qcow2,node-name=" + name + ",file=" + name + "-storage",
                "-device",
                "ide-hd,bus=ahci." + port + ",id=drive" + port + ",drive=" + name + ",bootindex=" + (port + 1)
                        + ",werror=stop,rerror=stop"));
        return argv;
    }

    /** QEMU's options end at a comma, unless it stands twice. */
    private static String option(Path path) {
        return path.toString().replace(",", ",,");
    }

    public VmName name() {
        return plan.name();
    }

    /** The plan's socket for Headroom. */
    public Path monitor() {
        return plan.monitor();
    }

    /** A second QMP socket, for whoever looks on. */
    public Path observer() {
        return plan.file("-observer.sock");
    }

    public List<Disk> disks() {
        return plan.disks();
    }

    public long pid() {
        return process.pid();
    }

    public boolean isRunning() {
        // The last thing that QEMU removes is its pid file; the process itself may wait to be reaped by another.
        return process.isAlive() && Files.exists(plan.file(".pid")) && !waitsToBeReaped();
    }

    /** One that was killed leaves its pid file. */
    private boolean waitsToBeReaped() {
        try {
            String state = Files.readString(Path.of("/proc", Long.toString(pid()), "stat"));
            return state.startsWith(") Z", state.lastIndexOf(')'));
        } catch (IOException reaped) {
            return true;
        }
    }

    /** What the guest says that it has written to each disk, rounded down to its last line of progress. */
    public Bytes written() throws IOException {
        long next = plan.image().first();
        for (String line : Files.readAllLines(plan.file(".progress"))) {
            if (line.length() == 10 && (line.startsWith("W ") || line.startsWith("D "))) {
                next = Long.parseLong(line.substring(2), 16);
            }
        }
        return Bytes.of((next - plan.image().first()) * GuestImage.SECTOR);
    }

    /** Whether the guest has written its whole region. */
    public boolean isDone() throws IOException {
        return Files.readAllLines(plan.file(".progress")).stream().anyMatch(line -> line.startsWith("D "));
    }

    /** Reads a disk back after {@link #close()}. */
    public GuestPattern.Findings verify(int disk, QemuImg qemuImg) throws IOException {
        return new GuestPattern(plan.image(), disk)
                .verifyImage(plan.disks().get(disk).image(), qemuImg);
    }

    /** Ends QEMU in order, or else by force, and waits for its end. */
    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!awaitEnd()) {
                process.destroyForcibly();
                if (!awaitEnd()) {
                    throw new IOException("VM " + plan.name() + ", process " + pid() + ", outlives SIGKILL");
                }
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        revokeLastWill();
    }

    private boolean awaitEnd() throws InterruptedException {
        long start = System.nanoTime();
        while (isRunning()) {
            if (System.nanoTime() - start > STOP_LIMIT.toNanos()) {
                return false;
            }
            TimeUnit.MILLISECONDS.sleep(5);
        }
        return true;
    }

    private void revokeLastWill() {
        try {
            Runtime.getRuntime().removeShutdownHook(lastWill);
        } catch (IllegalStateException shuttingDown) {
            // The JVM is ending: the last will finds a process that has ended.
        }
    }
}
