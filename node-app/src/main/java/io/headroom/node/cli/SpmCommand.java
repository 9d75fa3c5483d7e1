package io.headroom.node.cli;

import io.headroom.node.api.AnswerJson;
import io.headroom.node.api.SpmAnswer;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "spm",
        description = "Shows and moves the role of the storage pool manager.",
        synopsisSubcommandLabel = "COMMAND")
final class SpmCommand {
    private static final Duration LOOK = Duration.ofMillis(250);
    private static final int LONGEST_WAIT_SECONDS = 600;

    @Spec
    private CommandSpec spec;

    @Command(description = "Tells who is SPM, in which epoch, since when, who is next, and when another may take over.")
    void show(@Mixin AskingOptions options) {
        options.show(out(), "spm", Map.of(), SpmAnswer.Role.class, (words, role) -> text(role));
    }

    @Command(
            description = {
                "Moves the SPM's role in order: nothing is lost, and no guest notices.",
                "The role is always the oldest member's of the cluster. Members between the SPM and HOST leave the"
                        + " cluster and join again, one after the other, while their hosts guard their disks; then the"
                        + " SPM does."
            })
    void move(
            @Mixin AskingOptions options,
            @Parameters(paramLabel = "HOST", arity = "0..1", description = "The host's number; else whoever is next.")
                    Integer host,
            @Option(
                            names = "--wait",
                            paramLabel = "SECONDS",
                            defaultValue = "60",
                            description = "How long to wait until it serves there; 0 does not wait, ${DEFAULT-VALUE} by"
                                    + " default.")
                    int wait) {
        if (wait < 0 || wait > LONGEST_WAIT_SECONDS) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(), "--wait is " + wait + "; allowed is 0 to " + LONGEST_WAIT_SECONDS);
        }
        NodeClient node = options.node();
        String body = node.order(NodeClient.Method.POST, "spm/move", host == null ? Map.of() : Map.of("to", host));
        SpmAnswer.Moving moving = AnswerJson.read(body, SpmAnswer.Moving.class);
        if (wait == 0) {
            out().println("the SPM's role leaves host " + moving.from() + " now");
            return;
        }
        SpmAnswer.Role role = await(node, moving, Duration.ofSeconds(wait));
        out().println("host " + role.spm() + " is SPM in epoch " + role.epoch());
    }

    private static SpmAnswer.Role await(NodeClient node, SpmAnswer.Moving moving, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (System.nanoTime() < end) {
            Optional<SpmAnswer.Role> role = serving(node);
            boolean arrived = role.isPresent()
                    && (moving.to() == null
                            ? role.get().spm() != moving.from()
                            : moving.to().equals(role.get().spm()));
            if (arrived) {
                return role.get();
            }
            LockSupport.parkNanos(LOOK.toNanos());
        }
        throw new CommandFailure(
                "the role has not arrived within " + limit.toSeconds() + " s; the move goes on",
                "see: headroom spm show");
    }

    /** A node that renews its membership does not reach the SPM for a moment. */
    private static Optional<SpmAnswer.Role> serving(NodeClient node) {
        SpmAnswer.Role role = AnswerJson.read(node.ask("spm", Map.of()), SpmAnswer.Role.class);
        return "serving".equals(role.phase()) ? Optional.of(role) : Optional.empty();
    }

    private static String text(SpmAnswer.Role role) {
        StringBuilder text = new StringBuilder();
        if (role.spm() == null) {
            text.append("SPM       none was ever seen\n");
        } else if (role.answers()) {
            text.append("SPM       host %d, %s, epoch %d since %s%n"
                    .formatted(role.spm(), role.phase(), role.epoch(), role.since()));
        } else {
            text.append("SPM       none answers; last was host %d, %s, epoch %d%n"
                    .formatted(role.spm(), role.address(), role.epoch()));
        }
        if (role.silentSeconds() != null) {
            text.append("heartbeat %.1f s ago on the storage%n".formatted(role.silentSeconds()));
        }
        if (role.succession().size() > 1) {
            text.append("next      ")
                    .append(String.join(
                            ", ", role.succession().subList(1, role.succession().size())))
                    .append('\n');
        }
        text.append("lease     ").append(text(role.lease())).append('\n');
        text.append(text(role.takeover()));
        return text.toString();
    }

    private static String text(SpmAnswer.Lease lease) {
        if (lease.problem() != null) {
            return "cannot be looked at: " + lease.problem();
        }
        String state = lease.held() == null
                ? "held now or last by " + lease.holder()
                : lease.held() ? "held by " + lease.holder() : "free; last was " + lease.holder();
        return lease.kind() + ", " + state + System.lineSeparator() + "          " + lease.place();
    }

    private static String text(SpmAnswer.Takeover takeover) {
        StringBuilder text =
                new StringBuilder("takeover  at once when the SPM is moved, its node stops or its process is killed\n");
        text.append(
                takeover.frozenSeconds() == null
                        ? "          never while its process is frozen: the lease ends with the process\n"
                        : "          %.0f s after its process froze%n".formatted(takeover.frozenSeconds()));
        if (takeover.cutOffSeconds() != null) {
            text.append("          at most %.0f s after its host lost power or the storage%n"
                    .formatted(takeover.cutOffSeconds()));
        }
        text.append("          and some seconds in which the cluster finds the next one\n");
        if (takeover.latestSeconds() != null) {
            text.append(
                    "          now: the lease is free in %.0f s at the latest%n".formatted(takeover.latestSeconds()));
        }
        return text.toString();
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
