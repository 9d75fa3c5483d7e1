package io.headroom.node.cli;

import io.headroom.cluster.Sanlock;
import io.headroom.model.Bytes;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import io.headroom.node.file.PoolCreation;
import io.headroom.node.lvm.LvmPool;
import io.headroom.node.lvm.LvmPoolCreation;
import io.headroom.node.process.DirectRunner;
import io.headroom.node.qemu.QemuImg;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a pool without any node: on LUNs, or of files in a directory. */
@Command(
        name = "create",
        description = {
            "Makes a pool with its mailbox: a volume group NAME on LUNs, or files in DIR for nodes on one machine.",
            "Sizes are whole numbers with K, M, G, T or P, such as 100G. A creation that was interrupted can be"
                    + " repeated; what holds anything else is refused."
        })
final class PoolCreateCommand implements Runnable {
    private static final Duration QEMU_IMG_LIMIT = Duration.ofSeconds(30);
    private static final Duration LVM_LIMIT = Duration.ofSeconds(60);

    enum Lease {
        FILE,
        SANLOCK
    }

    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            description = "New or empty; every node sees it at the same path. Wants --capacity.")
    private Path directory;

    @Option(names = "--vg", paramLabel = "NAME", description = "The name of the volume group to make. Wants --lun.")
    private String group;

    @Option(
            names = "--lun",
            paramLabel = "DEV",
            description = "A LUN, which every host sees; may be repeated. The first two get LVM's metadata.")
    private List<Path> luns = List.of();

    @Option(
            names = "--lease",
            paramLabel = "file|sanlock",
            defaultValue = "FILE",
            description =
                    "With --vg: the nodes' pool.lease; with sanlock the LUNs get a place for it. file by default.")
    private Lease lease;

    @Option(
            names = "--io-timeout",
            paramLabel = "SECONDS",
            defaultValue = "10",
            description = "With --lease sanlock: the nodes' pool.sanlock.io-timeout; ${DEFAULT-VALUE} by default.")
    private int ioTimeout;

    @Option(names = "--force", description = "With --vg: whatever the LUNs hold is given up; a volume group never is.")
    private boolean force;

    @Option(names = "--dry-run", description = "With --vg: changes nothing, and shows the commands in order.")
    private boolean dryRun;

    @Option(
            names = "--runtime-directory",
            paramLabel = "DIR",
            defaultValue = "/run/headroom",
            description = "With --vg: for LVM's configuration; the nodes' pool.runtime-directory. ${DEFAULT-VALUE} by"
                    + " default.")
    private Path runtime;

    @Option(
            names = "--capacity",
            paramLabel = "SIZE",
            converter = PoolCommand.Size.class,
            description = "With DIR: what all volumes together may have.")
    private Bytes capacity;

    @Option(
            names = "--extent",
            paramLabel = "SIZE",
            defaultValue = "4M",
            converter = PoolCommand.Size.class,
            description = "Sizes are multiples of it; ${DEFAULT-VALUE} by default.")
    private Bytes extent;

    @Option(
            names = "--hosts",
            paramLabel = "N",
            defaultValue = "64",
            description = "How many hosts the mailbox has room for, 1 to 2000; ${DEFAULT-VALUE} by default. Each takes"
                    + " 128 KiB.")
    private int hosts;

    @Option(
            names = "--initial",
            paramLabel = "SIZE",
            defaultValue = "2560M",
            converter = PoolCommand.Size.class,
            description = "With DIR: what each volume is given at first; ${DEFAULT-VALUE} by default.")
    private Bytes initial;

    @Option(
            names = "--volume",
            paramLabel = "NAME=SIZE",
            converter = {PoolCommand.CommandLineText.class, PoolCommand.Size.class},
            description = "With DIR: a qcow2 volume and the size that its guest sees; may be repeated.")
    private Map<String, Bytes> volumes = Map.of();

    @Override
    public void run() {
        if (hosts < 1 || hosts > Limits.HOSTS) {
            throw wrong("--hosts is " + hosts + "; allowed is 1 to " + Limits.HOSTS);
        }
        if ((directory == null) == (group == null)) {
            throw wrong("name either a directory or a volume group: DIR, or --vg NAME");
        }
        try {
            if (directory != null) {
                ofFiles();
            } else {
                onLuns();
            }
        } catch (IllegalArgumentException refused) {
            throw new CommandFailure(refused.getMessage(), "");
        } catch (IOException failed) {
            throw new CommandFailure("the pool was not made: " + failed.getMessage(), "");
        }
    }

    private void ofFiles() throws IOException {
        if (capacity == null) {
            throw wrong("Missing required option: '--capacity=SIZE'");
        }
        if (dryRun || force || !luns.isEmpty() || lease == Lease.SANLOCK) {
            throw wrong("--lun, --lease sanlock, --force and --dry-run are for a volume group: --vg NAME");
        }
        PoolId pool = new PoolCreation(capacity, extent, hosts, initial, volumes)
                .create(directory.toAbsolutePath(), new QemuImg(QEMU_IMG_LIMIT), Instant.now());
        out().println("pool " + pool + " in " + directory.toAbsolutePath().normalize());
    }

    private void onLuns() throws IOException {
        if (luns.isEmpty()) {
            throw wrong("Missing required option: '--lun=DEV'");
        }
        if (capacity != null || !volumes.isEmpty()) {
            throw wrong("--capacity and --volume are for a directory; a volume is made with: headroom volume create");
        }
        LvmPool.Settings settings = new LvmPool.Settings(
                group,
                Optional.empty(),
                luns.stream().map(Path::toString).toList(),
                runtime.resolve(group).resolve("creation"),
                LVM_LIMIT);
        Optional<Sanlock.Settings> leases = lease == Lease.SANLOCK
                ? Optional.of(new Sanlock.Settings(Duration.ofSeconds(ioTimeout), true, Optional.empty()))
                : Optional.empty();
        LvmPoolCreation creation = new LvmPoolCreation(luns, extent, hosts, leases, force);
        if (dryRun) {
            plan(creation.plan(settings, LvmPool.Machine.REAL));
            return;
        }
        PoolId pool = creation.create(settings, LvmPool.Machine.REAL, new DirectRunner(), Instant.now());
        out().println("pool " + pool + " in the volume group " + group + "; for every node's settings:");
        out().println("  pool { backend = lvm, vg = \"" + group + "\", vg-uuid = \"" + pool + "\", lease = "
                + lease.name().toLowerCase(Locale.ROOT) + ", devices = [" + quoted() + "] }");
    }

    private void plan(LvmPoolCreation.Plan plan) {
        List<String> steps = new ArrayList<>();
        plan.before().forEach(command -> steps.add(command.toString()));
        steps.add("write an empty mailbox for " + hosts + " hosts and an empty pool log to " + plan.mailbox());
        if (lease == Lease.SANLOCK) {
            steps.add("sanlock direct init of a lockspace and its leases, for the new group's UUID");
        }
        plan.after().forEach(command -> steps.add(command.toString()));
        out().println("nothing was done; it would, in this order:");
        steps.forEach(step -> out().println("  " + step));
    }

    private String quoted() {
        return String.join(", ", luns.stream().map(lun -> "\"" + lun + "\"").toList());
    }

    private CommandLine.ParameterException wrong(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
