package io.headroom.node.qemu;

import io.headroom.model.Bytes;
import io.headroom.node.process.Command;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The program {@code qemu-img}. Every method blocks its caller, for at most the limit and a few seconds.
 *
 * @param program its name on the path, or where it is
 * @param limit of one run; {@code check} reads all metadata of an image, 1 MiB for 8 GiB
 */
public record QemuImg(String program, Duration limit) {
    private static final int OUTPUT = 1 << 20;

    /**
     * Exit statuses of {@code check} that come with figures: sound, damaged, and clusters that leak. An image that is
     * being written to shows passing leaks and errors, which do not touch its end.
     */
    private static final Set<Integer> CHECKED = Set.of(0, 2, 3);

    /** The one that is installed. */
    public QemuImg(Duration limit) {
        this("qemu-img", limit);
    }

    /**
     * Makes an empty qcow2 image.
     *
     * @param image absolute; a file that exists is overwritten, and cut to the length of the image's metadata
     */
    public void create(Path image, Bytes virtualSize) throws IOException {
        run(Set.of(0), "create", "-q", "-f", "qcow2", file(image), Long.toString(virtualSize.value()));
    }

    /**
     * The end of a qcow2 image inside its file or device: the highest offset in use. The image may be in use by QEMU;
     * what it writes meanwhile may be missing.
     *
     * @param image absolute
     */
    public Bytes endOffset(Path image) throws IOException {
        String report = run(CHECKED, "check", "-U", "-f", "qcow2", "--output=json", file(image));
        return Fields.size(QmpCodec.json(report), "image-end-offset");
    }

    /** What the guest of a qcow2 image sees; nobody may have it open. @param image absolute */
    public Bytes virtualSize(Path image) throws IOException {
        String report = run(Set.of(0), "info", "-f", "qcow2", "--output=json", file(image));
        return Fields.size(QmpCodec.json(report), "virtual-size");
    }

    /** Makes a qcow2 image larger, which nobody has open. @param image absolute */
    public void resize(Path image, Bytes virtualSize) throws IOException {
        run(Set.of(0), "resize", "-q", "-f", "qcow2", file(image), Long.toString(virtualSize.value()));
    }

    /**
     * Whether a process has the image open, as far as locks tell: those of QEMU are seen on the same machine only.
     *
     * @param image absolute; one that is no qcow2 image is used by nobody
     */
    public boolean isInUse(Path image) throws IOException {
        Command.Outcome outcome = command("info", "-f", "qcow2", file(image)).run();
        return !(outcome instanceof Command.Outcome.Exited exited)
                || exited.status() != 0 && exited.errors().contains("lock");
    }

    /** What a qcow2 image of this virtual size takes when it is fully written, without bitmaps and snapshots. */
    public Bytes measure(Bytes virtualSize) throws IOException {
        String report =
                run(Set.of(0), "measure", "--output=json", "-O", "qcow2", "--size", Long.toString(virtualSize.value()));
        return Fields.size(QmpCodec.json(report), "fully-allocated");
    }

    /** Copies what the guest of a qcow2 image sees to a sparse raw file; both paths absolute. */
    public void convertToRaw(Path image, Path raw) throws IOException {
        run(Set.of(0), "convert", "-f", "qcow2", "-O", "raw", file(image), file(raw));
    }

    private String run(Set<Integer> allowed, String... arguments) throws IOException {
        Command command = command(arguments);
        Command.Outcome outcome = command.run();
        if (outcome instanceof Command.Outcome.Exited exited) {
            if (allowed.contains(exited.status())) {
                return exited.output();
            }
            throw new IOException(command + " ended with status " + exited.status() + ": "
                    + exited.errors().strip());
        }
        if (outcome instanceof Command.Outcome.NotStarted missing) {
            throw new IOException("cannot run " + program + ", install it: " + missing.cause());
        }
        if (outcome instanceof Command.Outcome.Killed killed) {
            throw new IOException(killed.cause());
        }
        if (outcome instanceof Command.Outcome.Unknown unknown) {
            throw new IOException(unknown.cause());
        }
        throw new AssertionError("unhandled " + outcome);
    }

    private Command command(String... arguments) {
        List<String> argv = new ArrayList<>();
        argv.add(program);
        argv.addAll(List.of(arguments));
        return new Command(argv, limit, OUTPUT);
    }

    /** An absolute path cannot be taken for an option, nor for one of the protocols that qemu-img understands. */
    private static String file(Path image) {
        if (!image.isAbsolute()) {
            throw new IllegalArgumentException("not an absolute path: " + image);
        }
        return image.toString();
    }
}
