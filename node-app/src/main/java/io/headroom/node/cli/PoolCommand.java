package io.headroom.node.cli;

import io.headroom.model.Bytes;
import io.headroom.node.api.Answer;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "pool",
        description = "Makes and shows pools.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = PoolCreateCommand.class)
final class PoolCommand {
    @Spec
    private CommandSpec spec;

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
