package io.headroom.guest;

import io.headroom.model.Bytes;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Makes a guest's boot disk and checks what the guest has written, for programs that start QEMU by themselves. */
@Command(name = "guest", mixinStandardHelpOptions = true, description = "A guest that writes, and what it has written.")
public final class GuestCommand {
    private static final int NOTHING_WRONG = 0;
    private static final int SOMETHING_WRONG = 1;

    /** What the guest does; the same for the boot disk and for the check. */
    static final class Writing {
        @Option(names = "--vm", required = true, description = "The number that it stamps into every sector.")
        private int vm;

        @Option(names = "--first", required = true, description = "The first sector that it writes.")
        private long first;

        @Option(names = "--size", required = true, description = "How much it writes: 64M.")
        private String size;

        @Option(names = "--rate", required = true, description = "How much of it a second, at most: 2M.")
        private String rate;

        GuestImage image() {
            GuestImage steady = GuestImage.writing(vm, Bytes.parse(size)).perSecond(Bytes.parse(rate));
            return new GuestImage(first, steady.sectors(), vm, steady.stride(), steady.request(), steady.pace(), 1);
        }
    }

    public static void main(String[] args) {
        System.exit(new CommandLine(new GuestCommand()).execute(args));
    }

    @Command(name = "boot-disk", description = "Writes the boot disk to FILE.")
    int bootDisk(@Mixin Writing writing, @Parameters(paramLabel = "FILE") Path file) throws IOException {
        writing.image().writeTo(file);
        return NOTHING_WRONG;
    }

    @Command(description = "Checks RAW, a raw copy of the guest's disk; tells the bytes written as they should be.")
    int verify(@Mixin Writing writing, @Parameters(paramLabel = "RAW") Path raw) throws IOException {
        GuestPattern.Findings findings = new GuestPattern(writing.image(), 0).verify(raw);
        System.out.println(findings.written().value());
        if (findings.bad() > 0) {
            System.err.println(findings.bad() + " sectors are wrong or lost: "
                    + findings.firstBad().orElse("it is not said how"));
            return SOMETHING_WRONG;
        }
        return NOTHING_WRONG;
    }
}
