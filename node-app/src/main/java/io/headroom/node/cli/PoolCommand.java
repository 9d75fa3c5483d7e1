package io.headroom.node.cli;

import io.headroom.model.Bytes;
import io.headroom.model.Limits;
import io.headroom.model.PoolId;
import io.headroom.node.api.Answer;
import io.headroom.node.file.PoolCreation;
import io.headroom.node.qemu.QemuImg;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

@Command(name = "pool", description = "Makes and shows pools.", synopsisSubcommandLabel = "COMMAND")
final class PoolCommand implements Runnable {
    private static final Duration QEMU_IMG_LIMIT = Duration.ofSeconds(30);

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "name a command");
    }

    @Command(
            description = {
                "Makes a pool of files in DIR, with its mailbox and its volumes.",
                "Sizes are whole numbers with K, M, G, T or P, such as 100G. A creation that was interrupted can be"
                        + " repeated; a directory that holds anything else is refused."
            })
    void create(
            @Parameters(paramLabel = "DIR", description = "New or empty; every host sees it at the same path.")
                    Path directory,
            @Option(
                            names = "--capacity",
                            required = true,
                            paramLabel = "SIZE",
                            converter = Size.class,
                            description = "What all volumes together may have.")
                    Bytes capacity,
            @Option(
                            names = "--extent",
                            paramLabel = "SIZE",
                            defaultValue = "4M",
                            converter = Size.class,
                            description = "Sizes are multiples of it; ${DEFAULT-VALUE} by default.")
                    Bytes extent,
            @Option(
                            names = "--hosts",
                            paramLabel = "N",
                            defaultValue = "64",
                            description = "How many hosts the mailbox has room for, 1 to 2000; ${DEFAULT-VALUE} by"
                                    + " default. Each takes 128 KiB.")
                    int hosts,
            @Option(
                            names = "--initial",
                            paramLabel = "SIZE",
                            defaultValue = "2560M",
                            converter = Size.class,
                            description = "What each volume is given at first; ${DEFAULT-VALUE} by default.")
                    Bytes initial,
            @Option(
                            names = "--volume",
                            paramLabel = "NAME=SIZE",
                            converter = {CommandLineText.class, Size.class},
                            description = "A qcow2 volume and the size that its guest sees; may be repeated.")
                    Map<String, Bytes> volumes) {
        if (hosts < 1 || hosts > Limits.HOSTS) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--hosts is " + hosts + "; allowed is 1 to " + Limits.HOSTS);
        }
        PoolCreation creation =
                new PoolCreation(capacity, extent, hosts, initial, volumes == null ? Map.of() : volumes);
        try {
            PoolId pool = creation.create(directory.toAbsolutePath(), new QemuImg(QEMU_IMG_LIMIT), Instant.now());
            spec.commandLine()
                    .getOut()
                    .println(
                            "pool " + pool + " in " + directory.toAbsolutePath().normalize());
        } catch (IllegalArgumentException refused) {
            throw new CommandFailure(refused.getMessage(), "");
        } catch (IOException failed) {
            throw new CommandFailure("the pool was not made: " + failed.getMessage(), "");
        }
    }

    @Command(description = "Shows the pool in the words of its SPM: capacity, what is free, who waits.")
    void show(@Mixin AskingOptions options) {
        options.show(spec.commandLine().getOut(), "pool", Map.of(), Answer.Pool.class, Words::pool);
    }

    /** A size with its unit. */
    static final class Size implements ITypeConverter<Bytes> {
        @Override
        public Bytes convert(String text) {
            try {
                return Bytes.parse(text);
            } catch (IllegalArgumentException notASize) {
                throw new TypeConversionException(notASize.getMessage());
            }
        }
    }

    /** Text as it is; a map needs a converter for each side. */
    static final class CommandLineText implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            return text;
        }
    }
}
