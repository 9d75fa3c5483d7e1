package io.headroom.rig;

import io.headroom.node.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** Loop devices over sparse files, which are gone when this is closed. Only root can make them. */
public final class Luns implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int OUTPUT = 1 << 20;

    private final Path directory;
    private final List<Path> devices = new ArrayList<>();
    private int files;

    /** @param directory for the files */
    public Luns(Path directory) {
        this.directory = directory;
    }

    public Path add(long mebibytes) throws IOException {
        Path file = directory.resolve("lun-" + files++);
        run("truncate", "-s", mebibytes + "M", file.toString());
        return attach(file);
    }

    /** With sectors of 4096 bytes. */
    public Path addWithLargeSectors(long mebibytes) throws IOException {
        Path file = directory.resolve("lun-" + files++);
        run("truncate", "-s", mebibytes + "M", file.toString());
        Path device = Path.of(run("losetup", "--find", "--show", "--sector-size", "4096", file.toString())
                .strip());
        devices.add(device);
        return device;
    }

    /** One more device over the same bytes. */
    public Path again(Path device) throws IOException {
        return attach(file(device));
    }

    public Path attach(Path file) throws IOException {
        Path device =
                Path.of(run("losetup", "--find", "--show", file.toString()).strip());
        devices.add(device);
        return device;
    }

    /** Attaches a file as the device that it was before, whichever others are free; waits where somebody else has it. */
    public void attach(Path file, Path device) throws IOException {
        try {
            Watch.until(
                    device + " is free", LIMIT, () -> Signals.succeeds("losetup", device.toString(), file.toString()));
        } catch (TimeoutException taken) {
            throw new IOException(device + " cannot be attached again", taken);
        }
        devices.add(device);
    }

    public Path file(Path device) throws IOException {
        return Path.of(run("losetup", "--noheadings", "--output", "BACK-FILE", device.toString())
                .strip());
    }

    public void detach(Path device) throws IOException {
        devices.remove(device);
        run("losetup", "--detach", device.toString());
    }

    public void grow(Path device, long mebibytes) throws IOException {
        run("truncate", "-s", mebibytes + "M", file(device).toString());
        run("losetup", "--set-capacity", device.toString());
    }

    @Override
    public void close() throws IOException {
        for (Path device : List.copyOf(devices)) {
            detach(device);
        }
    }

    /** The kernel's number of a device, {@code MAJOR:MINOR}. */
    static String number(Path device) throws IOException {
        return Files.readString(Path.of("/sys/class/block", device.getFileName().toString(), "dev"))
                .strip();
    }

    public static String run(String... argv) throws IOException {
        Command.Outcome outcome = new Command(List.of(argv), LIMIT, OUTPUT).run();
        if (outcome instanceof Command.Outcome.Exited exited && exited.status() == 0) {
            return exited.output();
        }
        throw new IOException(String.join(" ", argv) + ": " + outcome);
    }
}
